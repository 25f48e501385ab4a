// SPDX-License-Identifier: BSD-3-Clause
// Readers look up all the while one writer changes the table: what they see was the answer before or after a change.
#include <catch2/catch.hpp>

#include <atomic>
#include <thread>

#include "brute_force.hpp"
#include "route/exceptions.hpp"
#include "route/fib.hpp"
#include "route/route_table.hpp"

using namespace flyover;
using namespace flyover::route;
using namespace flyover::route::test;

namespace {

constexpr int kOperations = OPERATIONS;  // fewer under a sanitizer

}  // namespace

// The value of a prefix tells its network and length, so a reader can judge every answer on its own: the prefix must contain
// the address. The /8 is always there, so no answer may be missing.
TEST_CASE("readers always get a route that covers the address", "[fib][readers]") {
  dpdk::Rcu rcu(2);
  Reclaimer reclaimer(rcu);
  Fib fib(reclaimer);
  BruteForce truth;
  const Ipv4Prefix always(Ipv4Address(10, 0, 0, 0), 8);
  auto value_of = [](const Ipv4Prefix& p) { return (p.network().host() & 0x3ffff) << 6 | p.length(); };
  auto covers = [](uint32_t value, Ipv4Address a) {
    const auto length = static_cast<uint8_t>(value & 63);
    return (a.host() & Ipv4Prefix::mask_of(length) & 0x3ffff) == value >> 6;
  };
  truth.set(always, value_of(always));
  REQUIRE(fib.set(always, value_of(always)));

  std::atomic<bool> stop{false};
  std::atomic<uint64_t> wrong{0}, lookups{0};
  auto read = [&](uint16_t id) {
    std::mt19937 random(id);
    rcu.online(WorkerId(id));
    while (!stop.load(std::memory_order_relaxed)) {
      for (int i = 0; i < 64; ++i) {
        const Ipv4Address a(0x0a000000 | (random() & 0x3ffff));
        const uint32_t value = fib.lookup(a);
        if (value == 0 || !covers(value, a)) wrong.fetch_add(1, std::memory_order_relaxed);
      }
      lookups.fetch_add(64, std::memory_order_relaxed);
      rcu.quiescent(WorkerId(id));
      std::this_thread::yield();
    }
    rcu.offline(WorkerId(id));
  };
  std::thread readers[] = {std::thread(read, uint16_t{0}), std::thread(read, uint16_t{1})};
  while (lookups.load() == 0) std::this_thread::yield();

  std::mt19937 random(7);
  for (int i = 0; i < kOperations; ++i) {
    const Ipv4Prefix p(Ipv4Address(0x0a000000 | (random() & 0x3ffff)), static_cast<uint8_t>(18 + random() % 15));
    if (random() % 2) {
      truth.set(p, value_of(p));
      REQUIRE(fib.set(p, value_of(p)));
    } else if (p != always) {
      truth.clear(p);
      REQUIRE(fib.clear(p));
    }
    reclaimer.poll();
    for (int k = 0; i % 1000 == 0 && k < 1000; ++k) {
      const Ipv4Address a(0x0a000000 | (random() & 0x3ffff));
      REQUIRE(fib.lookup(a) == truth.lookup(a));
    }
  }
  stop = true;
  for (auto& r : readers) r.join();
  CHECK(wrong == 0);
  for (int i = 0; i < 10000; ++i) {
    const Ipv4Address a(0x0a000000 | (random() & 0x3ffff));
    REQUIRE(fib.lookup(a) == truth.lookup(a));
  }
}

// The gateway of an exception says for which destination it was made: a reader that finds another one has seen a torn one, or one
// whose slot was given away under it.
TEST_CASE("readers see an exception whole, or none", "[exceptions][readers]") {
  dpdk::Rcu rcu(2);
  Reclaimer reclaimer(rcu);
  PathTable paths(reclaimer, {}, {});
  Exceptions exceptions(reclaimer, paths);
  const RouteTable table(nullptr, paths.slab(), &exceptions.table());
  const uint32_t path = paths.acquire({.out = InterfaceId(2), .gateway = Ipv4Address(10, 0, 0, 2), .legs = {}}, 1500);
  const Dst& base = paths.slab()[path];
  const auto gateway_of = [](Ipv4Address to) { return Ipv4Address(to.host() ^ 0x40000000); };
  const Ipv4Address always(20, 0, 255, 255);
  exceptions.set({.path = path, .to = always, .gateway = gateway_of(always), .expires_ms = ~uint64_t{0} >> 1});

  std::atomic<bool> stop{false};
  std::atomic<uint64_t> wrong{0}, found{0};
  auto read = [&](uint16_t id) {
    std::mt19937 random(id);
    rcu.online(WorkerId(id));
    while (!stop.load(std::memory_order_relaxed)) {
      for (int i = 0; i < 64; ++i) {
        const Ipv4Address to(0x14000000 | random() % 4096);
        const Dst& dst = table.except(base, to, Use::Forward);
        const bool is_base = &dst == &base;
        if (!is_base && (dst.gateway != gateway_of(to) || dst.mtu < 600)) wrong.fetch_add(1, std::memory_order_relaxed);
        found.fetch_add(!is_base, std::memory_order_relaxed);
      }
      const Dst& dst = table.except(base, always, Use::Forward);
      if (dst.gateway != gateway_of(always)) wrong.fetch_add(1, std::memory_order_relaxed);
      rcu.quiescent(WorkerId(id));
      std::this_thread::yield();
    }
    rcu.offline(WorkerId(id));
  };
  std::thread readers[] = {std::thread(read, uint16_t{0}), std::thread(read, uint16_t{1})};
  std::mt19937 random(7);
  uint64_t now = 0;
  for (int i = 0; i < kOperations / 5 || found.load() == 0; ++i) {
    const Ipv4Address to = i % 64 ? Ipv4Address(0x14000000 | random() % 4096) : always;
    exceptions.set({.path = path,
                    .to = to,
                    .gateway = gateway_of(to),
                    .mtu = static_cast<uint16_t>(600 + random() % 900),
                    .expires_ms = to == always ? ~uint64_t{0} >> 1 : now + random() % 1000});
    if (i % 100 == 0) exceptions.expire(now += 100);
    if (i % 1000 == 0) exceptions.believe_in_forwarding(i % 2000 == 0);
    reclaimer.poll();
  }
  stop = true;
  for (auto& r : readers) r.join();
  CHECK(wrong == 0);
}
