// SPDX-License-Identifier: BSD-3-Clause
#include "ipv4/rewrite.hpp"

namespace flyover::ipv4 {

Verdict rewrite_unusual(Packet& p, Worker& w) noexcept {
  if (p.dst) p.next_hop = p.dst->gateway.is_any() ? p.ip->destination : p.dst->gateway;
  const bool to_all = p.next_hop.is_limited_broadcast() || (p.dst && p.dst->action == route::Action::Broadcast);
  if (!to_all && !p.next_hop.is_multicast()) return punt(PuntReason::Unresolved);
  // arp_constructor: broadcast and multicast addresses need no ARP (RFC 1112 6.4).
  const MacAddress mac = to_all ? kBroadcastMac : multicast_mac(p.next_hop);
  write_ethernet(p, mac.word(), (*w.tables->interfaces)[p.out].tail_word);
  return go_on();
}

}  // namespace flyover::ipv4
