// SPDX-License-Identifier: BSD-3-Clause
#include "lib/route/table.hpp"
#include "drivers/punt/tap.hpp"
