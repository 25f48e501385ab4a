// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : the turn of the control thread's worker: what the others have punted, timers, its lanes
// Guarantees : bounded work per turn; a packet that comes in here leaves by a lane, is held, used up or dropped
#pragma once

#include <functional>

#include "control/wiring.hpp"
#include "hook/queue.hpp"
#include "ipv4/arp.hpp"
#include "ipv4/path_errors.hpp"
#include "ipv4/reassemble.hpp"
#include "neighbour/neighbour_control.hpp"

namespace flyover::control {

// Takes a packet: afterwards it has been put into a lane, used up or discarded.
using PuntHandler = std::function<void(Packet&, Worker&)>;

class SlowPath {
 public:
  static constexpr uint16_t kBudget = 256;  // packets per queue and turn, or what is as much work

  SlowPath(Worker& worker, Wiring& wiring, neighbour::NeighbourControl& neighbours, route::RouteControl& routes);

  // True if there was anything to do. The worker's clock and tables are current.
  bool turn(uint16_t workers);
  // Who gets the packets that are punted as Host; nobody: they are dropped (punt_queue_full).
  void set_host_handler(PuntHandler handler) { host_ = std::move(handler); }
  void listen_to_hooks(bool on) { hook_queue_.listen(on, worker_); }
  hook::Queue& hook_queue() { return hook_queue_; }
  // What the reader of the hook queue says of packet `id`; accepted, it goes on behind the function that had queued it.
  void judge(uint32_t id, hook::HookVerdict verdict);
  // Gives back everything that waits; before the pools go.
  void clear();
  uint64_t held() const;

  ipv4::Arp& arp() { return arp_; }

 private:
  uint32_t drain(dpdk::MbufRing& ring, PuntReason reason);
  void handle(Packet& p, PuntReason reason);

  Worker& worker_;
  Wiring& wiring_;
  neighbour::NeighbourControl& neighbours_;
  ipv4::Arp arp_;
  ipv4::PathErrors path_errors_;
  ipv4::Reassembler reassembler_;
  hook::Queue hook_queue_;
  PuntHandler host_;
};

}  // namespace flyover::control
