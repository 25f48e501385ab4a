// SPDX-License-Identifier: BSD-3-Clause
#include "../neighbour/table.hpp"
#include "ipv4/forward.hpp"
