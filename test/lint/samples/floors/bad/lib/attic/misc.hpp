// SPDX-License-Identifier: BSD-3-Clause
#include "lib/base/id.hpp"
