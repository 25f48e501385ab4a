// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : `flyover-bench storm`: the journey while another thread changes routes, with the history of every route known
// Guarantees : fails if a packet is lost, or leaves to a next hop that its route had at no moment of the packet's journey
#pragma once

#include <cstdint>

#include "base/result.hpp"

namespace flyover::bench {

struct StormChoice {
  uint32_t routes = 1000000;
  uint32_t changes = 100000;  // a second
  int rounds = 31;            // of 64k packets each, quiet, and as many in the storm
};

flyover::Result<> run_storm(const StormChoice& choice);

}  // namespace flyover::bench
