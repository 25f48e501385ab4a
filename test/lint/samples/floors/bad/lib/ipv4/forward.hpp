// SPDX-License-Identifier: BSD-3-Clause
#include "lib/attic/misc.hpp"
