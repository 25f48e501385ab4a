// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : tell IPv4 for this router from everything else, by Ethernet type and destination MAC
// Linux counterpart : eth_type_trans, __netif_receive_skb_core
// Expects           : mbuf, in; all of the burst came in by the same interface
// Guarantees        : ip points behind the Ethernet header (not checked yet), l2 and guarded are set, priority tags (VLAN id 0)
//                     are gone
// Exits             : Drop(RuntFrame, InterfaceDown, OtherHost, UnknownVlan, UnknownEthertype), Punt(Arp)
#pragma once

#include <cstring>

#include "iface/interface_table.hpp"
#include "packet/worker.hpp"

namespace flyover::ethernet {

Verdict classify_unusual(Packet& p, Worker& w) noexcept;  // whatever is not a plain IPv4 unicast frame for us

class Classify {
 public:
  static constexpr auto id = StageId::Classify;
  Classify(const Burst& b, const Worker& w) noexcept : ours_((*w.tables->interfaces)[b.first().in].match_word) {}
  Verdict step(Packet& p, Worker& w) const noexcept {
    auto* frame = rte_pktmbuf_mtod(p.mbuf, uint8_t*);
    uint64_t destination;
    std::memcpy(&destination, frame,
                sizeof destination);  // an mbuf's room is longer than this, however short its frame
    const auto* eth = reinterpret_cast<const EthernetHeader*>(frame);
    if (destination << 16 != ours_ || eth->type != ethertype::kIpv4) [[unlikely]]
      return classify_unusual(p, w);
    p.ip = reinterpret_cast<Ipv4Header*>(frame + sizeof(EthernetHeader));
    return go_on();
  }

 private:
  uint64_t ours_;
};

}  // namespace flyover::ethernet
