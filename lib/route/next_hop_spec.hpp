// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : a next-hop object in words: what a user or a routing daemon asks for, and what is shown of one
// Linux counterpart : nh_config, nhmsg
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/strong_id.hpp"
#include "net/address.hpp"
#include "route/route_spec.hpp"

namespace flyover::route {

struct NextHopMember {
  uint32_t id = 0;
  uint16_t weight = 1;  // 1..256
  bool operator==(const NextHopMember&) const = default;
};

struct NextHopSpec {
  uint32_t id = 0;      // 0: the next one that is free
  Ipv4Address gateway;  // any: none
  InterfaceId out;
  bool onlink = false;
  bool blackhole = false;
  std::optional<Protocol> protocol;  // unspec
  std::vector<NextHopMember> group;  // not empty: of these, and nothing of the above
  bool resilient = false;
  std::optional<uint16_t> buckets;  // said when the group is made, the same or nothing when it is replaced
  std::optional<uint32_t> idle_timer_s, unbalanced_timer_s;
};

// An object as it stands.
struct NextHop {
  uint32_t id = 0;
  Ipv4Address gateway;
  InterfaceId out;  // none: a group
  Scope scope = Scope::Universe;
  Protocol protocol = Protocol::Unspecified;
  bool onlink = false;
  bool blackhole = false;
  std::vector<NextHopMember> group;
  bool resilient = false;
  uint16_t buckets = 0;
  uint32_t idle_timer_ms = 0, unbalanced_timer_ms = 0, unbalanced_ms = 0;
};

struct BucketView {
  uint16_t index = 0;
  uint32_t next_hop = 0;
  uint32_t idle_ms = 0;
};

}  // namespace flyover::route
