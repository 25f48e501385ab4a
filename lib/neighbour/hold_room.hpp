// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : packets that wait for neighbours to be resolved: a queue each, one room for all
// Linux counterpart : neighbour.arp_queue, arp_queue_len_bytes
// Guarantees        : never more than the room's limit, all queues together, nor than an eighth of a NIC's pool, whose mbufs they
//                     pin; memory is fixed at start
#pragma once

#include <rte_mbuf.h>

#include <cstdint>
#include <vector>

#include "packet/pool_share.hpp"

namespace flyover::neighbour {

struct HoldQueue {
  uint32_t head = 0, tail = 0;  // node numbers; 0: none
  uint32_t count = 0;
  uint32_t charge = 0;  // of its packets, as unres_qlen_bytes counts
};

class HoldRoom {
 public:
  explicit HoldRoom(uint32_t limit);

  uint32_t held() const { return held_; }
  uint32_t limit() const { return static_cast<uint32_t>(nodes_.size()) - 1; }
  bool has_room(const rte_mbuf* m) { return free_ != 0 && share_.fits(m); }
  void push(HoldQueue& queue, rte_mbuf* m);                                           // if has_room()
  rte_mbuf* pop(HoldQueue& queue);                                                    // the oldest; null: none
  rte_mbuf* newest(const HoldQueue& queue) const { return nodes_[queue.tail].mbuf; }  // null: none

 private:
  struct Node {
    rte_mbuf* mbuf = nullptr;
    uint32_t next = 0;
    uint32_t charge = 0;
  };
  PoolShare share_{8};
  std::vector<Node> nodes_;  // nodes_[0] stands for "none"
  uint32_t free_ = 0;        // list of unused nodes
  uint32_t held_ = 0;
};

}  // namespace flyover::neighbour
