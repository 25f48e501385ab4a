// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : what became of all packets, over all workers
#pragma once

#include <string>
#include <vector>

#include "control/router.hpp"

namespace flyover::daemon {

struct Summary {
  uint64_t received = 0, injected = 0, created = 0;
  uint64_t sent = 0, dropped = 0, punted = 0, consumed = 0;
  std::vector<std::pair<DropReason, uint64_t>> reasons;

  // The law of conservation; what is missing (or too much) while nothing is held.
  int64_t balance() const {
    return static_cast<int64_t>(received + injected + created) -
           static_cast<int64_t>(sent + dropped + punted + consumed);
  }
  uint64_t moved() const { return received + injected + created + sent + dropped + punted + consumed; }
  std::vector<std::string> lines() const;
};

Summary summarize(control::Router& router);

}  // namespace flyover::daemon
