// SPDX-License-Identifier: BSD-3-Clause
#include "lib/iface/port_driver.hpp"
#include "lib/packet/packet.hpp"
