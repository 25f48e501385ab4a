// SPDX-License-Identifier: BSD-3-Clause
// EAL has no place to be told that handlers are about to run, but its thread waits for them in epoll_wait(): this program's comes
// before libc's, since EAL is a shared object that looks it up at load.
#include "flyoverd/driver_interrupts.hpp"

#include <rte_interrupts.h>
#include <sys/epoll.h>

#include <mutex>
#include <thread>

namespace {

using flyover::daemon::DriverInterrupts;

// The process has one interrupt thread, and one router's workers.
std::mutex guard;
DriverInterrupts* current = nullptr;

}  // namespace

namespace flyover::daemon {

DriverInterrupts::DriverInterrupts(dpdk::Rcu& rcu) : rcu_(rcu) {
  const std::lock_guard lock(guard);
  current = this;
}

DriverInterrupts::~DriverInterrupts() {
  const std::lock_guard lock(guard);
  current = nullptr;
}

void DriverInterrupts::begin() noexcept {
  at_work_.store(true, std::memory_order_release);
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  const uint64_t token = rcu_.start();  // whoever is quiescent after this has seen at_work()
  while (!rcu_.passed(token) && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
}

}  // namespace flyover::daemon

extern "C" __attribute__((visibility("default"))) int epoll_wait(int fd, epoll_event* events, int most, int timeout) {
  const bool interrupts = rte_thread_is_intr() != 0;
  if (interrupts) {
    const std::lock_guard lock(guard);
    if (current) current->end();
  }
  const int count = epoll_pwait(fd, events, most, timeout, nullptr);
  if (interrupts && count > 0) {
    const std::lock_guard lock(guard);
    if (current) current->begin();
  }
  return count;
}
