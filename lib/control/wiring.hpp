// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : the queues between workers, ports and the control thread, and who polls what
// Guarantees : every queue has one producer and one consumer and is bounded; a plan is immutable once made
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "dpdk/ring.hpp"
#include "iface/interface_control.hpp"
#include "packet/worker.hpp"

namespace flyover::control {

class Wiring {
 public:
  // `workers`: all of them, the control thread's last.
  static Result<Wiring> create(std::vector<std::unique_ptr<Worker>>& workers, uint32_t punt_queue,
                               uint32_t inject_queue);

  // A plan for each worker, the control thread's last. Frames of a worker without a queue of its own on a port go through the
  // ring to the worker that has one.
  std::vector<std::shared_ptr<const WorkerPlan>> plans(const std::vector<iface::PortUse>& ports);

  dpdk::MbufRing& punt(WorkerId worker, PuntReason reason) { return punt_[worker.value()][index_of(reason)]; }
  // Mbufs that wait in rings now: part of what is "held".
  uint64_t waiting() const;

  // A transmit sink into another worker's ring: the note says where the frame is to leave.
  struct RingSink {
    dpdk::MbufRing* ring;
    InterfaceId out;
    static uint16_t send(void* context, rte_mbuf** mbufs, uint16_t count) noexcept;
  };

 private:
  Wiring() = default;
  dpdk::MbufRing* inject(uint16_t from, uint16_t to);

  uint16_t fast_ = 0;                              // workers that poll; the control thread's has this number
  std::vector<std::vector<dpdk::MbufRing>> punt_;  // [worker][reason]
  std::vector<std::vector<std::unique_ptr<dpdk::MbufRing>>> inject_;  // [from][to], null until wanted
  uint32_t inject_queue_ = 0;
  uint64_t serial_ = 0;
};

}  // namespace flyover::control
