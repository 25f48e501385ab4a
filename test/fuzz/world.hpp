// SPDX-License-Identifier: BSD-3-Clause
// Purpose : what the process of a fuzz target with routers in it has once: DPDK, the pool, what was reached
#pragma once

#include "dpdk/eal.hpp"
#include "house.hpp"

namespace flyover::fuzz {

struct World {
  Result<dpdk::Eal> eal;
  rte_mempool* pool;
  Reached reached;

  World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;
};

}  // namespace flyover::fuzz
