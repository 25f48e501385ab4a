// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : what a lookup resolves to
// Linux counterpart : dst_entry, rtable, fib_info (one next hop)
// Guarantees        : one cache line in a slab whose memory is never given back; never changes while it is reachable, but for
//                     the MTU, which follows the interface's, the legs of a group, and whether there are exceptions: control makes
//                     a new one, publishes it and retires the old. Shared by all routes that lead the same way: what belongs to
//                     one prefix (length, metric) is not here
#pragma once

#include <cstdint>

#include "base/strong_id.hpp"
#include "net/address.hpp"

namespace flyover::route {

// Group: one of several Dsts, which the packet decides (NextHopGroup). Only lookups that say so give it.
enum class Action : uint8_t {
  None,
  Forward,
  Local,
  Broadcast,
  Multicast,
  Blackhole,
  Unreachable,
  Prohibit,
  Throw,
  Group
};
// Whom destinations behind a next hop concern that are reached otherwise than it says (ExceptionTable): a set of bits.
enum class Use : uint8_t { Forward = 1, Own = 2 };

// A fact that changes in place: control stores, packets load, neither sees half of it.
template <class T>
class Live {
 public:
  constexpr Live() = default;
  constexpr explicit Live(T value) : value_(value) {}
  operator T() const noexcept { return __atomic_load_n(&value_, __ATOMIC_RELAXED); }
  Live& operator=(T value) noexcept {
    __atomic_store_n(&value_, value, __ATOMIC_RELAXED);
    return *this;
  }

 private:
  T value_{};
};

inline constexpr uint8_t kAnyLength = 255;  // of prefixes that no rule's suppress_prefixlength concerns
class NextHopGroup;

// The same for a group's legs: what it pointed to is retired.
class LiveGroup {
 public:
  const NextHopGroup* load() const noexcept { return __atomic_load_n(&group_, __ATOMIC_ACQUIRE); }
  void store(const NextHopGroup* group) noexcept { __atomic_store_n(&group_, group, __ATOMIC_RELEASE); }

 private:
  const NextHopGroup* group_ = nullptr;
};

struct alignas(64) Dst {
  Action action = Action::None;
  Live<uint8_t> excepted;  // Use bits: there are exceptions; Linux marks what it has cached of the next hop as obsolete
  uint8_t scope = 0;       // of the route: 253 (link) on-link, 0 by gateway, 254 (host) own address
  bool mtu_locked = false;          // path MTU discovery may not lower it
  bool directed_broadcast = false;  // the address is a broadcast one of `out`'s subnet
  uint8_t length = kAnyLength;      // of the prefix, if a rule wants to know it; else kAnyLength
  InterfaceId out;
  Live<uint16_t> mtu;       // effective: the route's own or the interface's, IP bytes
  Ipv4Address gateway;      // any: on-link, the next hop is the destination
  Ipv4Address source;       // preferred source (`src`); any: select by interface
  NeighbourId neighbour;    // of the gateway; none when on-link
  uint32_t generation = 0;  // which life of the slot this is
  TableId table;
  LiveGroup group;            // of Action::Group
  const Dst* base = nullptr;  // of an exception: what it is one of

  bool has_exceptions(Use use) const noexcept { return excepted & static_cast<uint8_t>(use); }
  // fib4_rule_suppress; an error route is an answer whatever its length.
  bool is_suppressed(int most) const noexcept {
    return length <= most && action != Action::Blackhole && action != Action::Unreachable && action != Action::Prohibit;
  }
};
static_assert(sizeof(Dst) == 64);

}  // namespace flyover::route
