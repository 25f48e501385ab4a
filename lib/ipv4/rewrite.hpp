// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : the Ethernet header of the next hop
// Linux counterpart : ip_finish_output2, neigh_output
// Expects           : out; dst, or next_hop where dst is null (packets that waited for a neighbour)
// Guarantees        : the mbuf's data starts with the complete Ethernet header
// Exits             : Punt(Unresolved), Drop(NoBuffer: no headroom)
#pragma once

#include <cstring>

#include "iface/interface_table.hpp"
#include "neighbour/neighbour_table.hpp"
#include "packet/worker.hpp"
#include "route/dst.hpp"

namespace flyover::ipv4 {

Verdict rewrite_unusual(Packet& p, Worker& w) noexcept;  // multicast, broadcast, or nobody's MAC is known

// Two overlapping stores: 8 bytes from the destination, then source and type over its end. False: no headroom.
inline bool write_ethernet(Packet& p, uint64_t destination, uint64_t source) noexcept {
  rte_mbuf* m = p.mbuf;
  auto* frame = reinterpret_cast<uint8_t*>(p.ip) - sizeof(EthernetHeader);
  const ptrdiff_t moved = frame - rte_pktmbuf_mtod(m, uint8_t*);
  if (moved) [[unlikely]] {
    if (m->data_off + moved < 0) return false;
    m->data_off = static_cast<uint16_t>(m->data_off + moved);
    m->data_len = static_cast<uint16_t>(m->data_len - moved);
    m->pkt_len = static_cast<uint32_t>(m->pkt_len - moved);
  }
  const uint64_t tail = (source & neighbour::NeighbourEntry::kMacMask) | uint64_t{ethertype::kIpv4.raw()} << 48;
  std::memcpy(frame, &destination, 8);
  std::memcpy(frame + 6, &tail, 8);
  return true;
}

struct Rewrite {
  static constexpr auto id = StageId::Rewrite;
  static Verdict step(Packet& p, Worker& w) noexcept {
    const neighbour::NeighbourTable& table = *w.tables->neighbours;
    NeighbourId id = p.dst ? p.dst->neighbour : kNoNeighbour;
    if (id == kNoNeighbour) {
      if (p.dst) p.next_hop = p.dst->gateway.is_any() ? p.ip->destination : p.dst->gateway;
      id = table.find(p.out, p.next_hop);
    }
    neighbour::NeighbourEntry& entry = table.at(id);
    const uint64_t word = entry.word.load(std::memory_order_acquire);
    if (!(word & neighbour::NeighbourEntry::kUsable)) [[unlikely]]
      return rewrite_unusual(p, w);
    if (entry.used.load(std::memory_order_relaxed) != w.now_s) [[unlikely]]
      entry.used.store(w.now_s, std::memory_order_relaxed);
    return write_ethernet(p, word, (*w.tables->interfaces)[p.out].mac_word) ? go_on() : drop(DropReason::NoBuffer);
  }
};

}  // namespace flyover::ipv4
