// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : what rules and tables look at in a packet
// Linux counterpart : flowi4
#pragma once

#include <cstdint>

#include "base/strong_id.hpp"
#include "net/address.hpp"

namespace flyover::route {

struct Flow {
  Ipv4Address to, from;        // from any: not chosen yet
  InterfaceId in = kLoopback;  // lo: a packet of the router's own
  InterfaceId out;             // none: the route says
  uint32_t mark = 0;
  uint8_t tos = 0;       // the whole field as it is in the header
  uint8_t protocol = 0;  // 0, and ports 0, where no rule asks for them
  uint16_t source_port = 0, destination_port = 0;
};

// What is compared of a type of service: neither precedence nor the two lowest bits (fib_dscp_masked_match).
inline constexpr uint8_t kTosMask = 0x1c;

}  // namespace flyover::route
