// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : packets that a hook function sent to its queue, until somebody in the control thread has judged them
// Linux counterpart : nf_queue, nfnetlink_queue (nfqnl_enqueue_packet, nfqnl_recv_verdict, nf_reinject)
// Expects           : one thread (control)
// Guarantees        : bounded, by an eighth of a pool too: what finds no listener or no room is dropped (HookQueueFull). Each
//                     packet is judged once; one that was not goes when its function goes, or at the end.
// Counters          : a packet is held until it is judged
#pragma once

#include <cstddef>
#include <map>
#include <optional>

#include "hook/hook_table.hpp"
#include "packet/pool_share.hpp"

namespace flyover::hook {

class Queue {
 public:
  static constexpr size_t kMost = 1024;  // nfnetlink_queue's default
  struct Waiting {
    uint32_t id;
    Hook hook;
    Packet packet;  // for reading, and for changing its bytes; the queue keeps the mbuf
  };

  Queue() = default;
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;
  ~Queue();  // clear() has been called

  void listen(bool on, Worker& w);   // off: what waits is dropped
  void put(rte_mbuf* m, Worker& w);  // from a worker's ring, with its note
  std::optional<Waiting> next();     // the oldest that nobody has seen yet
  // Accept: the packet is the caller's, who has it go on behind its function (ipv4::resume). None: unknown, or dropped.
  std::optional<Packet> judge(uint32_t id, HookVerdict verdict, Worker& w);
  void drop_of(uint16_t handle,
               Worker& w);  // a function that is removed takes its packets along (nf_queue_nf_hook_drop)
  void clear(Worker& w);
  size_t held() const { return waiting_.size(); }

 private:
  void drop_all(DropReason reason, Worker& w);
  PoolShare share_{8};
  std::map<uint32_t, rte_mbuf*> waiting_;  // by id: in order of arrival
  uint32_t last_ = 0, shown_ = 0;          // ids
  bool listening_ = false;
};

}  // namespace flyover::hook
