// SPDX-License-Identifier: BSD-3-Clause
#include "flyoverd/worker_threads.hpp"

#include <fmt/format.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <sys/prctl.h>

#include <chrono>
#include <thread>

#include "ipv4/worker_turn.hpp"

namespace flyover::daemon {
namespace {

// So many turns without work, a few microseconds altogether, and a worker believes that it is idle.
constexpr uint32_t kIdleTurns = 128;

}  // namespace

WorkerThreads::WorkerThreads(control::Router& router, uint32_t idle_sleep_us)
    : router_(router), idle_sleep_us_(idle_sleep_us), interrupts_(router.rcu()) {
  unsigned lcore;
  uint16_t number = 0;
  RTE_LCORE_FOREACH_WORKER(lcore) {
    if (number == router.workers()) break;
    Thread& t = threads_.emplace_back();
    t.all = this;
    t.worker = &router.worker(WorkerId(number++));
    t.lcore = lcore;
  }
}

Result<> WorkerThreads::start() {
  for (Thread& t : threads_) {
    t.ended = false;
    if (const int e = rte_eal_remote_launch(entry, &t, t.lcore); e) {
      t.ended = true;
      return refused(fmt::format("worker {} does not start on lcore {}", t.worker->id.value(), t.lcore));
    }
  }
  return {};
}

int WorkerThreads::entry(void* thread) {
  Thread& t = *static_cast<Thread*>(thread);
  t.all->loop(t);
  t.ended.store(true, std::memory_order_release);
  return 0;
}

void WorkerThreads::loop(Thread& t) {
  Worker& w = *t.worker;
  // The kernel would add 50 us to every sleep otherwise.
  if (idle_sleep_us_) prctl(PR_SET_TIMERSLACK, 1UL);
  const auto nap = std::chrono::microseconds(idle_sleep_us_);
  router_.rcu().online(w.id);
  uint32_t idle = 0;
  while (!stopping_.load(std::memory_order_relaxed)) {
    if (interrupts_.at_work()) [[unlikely]] {
      router_.rcu().quiescent(w.id);
      std::this_thread::yield();
      continue;
    }
    if (ipv4::worker_turn(w, router_.snapshot(), router_.rcu(), rte_rdtsc())) {
      idle = 0;
    } else if (idle_sleep_us_ && ++idle >= kIdleTurns) {
      router_.rcu().quiescent(w.id);
      std::this_thread::sleep_for(nap);
      idle = kIdleTurns - 1;  // one look at the queues between two naps
    }
  }
  w.tables = nullptr;
  w.plan = nullptr;
  router_.rcu().offline(w.id);
}

bool WorkerThreads::stop(uint32_t patience_ms) {
  stopping_ = true;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(patience_ms);
  bool all = true;
  for (Thread& t : threads_) {
    while (!t.ended.load(std::memory_order_acquire) && std::chrono::steady_clock::now() < deadline)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    all = all && t.ended;
    if (t.ended) rte_eal_wait_lcore(t.lcore);
  }
  return all;
}

void WorkerThreads::look_for_hangs(const std::function<void(const std::string&)>& say) {
  for (Thread& t : threads_) {
    const uint64_t turns = peek(t.worker->counters.turns);
    const bool hangs = turns == t.turns_seen && !t.ended;
    if (hangs != t.hangs)
      say(fmt::format("worker {} (lcore {}) {}", t.worker->id.value(), t.lcore, hangs ? "stands still" : "goes on"));
    t.hangs = hangs;
    t.turns_seen = turns;
  }
}

}  // namespace flyover::daemon
