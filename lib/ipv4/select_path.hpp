// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : of a route's several next hops the packet's; its line is touched while other packets select theirs
// Linux counterpart : fib_select_path
// Expects           : ip; dst as Lookup has found it, its line touched
// Guarantees        : dst is no group; where the first one has come since idle() was asked, Resolve looks anew
// Exits             : none
// Cost              : nothing as long as no route has several next hops; docs/performance.md
#pragma once

#include "ipv4/select_leg.hpp"
#include "packet/worker.hpp"
#include "route/route_table.hpp"

namespace flyover::ipv4 {

class SelectPath {
 public:
  static constexpr auto id = StageId::SelectPath;
  static bool idle(const Worker& w) noexcept { return !w.tables->routes->has_groups(); }
  SelectPath(const Burst&, const Worker& w) noexcept
      : key_(w.tables->flow_key),
        usual_(has_usual_hash(w.tables->settings)),
        looks_always_(w.tables->settings.fib_multipath_use_neigh),
        good_(w) {}
  Verdict step(Packet& p, Worker& w) const noexcept {
    if (p.dst->action != route::Action::Group) return go_on();
    const route::NextHopGroup& group = *p.dst->group.load();
    const route::Dst* leg = nullptr;
    if (usual_ && group.few() && p.ip->protocol != protocol::kIcmp) [[likely]] {
      leg = &group.by_few(usual_hash(p, key_));
      const bool looks = looks_always_ || group.kind() == route::GroupKind::Object;
      if (looks && !good_(*leg)) [[unlikely]]
        leg = nullptr;
    }
    p.dst = leg ? leg : &select_leg(*p.dst, p, w);
    __builtin_prefetch(p.dst);
    return go_on();
  }

 private:
  uint64_t key_;
  bool usual_, looks_always_;
  GoodLeg good_;
};

}  // namespace flyover::ipv4
