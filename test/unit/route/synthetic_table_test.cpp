// SPDX-License-Identifier: BSD-3-Clause
#include "route/synthetic_table.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <set>

using namespace flyover;
using namespace flyover::route;

TEST_CASE("a synthetic table is the same for the same seed, and like the Internet's", "[synthetic_table]") {
  const auto table = synthetic_table(100000, 512, 1);
  const auto again = synthetic_table(100000, 512, 1);
  REQUIRE(table.size() == 100000);
  std::set<Ipv4Prefix> seen;
  std::array<size_t, 33> lengths{};
  for (size_t i = 0; i < table.size(); ++i) {
    REQUIRE(table[i].prefix == again[i].prefix);
    REQUIRE(table[i].next_hop == again[i].next_hop);
    REQUIRE(table[i].next_hop < 512);
    REQUIRE(seen.insert(table[i].prefix).second);
    ++lengths[table[i].prefix.length()];
  }
  CHECK(lengths[24] > 63000);
  CHECK(lengths[24] < 64000);
  CHECK(lengths[16] > 1200);
  CHECK(lengths[16] < 1250);
  CHECK(synthetic_table(100000, 512, 2)[0].prefix != table[0].prefix);
}

TEST_CASE("synthetic destinations all have a route", "[synthetic_table]") {
  const auto table = synthetic_table(1000, 4, 1);
  for (const Ipv4Address a : synthetic_destinations(table, 1000, 2))
    REQUIRE(std::any_of(table.begin(), table.end(), [&](const SyntheticRoute& r) { return r.prefix.contains(a); }));
}
