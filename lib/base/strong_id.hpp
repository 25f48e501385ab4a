// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : small integers that cannot be mistaken for one another (InterfaceId, PortId, DstId ...)
// Guarantees : same size and cost as Rep; ordered, hashable; only explicit conversions
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace flyover {

template <class Tag, class Rep>
class StrongId {
 public:
  using rep = Rep;
  constexpr StrongId() = default;
  constexpr explicit StrongId(Rep value) : value_(value) {}
  constexpr Rep value() const { return value_; }
  constexpr auto operator<=>(const StrongId&) const = default;

 private:
  Rep value_{};
};

using InterfaceId = StrongId<struct InterfaceTag, uint16_t>;  // Linux's ifindex; 0 = none, 1 = lo
using PortId = StrongId<struct PortTag, uint16_t>;            // DPDK's port number
using QueueId = StrongId<struct QueueTag, uint16_t>;          // a queue of a port
using WorkerId = StrongId<struct WorkerTag, uint16_t>;        // index of a worker, 0-based
using DstId = StrongId<struct DstTag, uint32_t>;              // slot of a Dst in its slab; 0 = none
using NeighbourId = StrongId<struct NeighbourTag, uint32_t>;  // slot of a neighbour in its slab; 0 = none
using TableId = StrongId<struct TableTag, uint32_t>;          // routing table number, as in `ip route ... table N`

inline constexpr InterfaceId kNoInterface{0};
inline constexpr InterfaceId kLoopback{1};
inline constexpr DstId kNoDst{0};
inline constexpr NeighbourId kNoNeighbour{0};

}  // namespace flyover

template <class Tag, class Rep>
struct std::hash<flyover::StrongId<Tag, Rep>> {
  size_t operator()(flyover::StrongId<Tag, Rep> id) const noexcept { return std::hash<Rep>{}(id.value()); }
};
