// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : no worker is inside a driver while that driver's interrupt handlers are at work
// Guarantees : handlers begin when every worker is between two turns (after kPatience they begin anyway), and workers wait until
//              they are through. EAL runs them in a thread of its own: net_memif takes shared memory away there when its other
//              end goes, and a worker that was just reading it took the whole router along.
// Cost       : a worker's load per turn; the rest when something happens
#pragma once

#include <atomic>
#include <chrono>

#include "dpdk/rcu.hpp"

namespace flyover::daemon {

class DriverInterrupts {
 public:
  static constexpr std::chrono::milliseconds kPatience{1000};

  explicit DriverInterrupts(dpdk::Rcu& rcu);  // of the workers; one in a process
  ~DriverInterrupts();
  DriverInterrupts(const DriverInterrupts&) = delete;
  DriverInterrupts& operator=(const DriverInterrupts&) = delete;

  // A worker, between two turns: while this is so it is quiescent and begins none.
  bool at_work() const noexcept { return at_work_.load(std::memory_order_acquire); }

  // EAL's thread, before its handlers and behind them.
  void begin() noexcept;
  void end() noexcept { at_work_.store(false, std::memory_order_release); }

 private:
  dpdk::Rcu& rcu_;
  std::atomic<bool> at_work_{false};
};

}  // namespace flyover::daemon
