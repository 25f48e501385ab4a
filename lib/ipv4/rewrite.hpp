// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : the Ethernet header of the next hop
// Linux counterpart : ip_finish_output2, neigh_output
// Expects           : out; ip behind the mbuf's first 14 bytes; dst, or next_hop where dst is null (packets that waited for a
//                     neighbour)
// Guarantees        : the mbuf's data starts with the complete Ethernet header
// Exits             : Punt(Unresolved)
#pragma once

#include <cstring>

#include "iface/interface_table.hpp"
#include "neighbour/neighbour_table.hpp"
#include "packet/worker.hpp"
#include "route/dst.hpp"

namespace flyover::ipv4 {

Verdict rewrite_unusual(Packet& p, Worker& w) noexcept;  // multicast, broadcast, or nobody's MAC is known

// Two overlapping stores: 8 bytes from the destination, then source and type (InterfaceEntry::tail_word) over its end.
inline void write_ethernet(Packet& p, uint64_t destination, uint64_t tail) noexcept {
  auto* frame = reinterpret_cast<uint8_t*>(p.ip) - sizeof(EthernetHeader);
  std::memcpy(frame, &destination, 8);
  std::memcpy(frame + 6, &tail, 8);
}

class Rewrite {
 public:
  static constexpr auto id = StageId::Rewrite;
  Rewrite(const Burst&, const Worker& w) noexcept
      : neighbours_(w.tables->neighbours->entries()), interfaces_(w.tables->interfaces->entries()), now_s_(w.now_s) {}
  Verdict step(Packet& p, Worker& w) const noexcept {
    NeighbourId hop = p.dst ? p.dst->neighbour : kNoNeighbour;
    if (hop == kNoNeighbour) [[unlikely]] {  // a host on the link
      if (p.dst) p.next_hop = p.dst->gateway.is_any() ? p.ip->destination : p.dst->gateway;
      hop = w.tables->neighbours->find(p.out, p.next_hop);
    }
    neighbour::NeighbourEntry& entry = neighbours_[hop.value()];
    const uint64_t word = entry.word.load(std::memory_order_acquire);
    if (!(word & neighbour::NeighbourEntry::kUsable)) [[unlikely]]
      return rewrite_unusual(p, w);
    if (entry.used.load(std::memory_order_relaxed) != now_s_ && now_s_ != 0) [[unlikely]]
      entry.used.store(now_s_, std::memory_order_relaxed);
    write_ethernet(p, word, interfaces_[p.out.value()].tail_word);
    return go_on();
  }

 private:
  neighbour::NeighbourEntry* neighbours_;
  const iface::InterfaceEntry* interfaces_;
  uint32_t now_s_;
};

}  // namespace flyover::ipv4
