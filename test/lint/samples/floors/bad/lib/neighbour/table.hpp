// SPDX-License-Identifier: BSD-3-Clause
#include "drivers/ethdev/port.hpp"
