// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : the turn of the control thread's worker: what the others have punted, timers, its lanes
// Guarantees : bounded work per turn; a packet that comes in here leaves by a lane, is held, used up or dropped
#pragma once

#include <functional>

#include "control/wiring.hpp"
#include "ipv4/arp.hpp"
#include "ipv4/reassemble.hpp"
#include "neighbour/neighbour_control.hpp"

namespace flyover::control {

// Who listens to packets that stages and hook functions send to the control thread. Takes the packet: afterwards it has been put
// into a lane, used up or discarded.
using PuntHandler = std::function<void(Packet&, Worker&)>;

class SlowPath {
 public:
  static constexpr uint16_t kBudget = 256;  // packets per queue and turn

  SlowPath(Worker& worker, Wiring& wiring, neighbour::NeighbourControl& neighbours);

  // True if there was anything to do. The worker's clock and tables are current.
  bool turn(uint16_t workers);
  // Host and HookQueue packets; none: they are dropped (hook_queue_full, punt_queue_full).
  void set_handler(PuntReason reason, PuntHandler handler) { handlers_[index_of(reason)] = std::move(handler); }
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
  ipv4::Reassembler reassembler_;
  std::array<PuntHandler, index_of(PuntReason::Count)> handlers_;
};

}  // namespace flyover::control
