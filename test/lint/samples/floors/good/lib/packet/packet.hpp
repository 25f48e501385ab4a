// SPDX-License-Identifier: BSD-3-Clause
#include <rte_mbuf.h>
#include "lib/net/ipv4.hpp"
