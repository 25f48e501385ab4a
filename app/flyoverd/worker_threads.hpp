// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : the threads that forward: one per lcore but the main one
// Guarantees : after stop() every thread has left its loop and reads nothing of the router any more; a thread that does not
//              come round for a while is reported once, and once more when it does again
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "control/router.hpp"
#include "flyoverd/driver_interrupts.hpp"

namespace flyover::daemon {

class WorkerThreads {
 public:
  // `idle_sleep_us`: see Config. `lcores`: of worker 0, 1, ...
  WorkerThreads(control::Router& router, uint32_t idle_sleep_us);
  ~WorkerThreads() { stop(); }
  WorkerThreads(const WorkerThreads&) = delete;
  WorkerThreads& operator=(const WorkerThreads&) = delete;

  Result<> start();
  // False: a thread has not ended within `patience_ms`; it is left alone, and with it what it may use.
  bool stop(uint32_t patience_ms = 5000);

  // Reports through `say` whose loop has stood still since the last call.
  void look_for_hangs(const std::function<void(const std::string&)>& say);

 private:
  struct Thread {
    WorkerThreads* all;
    Worker* worker;
    unsigned lcore;
    std::atomic<bool> ended{true};
    uint64_t turns_seen = 0;
    bool hangs = false;
  };
  static int entry(void* thread);
  void loop(Thread& t);

  control::Router& router_;
  uint32_t idle_sleep_us_;
  std::atomic<bool> stopping_{false};
  DriverInterrupts interrupts_;
  std::deque<Thread> threads_;
};

}  // namespace flyover::daemon
