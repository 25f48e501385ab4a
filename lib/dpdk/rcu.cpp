// SPDX-License-Identifier: BSD-3-Clause
#include "dpdk/rcu.hpp"

#include <cstdlib>

#include "base/check.hpp"

namespace flyover::dpdk {

// Plain aligned memory, not rte_malloc: tables and their tests need no EAL.
Rcu::Rcu(uint16_t readers) {
  const size_t size =
      (rte_rcu_qsbr_get_memsize(readers) + RTE_CACHE_LINE_SIZE - 1) / RTE_CACHE_LINE_SIZE * RTE_CACHE_LINE_SIZE;
  state_.reset(static_cast<rte_rcu_qsbr*>(std::aligned_alloc(RTE_CACHE_LINE_SIZE, size)));
  check(state_ && rte_rcu_qsbr_init(state_.get(), readers) == 0, "RCU state");
}

void Rcu::Free::operator()(rte_rcu_qsbr* q) const { std::free(q); }

void Rcu::online(WorkerId w) noexcept {
  check(rte_rcu_qsbr_thread_register(state_.get(), w.value()) == 0, "RCU register");
  rte_rcu_qsbr_thread_online(state_.get(), w.value());
}

void Rcu::offline(WorkerId w) noexcept {
  rte_rcu_qsbr_thread_offline(state_.get(), w.value());
  check(rte_rcu_qsbr_thread_unregister(state_.get(), w.value()) == 0, "RCU unregister");
}

}  // namespace flyover::dpdk
