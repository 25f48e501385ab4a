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
// The Dst of a packet that was let through before, and comes back from the control thread.
const route::Dst& dst_again(Ipv4Address destination, const Worker& w) noexcept;
// inet_addr_type is RTN_UNICAST: neither ours nor for many.
bool is_foreign(Ipv4Address a, const Worker& w) noexcept;

// By an address's first byte: whether it may need a rule of its own (0/8, loopback, multicast and above). 1: it may.
inline constexpr auto kSpecialFirstByte = [] {
  std::array<uint8_t, 256> special{};
  special[0] = special[127] = 1;
  for (size_t i = 224; i < special.size(); ++i) special[i] = 1;
  return special;
}();
inline uint8_t is_special(const Ipv4Address& a) noexcept {
  return kSpecialFirstByte[*reinterpret_cast<const uint8_t*>(&a)];
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
      const bool ordinary = p.dst->action == route::Action::Forward && p.dst->out != p.in && interfaces[p.in].plain &&
                            (is_special(p.ip->source) | is_special(p.ip->destination) | p.has_options) == 0 &&
                            !interfaces.may_be_local(p.ip->source);
      if (ordinary) [[likely]]
        continue;
      const Verdict v = resolve_unusual(p, w);
      if (!v.goes_on()) out.add(i, v, id);
    }
  }
};

}  // namespace flyover::ipv4
