// SPDX-License-Identifier: BSD-3-Clause
#include "ipv4/rewrite.hpp"

#include "route/route_table.hpp"

namespace flyover::ipv4 {
namespace {

// inet_addr_type_dev_table, whatever the broadcast route's device.
bool is_broadcast(Ipv4Address a, const Worker& w) noexcept {
  return a.is_limited_broadcast() || w.tables->routes->local(a).action == route::Action::Broadcast;
}

}  // namespace

Verdict rewrite_unusual(Packet& p, Worker& w) noexcept {
  if (p.dst) p.next_hop = p.dst->gateway.is_any() ? p.ip->destination : p.dst->gateway;
  // arp_constructor: broadcast and multicast addresses need no ARP (RFC 1112 6.4).
  const bool to_all = is_broadcast(p.next_hop, w);
  if (!to_all && !p.next_hop.is_multicast()) return punt(PuntReason::Unresolved);
  const MacAddress mac = to_all ? kBroadcastMac : multicast_mac(p.next_hop);
  write_ethernet(p, mac.word(), (*w.tables->interfaces)[p.out].tail_word);
  return go_on();
}

}  // namespace flyover::ipv4
