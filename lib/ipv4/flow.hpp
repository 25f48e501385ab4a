// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : a packet as rules and tables see it: as it comes in, as it goes out, and turned round
// Linux counterpart : the flowi4 of ip_route_input_slow, ip_route_output_key, __fib_validate_source; fib4_rules_early_flow_dissect
// Expects           : ip; mbuf, unless the packet is only thought of (null: no ports)
// Guarantees        : protocol and ports are read only where a rule asks for them
#pragma once

#include "ipv4/select_leg.hpp"
#include "packet/worker.hpp"
#include "route/route_table.hpp"

namespace flyover::ipv4 {

// The IP protocol and, of what is not a fragment, the ports: of TCP, UDP, SCTP, DCCP and UDP-Lite, and the SPI of ESP and AH.
void read_ports(route::Flow& flow, const Packet& p) noexcept;

inline route::Flow input_flow(const Packet& p, const route::RuleTable* rules) noexcept {
  route::Flow flow{
      .to = p.ip->destination, .from = p.ip->source, .in = p.in, .out = {}, .mark = p.mark, .tos = p.ip->tos};
  if (rules && rules->reads_ports()) read_ports(flow, p);
  return flow;
}
// Of a packet that the router makes.
inline route::Flow output_flow(const Packet& p, const route::RuleTable* rules) noexcept {
  route::Flow flow = input_flow(p, rules);
  flow.in = kLoopback;
  return flow;
}
// What would go back to the packet's source, had it come in by `in`; none: by lo. Marks do not count (src_valid_mark).
route::Flow reverse_flow(const Packet& p, InterfaceId in, const route::RuleTable* rules) noexcept;

// Of several next hops the one that the packet takes, and what has been learned of its destination.
inline const route::Dst& input_route(const Packet& p, const Worker& w) noexcept {
  const route::RouteTable& routes = *w.tables->routes;
  const route::Dst& dst = select_leg(routes.match(input_flow(p, routes.rules())), p, w);
  return routes.except(dst, p.ip->destination, route::Use::Forward);
}
inline const route::Dst& output_route(const Packet& p, const Worker& w) noexcept {
  const route::RouteTable& routes = *w.tables->routes;
  const route::Dst* dst = &routes.match(output_flow(p, routes.rules()));
  if (dst->action == route::Action::Group) [[unlikely]]
    dst = &select_own_leg(*dst, p.ip->source, output_flow_hash(p, w), w);
  return routes.except(*dst, p.ip->destination, route::Use::Own);
}

}  // namespace flyover::ipv4
