// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : immutable objects that one writer replaces while workers read
// Guarantees : readers never wait and never see a torn or freed object; the writer never waits either:
//              what is replaced is freed when every worker has been quiescent since (poll())
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <utility>

#include "dpdk/rcu.hpp"

namespace flyover {

class Reclaimer {
 public:
  explicit Reclaimer(dpdk::Rcu& rcu) : rcu_(rcu) {}
  ~Reclaimer() {
    for (auto& [token, release] : waiting_) release();  // its owner has stopped all workers
  }

  // `release` runs after a grace period, in the writer's thread.
  void retire(std::function<void()> release) { waiting_.emplace_back(rcu_.start(), std::move(release)); }
  template <class T>
  void retire(std::unique_ptr<const T> object) {
    if (object) retire([o = std::shared_ptr<const T>(std::move(object))]() mutable { o.reset(); });
  }
  void poll() {
    while (!waiting_.empty() && rcu_.passed(waiting_.front().first)) {
      auto release = std::move(waiting_.front().second);
      waiting_.pop_front();
      release();
    }
  }
  size_t waiting() const { return waiting_.size(); }

 private:
  dpdk::Rcu& rcu_;
  std::deque<std::pair<uint64_t, std::function<void()>>> waiting_;
};

template <class T>
class Published {
 public:
  explicit Published(std::unique_ptr<const T> first) : current_(first.release()) {}
  Published(const Published&) = delete;
  Published& operator=(const Published&) = delete;
  ~Published() { delete current_.load(std::memory_order_relaxed); }

  const T* load() const noexcept { return current_.load(std::memory_order_acquire); }
  void publish(std::unique_ptr<const T> next, Reclaimer& reclaimer) {
    const T* old = current_.exchange(next.release(), std::memory_order_acq_rel);
    reclaimer.retire(std::unique_ptr<const T>(old));
  }

 private:
  std::atomic<const T*> current_;
};

}  // namespace flyover
