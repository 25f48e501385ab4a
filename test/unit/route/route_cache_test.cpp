// SPDX-License-Identifier: BSD-3-Clause
// What a worker remembers of flows, and what it does when somebody sends flows to make it forget. That its answers are right is in
// rule_test.cpp, beside the model of rules and routes.
#include "route/route_cache.hpp"

#include <catch2/catch.hpp>

#include <random>

using namespace flyover;
using namespace flyover::route;

namespace {

struct Bench {
  RouteCache cache;
  WorkerCounters counters;
  Dst dst[2];

  Bench() { cache.begin(1); }
  // Whether the flow was known.
  bool ask(const Flow& flow, int answer = 0) {
    const uint64_t before = counters.cache_hits;
    const Dst& got = cache.find(flow, counters, [&]() -> const Dst& { return dst[answer]; });
    const bool hit = counters.cache_hits != before;
    if (!hit) REQUIRE(&got == &dst[answer]);
    return hit;
  }
};

Flow flow_to(uint32_t to) { return {.to = Ipv4Address(to), .from = Ipv4Address(10, 0, 0, 2), .in = InterfaceId(2)}; }

}  // namespace

TEST_CASE("flows are told apart by all that a rule may look at", "[cache]") {
  Bench b;
  const Flow flow{.to = Ipv4Address(20, 0, 0, 1), .from = Ipv4Address(10, 0, 0, 2), .in = InterfaceId(2)};
  Flow others[8];
  for (Flow& other : others) other = flow;
  others[0].to = Ipv4Address(20, 0, 0, 2), others[1].from = Ipv4Address(10, 0, 0, 3), others[2].in = InterfaceId(3);
  others[3].mark = 1, others[4].tos = 4, others[5].protocol = 17, others[6].source_port = 9,
  others[7].destination_port = 9;
  CHECK_FALSE(b.ask(flow));
  for (const Flow& other : others) CHECK_FALSE(b.ask(other, 1));
  CHECK(b.ask(flow));
  for (const Flow& other : others) CHECK(b.ask(other));
}

TEST_CASE("an answer is good for its generation only", "[cache]") {
  Bench b;
  const Flow flow = flow_to(1);
  CHECK_FALSE(b.ask(flow));
  b.cache.begin(2);
  CHECK_FALSE(b.ask(flow));
  CHECK(b.ask(flow));
  for (uint32_t generation = 3; generation < 3 + 0x20000; generation += 0x10000) {  // the same, but for its upper half
    b.cache.begin(generation);
    CHECK_FALSE(b.ask(flow));
    CHECK(b.ask(flow));
  }
}

// Every other packet is of a flow that never comes again.
TEST_CASE("a flood of flows does not push out those that come again", "[cache]") {
  Bench b;
  std::mt19937 random(1);
  uint64_t hits = 0, asked = 0;
  for (uint32_t i = 0; i < 200000; ++i) {
    const bool known = b.ask(flow_to(i % 256));
    if (i > 10000) hits += known, ++asked;
    b.ask(flow_to(random() | 0x80000000));
  }
  CHECK(hits > asked * 98 / 100);
  CHECK(b.counters.cache_aside == 0);
}

TEST_CASE("where hardly any flow comes again the cache steps aside, and looks now and then", "[cache]") {
  Bench b;
  std::mt19937 random(1);
  for (uint32_t i = 0; i < 64 * RouteCache::kWindow; ++i) b.ask(flow_to(random()));
  CHECK(b.counters.cache_aside > b.counters.cache_misses * (RouteCache::kAside - 1));
  const uint64_t before = b.counters.cache_hits;
  for (uint32_t i = 0; i < 64 * RouteCache::kWindow; ++i) b.ask(flow_to(i % 256));
  CHECK(b.counters.cache_hits - before > 47 * RouteCache::kWindow);
}
