// SPDX-License-Identifier: BSD-3-Clause
#include "iface/classify.hpp"

namespace flyover::ethernet {
namespace {

// Takes a priority tag out: the addresses move over it.
void strip_tag(rte_mbuf* m) noexcept {
  auto* frame = rte_pktmbuf_mtod(m, uint8_t*);
  std::memmove(frame + sizeof(VlanTag), frame, 2 * sizeof(MacAddress));
  rte_pktmbuf_adj(m, sizeof(VlanTag));
}

L2Kind kind_of(const MacAddress& destination) noexcept {
  if (!destination.is_multicast()) return L2Kind::Host;
  return destination.is_broadcast() ? L2Kind::Broadcast : L2Kind::Multicast;
}

}  // namespace

Verdict classify_unusual(Packet& p, Worker& w) noexcept {
  rte_mbuf* m = p.mbuf;
  const iface::InterfaceEntry& in = (*w.tables->interfaces)[p.in];
  if (!in.up) return drop(DropReason::InterfaceDown);
  if (m->data_len < sizeof(EthernetHeader)) return drop(DropReason::RuntFrame);
  const auto* eth = rte_pktmbuf_mtod(m, const EthernetHeader*);
  // vlan_do_receive: no VLAN interfaces yet, so only the priority tag may pass; tags may be nested.
  while (eth->type == ethertype::kVlan || eth->type == ethertype::kQinQ) {
    if (m->data_len < sizeof(EthernetHeader) + sizeof(VlanTag)) return drop(DropReason::RuntFrame);
    const auto* tag = reinterpret_cast<const VlanTag*>(eth + 1);
    if (tag->vid() != 0) return drop(DropReason::UnknownVlan);
    strip_tag(m);
    eth = rte_pktmbuf_mtod(m, const EthernetHeader*);
  }
  p.l2 = kind_of(eth->destination);
  p.guarded = !in.plain;
  if (p.l2 == L2Kind::Host && eth->destination.word() != in.mac_word) return drop(DropReason::OtherHost);
  if (p.l2 == L2Kind::Multicast) ++w.counters.interface[p.in.value()].rx_multicast;
  if (eth->type == ethertype::kArp) return punt(PuntReason::Arp);
  if (eth->type != ethertype::kIpv4) return drop(DropReason::UnknownEthertype);
  p.ip = rte_pktmbuf_mtod_offset(m, Ipv4Header*, sizeof(EthernetHeader));
  return go_on();
}

}  // namespace flyover::ethernet
