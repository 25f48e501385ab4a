// SPDX-License-Identifier: BSD-3-Clause
#include <rte_ip.h>
#include "lib/packet/packet.hpp"
