// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : where does this packet go: martians, reverse path, route, Dst
// Linux counterpart : ip_route_input_noref, ip_route_input_slow, fib_validate_source, ip_rcv_options
// Expects           : ip, in, l2, guarded; dst as Lookup and SelectPath have found it
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
// The Dst of a packet that was let through before, and comes back from the control thread.
const route::Dst& dst_again(const Packet& p, const Worker& w) noexcept;
// inet_addr_type: Local, Broadcast, Multicast; Forward is whatever is none of them.
route::Action address_type(Ipv4Address a, const Worker& w) noexcept;
inline bool is_foreign(Ipv4Address a, const Worker& w) noexcept { return address_type(a, w) == route::Action::Forward; }

class Resolve {
 public:
  static constexpr auto id = StageId::Resolve;
  Resolve(const Burst&, const Worker& w) noexcept : interfaces_(*w.tables->interfaces), routes_(*w.tables->routes) {}
  Verdict step(Packet& p, Worker& w) const noexcept {
    const Ipv4Header& ip = *p.ip;
    if (p.dst->has_exceptions(route::Use::Forward)) [[unlikely]]
      p.dst = &routes_.except(*p.dst, ip.destination, route::Use::Forward);
    const bool ordinary = p.dst->action == route::Action::Forward && p.dst->out != p.in && p.plain_in() &&
                          interfaces_.ordinary(ip.source, ip.destination);
    if (!ordinary) [[unlikely]]
      return resolve_unusual(p, w);
    return go_on();
  }

 private:
  const iface::InterfaceTable& interfaces_;
  const route::RouteTable& routes_;
};

}  // namespace flyover::ipv4
