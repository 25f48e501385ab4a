// SPDX-License-Identifier: BSD-3-Clause
#include <rte_ethdev.h>
#include <sys/ioctl.h>
#include "lib/iface/port_driver.hpp"
#include "lib/packet/packet.hpp"
