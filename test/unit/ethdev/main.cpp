// SPDX-License-Identifier: BSD-3-Clause
#include <cstdio>

#include "catch.hpp"
#include "dpdk/eal.hpp"

int main(int argc, char** argv) {
  const auto eal = flyover::dpdk::Eal::start(
      argv[0], {"--no-huge", "--no-pci", "-m", "256", "--no-shconf", "--log-level=critical", "--vdev=net_null7"});
  if (!eal) return std::fprintf(stderr, "%s\n", eal.error().message.c_str()), 1;
  return flyover::test::run_cases(argc, argv);
}
