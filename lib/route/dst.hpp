// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : what a lookup resolves to
// Linux counterpart : dst_entry, rtable, fib_info (one next hop)
// Guarantees        : one cache line in a slab whose memory is never given back; never changes while it is reachable:
//                     control makes a new one, publishes it and retires the old
#pragma once

#include <cstdint>

#include "base/strong_id.hpp"
#include "net/address.hpp"

namespace flyover::route {

enum class Action : uint8_t { None, Forward, Local, Broadcast, Multicast, Blackhole, Unreachable, Prohibit, Throw };
enum class Obsolete : int8_t { None = 0, Dead = 2, ForceCheck = -1, Kill = -2 };  // DST_OBSOLETE_*

struct alignas(64) Dst {
  Action action = Action::None;
  Obsolete obsolete = Obsolete::ForceCheck;
  uint8_t scope = 0;          // of the next hop: 253 (link) on-link, 0 by gateway
  uint8_t prefix_length = 0;  // of the route that this came from, for people and for broadcast checks
  InterfaceId out;
  uint16_t mtu = 0;  // effective: the route's own or the interface's, IP bytes
  bool mtu_locked = false;
  bool directed_broadcast = false;  // the address is a broadcast one of `out`'s subnet
  Ipv4Address gateway;              // any: on-link, the next hop is the destination
  Ipv4Address source;               // preferred source (`src`); any: select by interface
  Ipv4Address network;              // of the route
  NeighbourId neighbour;            // of the gateway; none when on-link
  uint32_t generation = 0;
  TableId table;
  uint32_t metric = 0;
};
static_assert(sizeof(Dst) == 64);

}  // namespace flyover::route
