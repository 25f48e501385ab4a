// SPDX-License-Identifier: BSD-3-Clause
// What is remembered of single destinations behind a next hop, and for how long. What Linux does with the packets: test/oracle.
#include "route/exceptions.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <random>

#include "route/route_table.hpp"

using namespace flyover;
using namespace flyover::route;

namespace {

struct Rig {
  dpdk::Rcu rcu{1};
  Reclaimer reclaimer{rcu};
  int pinned = 0;
  PathTable paths{reclaimer, [this](InterfaceId, Ipv4Address) { return ++pinned, NeighbourId(7); },
                  [this](NeighbourId) { --pinned; }};
  Exceptions exceptions{reclaimer, paths};
  RouteTable table{nullptr, paths.slab(), &exceptions.table()};

  uint32_t path(uint8_t n) {
    return paths.acquire({.table = kTableMain, .out = InterfaceId(n), .gateway = Ipv4Address(10, 0, n, 2), .legs = {}},
                         1500);
  }
  const Dst& seen(uint32_t path, Ipv4Address to, Use use = Use::Own) {
    return table.except(paths.slab()[path], to, use);
  }
};

const Ipv4Address kTo(20, 0, 0, 9), kOther(20, 0, 0, 8), kBetter(10, 0, 1, 3);

}  // namespace

TEST_CASE("an exception is for one destination behind one next hop", "[exceptions]") {
  Rig r;
  const uint32_t first = r.path(1), second = r.path(2);
  r.exceptions.set({.path = first, .to = kTo, .mtu = 900, .expires_ms = 1000});
  CHECK(r.seen(first, kTo).mtu == 900);
  CHECK(r.seen(first, kTo, Use::Forward).mtu == 1500);
  CHECK(&r.seen(first, kTo, Use::Forward) == r.paths.slab() + first);
  CHECK(&r.seen(first, kOther) == r.paths.slab() + first);
  CHECK(&r.seen(second, kTo) == r.paths.slab() + second);
  CHECK(r.table.id_of(r.seen(first, kTo)) == DstId(first));

  r.exceptions.set({.path = first, .to = kTo, .gateway = kBetter, .mtu = 800, .mtu_locked = true, .expires_ms = 1000});
  CHECK(r.exceptions.size() == 1);
  for (const Use use : {Use::Own, Use::Forward}) {
    CHECK(r.seen(first, kTo, use).mtu == 800);
    CHECK(r.seen(first, kTo, use).gateway == kBetter);
    CHECK(r.seen(first, kTo, use).neighbour == NeighbourId(7));
  }
}

TEST_CASE("exceptions go when their time is up, or their path goes", "[exceptions]") {
  Rig r;
  const uint32_t path = r.path(1);
  r.exceptions.set({.path = path, .to = kTo, .mtu = 900, .expires_ms = 1000});
  r.exceptions.set({.path = path, .to = kOther, .gateway = kBetter, .expires_ms = 5000});
  const int before = r.pinned;
  r.exceptions.expire(999);
  CHECK(r.exceptions.size() == 2);
  r.exceptions.expire(1100);
  CHECK(r.exceptions.size() == 1);
  CHECK(&r.seen(path, kTo) == r.paths.slab() + path);
  CHECK(r.seen(path, kOther).gateway == kBetter);
  r.exceptions.forget(path);
  CHECK(r.exceptions.size() == 0);
  CHECK_FALSE(r.paths.slab()[path].has_exceptions(Use::Own));
  CHECK_FALSE(r.paths.slab()[path].has_exceptions(Use::Forward));
  r.reclaimer.poll();
  CHECK(r.pinned == before - 1);
}

// fib_nhc_update_mtu
TEST_CASE("learned path MTUs follow the interface's", "[exceptions]") {
  struct Row {
    uint16_t mtu;
    bool locked;
    uint32_t before, after;
    uint16_t left;
    bool left_locked;
  };
  const Row rows[] = {{900, false, 1500, 1400, 900, false}, {900, false, 1500, 800, 800, false},
                      {900, false, 900, 1500, 1500, false}, {552, true, 1500, 1400, 552, true},
                      {552, true, 1500, 552, 552, false},   {552, true, 1500, 400, 400, false},
                      {0, false, 1500, 400, 0, false}};
  for (const Row& row : rows) {
    Rig r;
    const uint32_t path = r.path(1);
    r.exceptions.set(
        {.path = path, .to = kTo, .gateway = kBetter, .mtu = row.mtu, .mtu_locked = row.locked, .expires_ms = 9});
    r.paths.interface_mtu_changed(InterfaceId(1), row.after);
    r.exceptions.interface_mtu_changed(InterfaceId(1), row.before, row.after);
    const Exception e = r.exceptions.find(path, kTo).value();
    CHECK(e.mtu == row.left);
    CHECK(e.mtu_locked == row.left_locked);
    CHECK(r.seen(path, kTo).mtu == (row.left ? row.left : row.after));
    CHECK(r.seen(path, kTo, Use::Forward).mtu == (row.left_locked ? row.left : row.after));
  }
}

TEST_CASE("forwarding believes learned path MTUs when it is told to", "[exceptions]") {
  Rig r;
  const uint32_t path = r.path(1);
  r.exceptions.set({.path = path, .to = kTo, .mtu = 900, .expires_ms = 9});
  CHECK_FALSE(r.paths.slab()[path].has_exceptions(Use::Forward));
  r.exceptions.believe_in_forwarding(true);
  CHECK(r.seen(path, kTo, Use::Forward).mtu == 900);
  r.exceptions.believe_in_forwarding(false);
  CHECK(&r.seen(path, kTo, Use::Forward) == r.paths.slab() + path);
}

TEST_CASE("random exceptions, beside a map", "[exceptions]") {
  Rig r;
  std::mt19937 random(5);
  const uint32_t paths[] = {r.path(1), r.path(2), r.path(3)};
  std::map<std::pair<uint32_t, uint32_t>, Exception> truth;
  uint64_t now = 0;
  for (int i = 0; i < 20000; ++i) {
    const uint32_t path = paths[random() % 3];
    const Ipv4Address to(20 << 24 | random() % 700);
    const Exception e{.path = path,
                      .to = to,
                      .mtu = static_cast<uint16_t>(600 + random() % 800),
                      .expires_ms = now + 1 + random() % 4000};
    switch (random() % 16) {
      case 0:
        if (random() % 50) break;
        r.exceptions.forget(path);
        std::erase_if(truth, [&](const auto& row) { return row.first.first == path; });
        break;
      case 1:
        r.exceptions.expire(now += 100);
        std::erase_if(truth, [&](const auto& row) { return row.second.expires_ms <= now; });
        break;
      default: r.exceptions.set(e), truth[{path, to.raw()}] = e;
    }
    r.reclaimer.poll();
    REQUIRE(r.exceptions.size() == truth.size());
    const auto at = truth.find({path, to.raw()});
    REQUIRE(r.seen(path, to).mtu == (at == truth.end() ? 1500 : at->second.mtu));
  }
}

TEST_CASE("a flood of exceptions keeps to its room, and the oldest give way", "[exceptions]") {
  Rig r;
  const uint32_t path = r.path(1);
  for (uint32_t i = 0; i < 200000; ++i) {
    r.exceptions.set({.path = path, .to = Ipv4Address(0x14000000 | i), .mtu = 900, .expires_ms = i});
    r.reclaimer.poll();
  }
  CHECK(r.exceptions.size() <= ExceptionTable::kRoom);
  CHECK(r.exceptions.size() > ExceptionTable::kRoom * 9 / 10);
  CHECK(r.seen(path, Ipv4Address(0x14000000 | 199999)).mtu == 900);
  CHECK(r.exceptions.find(path, Ipv4Address(0x14000000)) == std::nullopt);
}
