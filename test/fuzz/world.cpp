// SPDX-License-Identifier: BSD-3-Clause
#include "world.hpp"

#include "watched_pool.hpp"

namespace flyover::fuzz {
namespace {

constexpr uint32_t kMbufs = 4095;

}  // namespace

World::World()
    : eal(dpdk::Eal::start(
          "fuzz", {"--no-huge", "--no-shconf", "--no-pci", "--no-telemetry", "-m", "256", "--log-level=critical"})) {
  check(eal.has_value(), "DPDK's environment");
  pool = watched_pool("watched", kMbufs);
}

}  // namespace flyover::fuzz
