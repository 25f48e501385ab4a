// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : where does this packet go: martians, reverse path, route, Dst
// Linux counterpart : ip_route_input_noref, ip_route_input_slow, fib_validate_source, ip_rcv_options
// Expects           : ip, in, l2
// Guarantees        : dst is set and its action is Forward; redirect says whether one is owed
// Exits             : Divert(LocalIn), Divert(IcmpError: no route, host unreachable, prohibited,
//                     parameter problem), Drop(MartianSource, MartianDestination, LocalSource, ReversePathFilter, MulticastNotJoined, ForwardingOff, Blackhole)
#pragma once

#include "iface/interface_table.hpp"
#include "packet/run.hpp"
#include "route/route_table.hpp"

namespace flyover::ipv4 {

// The whole decision in the kernel's order, for every packet that is not an ordinary one to be forwarded.
Verdict resolve_unusual(Packet& p, Worker& w) noexcept;

// Neither 0.0.0.0, nor loopback, nor multicast and above: all that an ordinary address can be.
inline bool is_ordinary(Ipv4Address a) noexcept {
  const uint32_t host = a.host();
  return host - 1 < 0xdfffffffU && host >> 24 != 127;
}

struct Resolve {
  static constexpr auto id = StageId::Resolve;
  static void run(Burst& b, Worker& w, Leavers& out) noexcept {
    const route::RouteTable& routes = *w.tables->routes;
    const iface::InterfaceTable& interfaces = *w.tables->interfaces;
    for (Packet& p : b) {
      p.dst = routes.main_slot(p.ip->destination);
      __builtin_prefetch(p.dst);
    }
    for (uint16_t i = 0; i < b.size(); ++i) {
      Packet& p = b[i];
      const InterfaceSettings& in = interfaces[p.in].settings;
      const bool ordinary = p.dst->action == route::Action::Forward && p.dst->out != p.in &&
                            is_ordinary(p.ip->source) && is_ordinary(p.ip->destination) &&
                            !interfaces.is_local(p.ip->source) && in.forwarding && in.rp_filter == 0 && !p.has_options;
      if (ordinary) [[likely]]
        continue;
      const Verdict v = resolve_unusual(p, w);
      if (v.exit != Exit::Continue) out.add(i, v, id);
    }
  }
};

}  // namespace flyover::ipv4
