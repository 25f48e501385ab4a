// SPDX-License-Identifier: BSD-3-Clause
#include "route/fib.hpp"

#include <catch2/catch.hpp>

#include "brute_force.hpp"

using namespace flyover;
using namespace flyover::route;
using namespace flyover::route::test;

namespace {

Ipv4Prefix prefix(const char* text) { return Ipv4Prefix::parse(text).value(); }
Ipv4Address address(const char* text) { return Ipv4Address::parse(text).value(); }

struct Table {
  dpdk::Rcu rcu{1};
  Reclaimer reclaimer{rcu};
  Fib fib{reclaimer};
  BruteForce truth;

  bool set(const Ipv4Prefix& p, uint32_t value) {
    truth.set(p, value);
    return fib.set(p, value);
  }
  bool clear(const Ipv4Prefix& p) {
    truth.clear(p);
    return fib.clear(p);
  }
};

}  // namespace

TEST_CASE("an empty table has no route", "[fib]") {
  Table t;
  CHECK(t.fib.lookup(address("0.0.0.0")) == 0);
  CHECK(t.fib.lookup(address("255.255.255.255")) == 0);
}

TEST_CASE("the longest prefix wins whatever the order of the updates", "[fib]") {
  const std::pair<const char*, uint32_t> routes[] = {{"0.0.0.0/0", 1},   {"10.0.0.0/8", 2},    {"10.1.0.0/16", 3},
                                                     {"10.1.2.0/24", 4}, {"10.1.2.128/25", 5}, {"10.1.2.129/32", 6}};
  const std::pair<const char*, uint32_t> answers[] = {{"11.0.0.1", 1},   {"10.0.0.1", 2},   {"10.1.0.1", 3},
                                                      {"10.1.2.127", 4}, {"10.1.2.128", 5}, {"10.1.2.129", 6},
                                                      {"10.1.3.0", 3}};
  std::vector<int> order = {0, 1, 2, 3, 4, 5};
  Table t;
  do {
    for (int i : order) REQUIRE(t.set(prefix(routes[i].first), routes[i].second));
    for (const auto& [a, value] : answers) REQUIRE(t.fib.lookup(address(a)) == value);
    for (int i : order) REQUIRE(t.clear(prefix(routes[i].first)));
    for (const auto& [a, value] : answers) REQUIRE(t.fib.lookup(address(a)) == 0);
    t.reclaimer.poll();
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("the ends of the address space are ordinary", "[fib]") {
  Table t;
  REQUIRE(t.set(prefix("0.0.0.0/32"), 7));
  REQUIRE(t.set(prefix("255.255.255.255/32"), Fib::kMaxValue));
  REQUIRE(t.set(prefix("128.0.0.0/1"), 9));
  CHECK(t.fib.lookup(address("0.0.0.0")) == 7);
  CHECK(t.fib.lookup(address("0.0.0.1")) == 0);
  CHECK(t.fib.lookup(address("255.255.255.255")) == Fib::kMaxValue);
  CHECK(t.fib.lookup(address("255.255.255.254")) == 9);
}

TEST_CASE("clearing what is not there changes nothing", "[fib]") {
  Table t;
  REQUIRE(t.set(prefix("10.0.0.0/8"), 2));
  REQUIRE(t.fib.clear(prefix("10.1.2.3/32")));
  REQUIRE(t.fib.clear(prefix("10.1.0.0/16")));
  CHECK(t.fib.lookup(address("10.1.2.3")) == 2);
}

TEST_CASE("a small table costs little memory", "[fib]") {
  Table t;
  std::mt19937 random(1);
  REQUIRE(t.set(prefix("0.0.0.0/1"), 102));
  for (uint32_t i = 0; i < 98; ++i) REQUIRE(t.set(Ipv4Prefix(Ipv4Address(random()), i % 2 ? 24 : 32), i + 1));
  REQUIRE(t.set(prefix("127.0.0.0/8"), 100));
  CHECK(t.fib.size() == 100);
  CHECK(t.fib.memory().lookup + t.fib.memory().writer <= size_t{64} << 10);
}

TEST_CASE("blocks come back after the grace period, and not before", "[fib]") {
  Table t;
  t.rcu.online(WorkerId(0));
  for (uint32_t i = 0; i < 2000; ++i)  // a large table
    REQUIRE(t.set(Ipv4Prefix(Ipv4Address(0x28000000 + (i << 14)), 24), 1 + i));
  auto churn = [&](uint32_t count) {
    for (uint32_t i = 0; i < count; ++i) {
      const Ipv4Prefix host(Ipv4Address(0x14000000 + (i << 8)), 32);
      REQUIRE(t.set(host, 1 + i));
      REQUIRE(t.clear(host));
    }
  };
  churn(1000);
  const size_t first = t.fib.memory().lookup;
  churn(1000);
  const size_t second = t.fib.memory().lookup;
  CHECK(second >= first + 1000 * 48);  // the worker has not been quiescent: none may be used again
  t.rcu.quiescent(WorkerId(0));
  t.reclaimer.poll();
  churn(900);
  CHECK(t.fib.memory().lookup <= second + 4096);
  t.rcu.offline(WorkerId(0));
}

TEST_CASE("a table grows and stays what it was", "[fib]") {
  Table t;
  t.rcu.online(WorkerId(0));
  std::mt19937 random(5);
  const Fib::Reader before = t.fib.reader();
  CHECK(before.small());
  while (t.fib.reader().small()) {
    const Ipv4Prefix p(Ipv4Address(random()), static_cast<uint8_t>(8 + random() % 25));
    REQUIRE(t.set(p, 1 + random() % 200000));
  }
  CHECK(t.fib.size() > 500);
  for (int i = 0; i < 100000; ++i) {
    const Ipv4Address a(random());
    REQUIRE(t.fib.lookup(a) == t.truth.lookup(a));
  }
  static_cast<void>(before.lookup(Ipv4Address(random())));  // a reader that has not been quiescent may go on
  t.rcu.offline(WorkerId(0));
}

TEST_CASE("a prefix that covers half of all addresses leaves the longer ones alone", "[fib]") {
  Table t;
  std::mt19937 random(6);
  for (int i = 0; i < 20000; ++i)
    REQUIRE(t.set(Ipv4Prefix(Ipv4Address(random()), static_cast<uint8_t>(9 + random() % 24)), 1 + random() % 70000));
  for (const char* p : {"128.0.0.0/1", "0.0.0.0/1", "0.0.0.0/2", "240.0.0.0/4", "0.0.0.0/0"}) {
    for (const bool set : {true, false, true}) {
      REQUIRE((set ? t.set(prefix(p), 1 + random() % 70000) : t.clear(prefix(p))));
      for (int i = 0; i < 20000; ++i) {
        const Ipv4Address a(random());
        REQUIRE(t.fib.lookup(a) == t.truth.lookup(a));
      }
    }
  }
}

TEST_CASE("random updates agree with brute force", "[fib]") {
  Table t;
  std::mt19937 random(20240601);
  for (int i = 0; i < 200000; ++i) {
    const Ipv4Prefix p = crowded_prefix(random);
    REQUIRE((random() % 100 < 55 ? t.set(p, 1 + random() % (random() % 4 ? 60000 : Fib::kMaxValue)) : t.clear(p)));
    t.reclaimer.poll();
    const Ipv4Address inside(p.network().host() | (random() & ~p.mask()));
    const Ipv4Address elsewhere = crowded_address(random);
    if (t.fib.lookup(inside) != t.truth.lookup(inside) || t.fib.lookup(elsewhere) != t.truth.lookup(elsewhere))
      FAIL("operation " << i << " at " << p.to_string());
  }
  while (!t.truth.prefixes().empty()) REQUIRE(t.clear(Ipv4Prefix(t.truth.prefixes().begin()->first)));
  for (int i = 0; i < 100000; ++i) REQUIRE(t.fib.lookup(crowded_address(random)) == 0);
}
