// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : what packets read of routes: address to Dst
// Linux counterpart : fib_lookup without policy rules: local and main as one trie, then default
// Guarantees        : const, noexcept; every lookup gives a Dst (action None: no route)
#pragma once

#include <atomic>
#include <cstdint>

#include "route/dst.hpp"
#include "route/fib.hpp"

namespace flyover::route {

class RouteTable {
 public:
  RouteTable(const Fib* main, const Dst* slab) : main_(main), slab_(slab) {}

  // For a loop over many addresses: the Dst by local and main alone, its line not touched yet.
  class Reader {
   public:
    void prefetch(Ipv4Address a) const noexcept { main_.prefetch(a); }
    const Dst* find(Ipv4Address a) const noexcept { return slab_ + main_.lookup(a); }

   private:
    friend class RouteTable;
    Reader(const RouteTable& t) : main_(t.main_->reader()), slab_(t.slab_) {}
    Fib::Reader main_;
    const Dst* slab_;
  };
  Reader reader() const noexcept { return Reader(*this); }
  const Dst& lookup(Ipv4Address a) const noexcept {
    const Dst& dst = slab_[main_->lookup(a)];
    if (dst.action == Action::None || dst.action == Action::Throw) [[unlikely]]
      return by_default(a, dst);
    return dst;
  }
  const Dst& at(DstId id) const noexcept { return slab_[id.value()]; }
  bool has_default() const noexcept { return default_.load(std::memory_order_acquire) != nullptr; }

  void set_default(const Fib* fib) noexcept { default_.store(fib, std::memory_order_release); }  // control

 private:
  const Dst& by_default(Ipv4Address a, const Dst& dst) const noexcept {
    const Fib* fib = default_.load(std::memory_order_acquire);
    return fib ? slab_[fib->lookup(a)] : dst;
  }

  const Fib* main_;  // tables local (255) and main (254) merged, as Linux has them without rules
  const Dst* slab_;  // slab_[0] is "no route"
  std::atomic<const Fib*> default_{nullptr};  // table 253; null while it is empty
};

}  // namespace flyover::route
