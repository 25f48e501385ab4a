// SPDX-License-Identifier: BSD-3-Clause
#include "control/wiring.hpp"

#include "base/check.hpp"

namespace flyover::control {

// A plan, and the contexts that its sinks point to.
struct PlanWithSinks : WorkerPlan {
  std::deque<Wiring::RingSink> sinks;
};

Result<Wiring> Wiring::create(std::vector<std::unique_ptr<Worker>>& workers, uint32_t punt_queue,
                              uint32_t inject_queue) {
  Wiring wiring;
  wiring.fast_ = static_cast<uint16_t>(workers.size() - 1);
  wiring.inject_queue_ = inject_queue;
  wiring.inject_.resize(workers.size());
  for (auto& row : wiring.inject_) row.resize(wiring.fast_);
  wiring.punt_.resize(workers.size());
  for (size_t i = 0; i < workers.size(); ++i)
    for (const NameInfo& reason : kPuntReasons) {
      auto ring = dpdk::MbufRing::create("punt-" + std::to_string(i) + "-" + std::string(reason.name), punt_queue);
      if (!ring) return tl::unexpected(ring.error());
      wiring.punt_[i].push_back(std::move(*ring));
    }
  for (size_t i = 0; i < workers.size(); ++i)
    for (size_t r = 0; r < kPuntReasons.size(); ++r) workers[i]->punt[r] = &wiring.punt_[i][r];
  // The control thread's frames reach the wire by any of the workers.
  for (uint16_t to = 0; to < wiring.fast_; ++to)
    if (!wiring.inject(wiring.fast_, to)) return refused("no memory for the queues between threads");
  return wiring;
}

dpdk::MbufRing* Wiring::inject(uint16_t from, uint16_t to) {
  auto& slot = inject_[from][to];
  if (!slot) {
    auto ring = dpdk::MbufRing::create("inject-" + std::to_string(from) + "-" + std::to_string(to), inject_queue_);
    if (ring) slot = std::make_unique<dpdk::MbufRing>(std::move(*ring));
  }
  return slot.get();
}

uint16_t Wiring::RingSink::send(void* context, rte_mbuf** mbufs, uint16_t count) noexcept {
  const auto& sink = *static_cast<const RingSink*>(context);
  for (uint16_t i = 0; i < count; ++i) note_of(mbufs[i]).out = sink.out;
  return sink.ring->push(mbufs, count);
}

std::vector<std::shared_ptr<const WorkerPlan>> Wiring::plans(const std::vector<iface::PortUse>& ports) {
  std::vector<std::shared_ptr<PlanWithSinks>> plans;
  for (uint16_t i = 0; i <= fast_; ++i) plans.push_back(std::make_shared<PlanWithSinks>());
  for (const iface::PortUse& wired : ports) {
    for (uint16_t q = 0; q < wired.pollers.size(); ++q)
      plans[wired.pollers[q].value()]->rx.push_back({wired.port->id(), QueueId(q), wired.interface});
    for (uint16_t i = 0; i <= fast_; ++i) {
      TxSink sink;
      if (i < fast_) sink = wired.port->sink(WorkerId(i));
      if (!sink.send) {
        const WorkerId owner =
            iface::queue_owner(i == fast_ ? wired.interface.value() : i, wired.port->info().tx_queues);
        dpdk::MbufRing* ring = inject(i, owner.value() % fast_);
        if (!ring) continue;  // its frames are counted as dropped: the interface has no way out for this worker
        plans[i]->sinks.push_back({ring, wired.interface});
        sink = {.send = &RingSink::send, .context = &plans[i]->sinks.back(), .relay = true};
      }
      plans[i]->tx.emplace_back(wired.interface, sink);
    }
  }
  for (uint16_t to = 0; to < fast_; ++to)
    for (auto& row : inject_)
      if (row[to]) plans[to]->inject.push_back(row[to].get());
  std::vector<std::shared_ptr<const WorkerPlan>> done;
  for (auto& plan : plans) {
    plan->serial = ++serial_;
    done.push_back(std::move(plan));
  }
  return done;
}

uint64_t Wiring::waiting() const {
  uint64_t sum = 0;
  for (const auto& row : punt_)
    for (const auto& ring : row) sum += ring.size();
  for (const auto& row : inject_)
    for (const auto& ring : row)
      if (ring) sum += ring->size();
  return sum;
}

}  // namespace flyover::control
