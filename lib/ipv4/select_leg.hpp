// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : which leg of a group of next hops a packet takes
// Linux counterpart : fib_select_path, fib_select_multipath, nexthop_select_path
// Expects           : a Dst of Action::Group, or any other, which is the answer then
// Guarantees        : a leg: never a group
// Cost              : docs/performance.md
#pragma once

#include "ipv4/flow_hash.hpp"
#include "neighbour/neighbour_table.hpp"
#include "packet/worker.hpp"
#include "route/next_hop_group.hpp"

namespace flyover::ipv4 {

// fib_good_nh, ipv4_good_nh: a neighbour that is being asked for, or has not answered, is none.
class GoodLeg {
 public:
  explicit GoodLeg(const Worker& w) : neighbours_(w.tables->neighbours->entries()) {}
  bool operator()(const route::Dst& leg) const noexcept {
    const uint64_t word = neighbours_[leg.neighbour.value()].word.load(std::memory_order_acquire);
    return !(word & neighbour::NeighbourEntry::kUnanswered);
  }

 private:
  const neighbour::NeighbourEntry* neighbours_;
};

inline bool looks_at_neighbours(const route::NextHopGroup& group, const Worker& w) noexcept {
  return group.kind() == route::GroupKind::Object || w.tables->settings.fib_multipath_use_neigh;
}

// A packet that is forwarded, or answered by an error.
inline const route::Dst& select_leg(const route::Dst& dst, const Packet& p, const Worker& w) noexcept {
  if (dst.action != route::Action::Group) return dst;
  const route::NextHopGroup& group = *dst.group.load();
  if (group.alone()) return group.first();
  const uint32_t hash = flow_hash(p, w);
  if (group.resilient()) return group.by_bucket(hash, static_cast<uint32_t>(w.now_ms));
  if (!looks_at_neighbours(group, w)) return group.by_hash(hash);
  return group.select(hash, GoodLeg(w));
}

// A packet of the router's own. `hash`: output_flow_hash, or that of what it answers.
const route::Dst& select_own_leg(const route::Dst& dst, Ipv4Address source, uint32_t hash, const Worker& w) noexcept;

}  // namespace flyover::ipv4
