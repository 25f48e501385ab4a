// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : quiescent-state based reclamation: the writer learns when no worker can still see an old object
// Guarantees : a reader never waits; reports cost one store
#pragma once

#include <rte_rcu_qsbr.h>

#include <cstdint>
#include <memory>

#include "base/strong_id.hpp"

namespace flyover::dpdk {

class Rcu {
 public:
  explicit Rcu(uint16_t readers);  // how many workers may be online at once

  void online(WorkerId w) noexcept;   // the worker begins to read
  void offline(WorkerId w) noexcept;  // the worker reads no more (stopped, or not started)
  void quiescent(WorkerId w) noexcept { rte_rcu_qsbr_quiescent(state_.get(), w.value()); }

  // Writer: a token for "now"; passed(token) once every online worker has been quiescent since.
  uint64_t start() noexcept { return rte_rcu_qsbr_start(state_.get()); }
  bool passed(uint64_t token) noexcept { return rte_rcu_qsbr_check(state_.get(), token, false) == 1; }

 private:
  struct Free {
    void operator()(rte_rcu_qsbr* q) const;
  };
  std::unique_ptr<rte_rcu_qsbr, Free> state_;
};

}  // namespace flyover::dpdk
