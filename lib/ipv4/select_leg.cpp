// SPDX-License-Identifier: BSD-3-Clause
#include "ipv4/select_leg.hpp"

#include "iface/interface_table.hpp"

namespace flyover::ipv4 {

const route::Dst& select_own_leg(const route::Dst& dst, Ipv4Address source, uint32_t hash, const Worker& w) noexcept {
  if (dst.action != route::Action::Group) return dst;
  const route::NextHopGroup& group = *dst.group.load();
  if (group.alone()) return group.first();
  if (group.resilient()) return group.by_bucket(hash, static_cast<uint32_t>(w.now_ms));
  const GoodLeg good(w);
  const bool asks = looks_at_neighbours(group, w);
  const auto usable = [&](const route::Dst& leg) { return !asks || good(leg); };
  if (group.kind() == route::GroupKind::Object || source.is_any()) return group.select(hash, usable);
  // Where a leg's own address is the packet's source, that one is taken.
  return group.select(hash, usable, [&](const route::Dst& leg) {
    return w.tables->interfaces->select_source(leg.out, leg.gateway, static_cast<iface::Scope>(leg.scope)) == source;
  });
}

}  // namespace flyover::ipv4
