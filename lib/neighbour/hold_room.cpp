// SPDX-License-Identifier: BSD-3-Clause
#include "neighbour/hold_room.hpp"

#include "base/check.hpp"
#include "packet/charge.hpp"

namespace flyover::neighbour {

HoldRoom::HoldRoom(uint32_t limit) : nodes_(limit + 1) {
  check(limit > 0, "a hold room for no packets");
  for (uint32_t i = 1; i <= limit; ++i) nodes_[i].next = i < limit ? i + 1 : 0;
  free_ = 1;
}

void HoldRoom::push(HoldQueue& queue, rte_mbuf* m) {
  check(free_ != 0 && share_.take(m), "the hold room is full");
  const uint32_t at = free_;
  Node& node = nodes_[at];
  free_ = node.next;
  node = {m, 0, charge_of(rte_pktmbuf_pkt_len(m))};
  (queue.tail ? nodes_[queue.tail].next : queue.head) = at;
  queue.tail = at;
  ++queue.count;
  queue.charge += node.charge;
  ++held_;
}

rte_mbuf* HoldRoom::pop(HoldQueue& queue) {
  const uint32_t at = queue.head;
  if (at == 0) return nullptr;
  Node& node = nodes_[at];
  rte_mbuf* m = node.mbuf;
  share_.give(m);
  queue.head = node.next;
  if (queue.head == 0) queue.tail = 0;
  --queue.count;
  queue.charge -= node.charge;
  node = {nullptr, free_, 0};
  free_ = at;
  --held_;
  return m;
}

}  // namespace flyover::neighbour
