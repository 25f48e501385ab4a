// SPDX-License-Identifier: BSD-3-Clause
#include "lib/net/ipv4.hpp"
