// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : what rules and tables look at in a packet
// Linux counterpart : flowi4
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "base/strong_id.hpp"
#include "net/address.hpp"

namespace flyover::route {

struct Flow {                  // rules compare it byte by byte
  Ipv4Address to, from;        // from any: not chosen yet
  InterfaceId in = kLoopback;  // lo: a packet of the router's own
  InterfaceId out;             // none: the route says
  uint32_t mark = 0;
  uint8_t tos = 0;       // the whole field as it is in the header
  uint8_t protocol = 0;  // 0, and ports 0, where no rule asks for them
  uint16_t source_port = 0, destination_port = 0;

  static constexpr size_t kBytes = 22;  // the rest is padding
  uint8_t byte(size_t i) const noexcept { return reinterpret_cast<const uint8_t*>(this)[i]; }
};
static_assert(std::is_standard_layout_v<Flow> && offsetof(Flow, destination_port) + 2 == Flow::kBytes);

// What is compared of a type of service: neither precedence nor the two lowest bits (fib_dscp_masked_match).
inline constexpr uint8_t kTosMask = 0x1c;

}  // namespace flyover::route
