// SPDX-License-Identifier: BSD-3-Clause
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>

#include "dpdk/eal.hpp"

int main(int argc, char** argv) {
  const auto eal =
      flyover::dpdk::Eal::start("unit", {"--no-huge", "--no-shconf", "--no-pci", "-m", "128", "--log-level=error"});
  if (!eal) {
    std::fprintf(stderr, "%s\n", eal.error().message.c_str());
    return 1;
  }
  return Catch::Session().run(argc, argv);
}
