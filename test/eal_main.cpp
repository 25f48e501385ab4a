// SPDX-License-Identifier: BSD-3-Clause
// main() of the test programs whose cases need DPDK's environment: mbufs, rings, RCU. No hugepages, no devices.
#include <cstdio>

#include "catch.hpp"
#include "dpdk/eal.hpp"

int main(int argc, char** argv) {
  // Static, so that the pools and rings that a program keeps in statics of its own are gone before it.
  static const auto eal = flyover::dpdk::Eal::start(
      argv[0], {"--no-huge", "--no-shconf", "--no-pci", "--no-telemetry", "-m", "256", "--log-level=critical"});
  if (!eal) return std::fprintf(stderr, "%s\n", eal.error().message.c_str()), 1;
  return flyover::test::run_cases(argc, argv);
}
