// SPDX-License-Identifier: BSD-3-Clause
#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <random>

#include "route/route_control.hpp"
#include "route/synthetic_table.hpp"

using namespace flyover;
using namespace flyover::route;

namespace {

constexpr auto kAnyone = [](const Dst&) { return true; };

Ipv4Address address(const char* text) { return Ipv4Address::parse(text).value(); }
Ipv4Address gateway_on(uint16_t link) { return Ipv4Address(10, 0, static_cast<uint8_t>(link), 9); }
RouteSpec to(const char* prefix) {
  const Ipv4Prefix p = Ipv4Prefix::parse(prefix).value();
  return {.destination = p.network(), .length = p.length(), .legs = {}};
}

// Interfaces 2 .. 41, each with 10.0.N.1/24.
struct Bench {
  static constexpr uint16_t kLinks = 40;
  dpdk::Rcu rcu{1};
  Reclaimer reclaimer{rcu};
  RouteControl control{reclaimer, [](InterfaceId, Ipv4Address) { return kNoNeighbour; }, [](NeighbourId) {}};

  Bench() {
    for (uint16_t i = 2; i < 2 + kLinks; ++i) {
      link(i, true, true);
      const Ipv4Address own(10, 0, static_cast<uint8_t>(i), 1);
      control.address_added(InterfaceId(i), {.local = own, .peer = own, .length = 24});
    }
  }
  void link(uint16_t id, bool up, bool running, bool ignore = false) {
    control.link_changed({.id = InterfaceId(id), .up = up, .running = running, .mtu = 1500, .ignore_linkdown = ignore});
  }
  const Dst& match(const char* a) const { return control.table()->match({.to = address(a)}); }
  const NextHopGroup& group(const char* a) const { return *match(a).group.load(); }
  std::string refusal(const Result<>& r) const { return r ? "" : r.error().message; }
};

RouteSpec to_links(const char* prefix, const std::vector<std::pair<uint16_t, uint16_t>>& legs) {
  RouteSpec spec = to(prefix);
  for (const auto& [link, weight] : legs)
    spec.legs.push_back({.gateway = gateway_on(link), .out = InterfaceId(link), .weight = weight});
  return spec;
}

NextHopSpec object(uint32_t id, uint16_t link) {
  return {.id = id, .gateway = gateway_on(link), .out = InterfaceId(link), .group = {}};
}

// What Linux's loop over its next hops finds (fib_rebalance, fib_select_multipath).
struct Model {
  struct Leg {
    uint16_t link, weight;
    bool skipped = false;
  };
  std::vector<Leg> legs;
  std::optional<uint16_t> select(uint32_t hash) const {
    uint64_t total = 0, sum = 0;
    for (const Leg& leg : legs) total += leg.skipped ? 0 : leg.weight;
    for (const Leg& leg : legs) {
      if (leg.skipped) continue;
      sum += leg.weight;
      if (int64_t{hash} <= static_cast<int64_t>(((sum << 31) + total / 2) / total) - 1) return leg.link;
    }
    return std::nullopt;
  }
};

}  // namespace

TEST_CASE("legs share the hashes by their weights, by the kernel's bounds", "[next_hops]") {
  Bench b;
  REQUIRE(b.control.add(to_links("20.0.0.0/8", {{2, 1}, {3, 3}})));
  CHECK(b.match("20.1.1.1").action == Action::Group);
  const NextHopGroup& group = b.group("20.1.1.1");
  CHECK(group.by_hash(0).out == InterfaceId(2));
  CHECK(group.by_hash((1U << 29) - 1).out == InterfaceId(2));
  CHECK(group.by_hash(1U << 29).out == InterfaceId(3));
  CHECK(group.by_hash(0x7fffffff).out == InterfaceId(3));
  CHECK(group.by_hash(0).gateway == address("10.0.2.9"));
  CHECK(&b.control.table()->lookup({.to = address("20.1.1.1")}) == &group.first());
}

TEST_CASE("packets are told whether any route has several next hops", "[next_hops]") {
  Bench b;
  CHECK_FALSE(b.control.table()->has_groups());
  REQUIRE(b.control.add(to_links("20.0.0.0/8", {{2, 1}, {3, 3}})));
  CHECK(b.control.table()->has_groups());
  REQUIRE(b.control.remove(to_links("20.0.0.0/8", {{2, 1}, {3, 3}})));
  CHECK_FALSE(b.control.table()->has_groups());
}

TEST_CASE("legs come and go with their links as a model says", "[next_hops]") {
  std::mt19937 random(7);
  for (const size_t count : {2, 3, 16, 17, 33, 40}) {
    Bench b;
    Model model;
    std::vector<std::pair<uint16_t, uint16_t>> legs;
    for (uint16_t i = 0; i < count; ++i) {
      const auto weight = static_cast<uint16_t>(random() % 8 ? random() % 5 + 1 : random() % 256 + 1);
      legs.emplace_back(static_cast<uint16_t>(2 + i), weight);
      model.legs.push_back({static_cast<uint16_t>(2 + i), weight});
    }
    REQUIRE(b.control.add(to_links("20.0.0.0/8", legs)));
    struct State {
      bool up = true, running = true, ignore = false;
    };
    std::vector<State> state(count);
    for (int step = 0; step < 400; ++step) {
      const size_t i = random() % count;
      State& s = state[i];
      bool& field = std::array{&s.up, &s.running, &s.ignore}[random() % 3][0];
      field = !field;
      const auto down = [](const State& x) { return !x.up; };
      if (std::all_of(state.begin(), state.end(), down)) {
        field = !field;  // the route would go with its last leg
        continue;
      }
      b.link(static_cast<uint16_t>(2 + i), s.up, s.running, s.ignore);
      // Carrier counts when something happens to the link; the setting alone moves nothing yet.
      if (&field == &s.up || (&field == &s.running && s.up))
        for (size_t j = 0; j < count; ++j)
          model.legs[j].skipped = !state[j].up || (state[j].ignore && !state[j].running);
      const bool none =
          std::all_of(state.begin(), state.end(), [](const State& x) { return !x.up || (x.ignore && !x.running); });
      CHECK((b.match("20.1.1.1").action == Action::None) == none);
      if (none) continue;
      const NextHopGroup& group = b.group("20.1.1.1");
      for (int n = 0; n < 20; ++n) {
        const uint32_t hash = random() >> 1;
        const auto expected = model.select(hash);
        if (expected) REQUIRE(group.by_hash(hash).out.value() == *expected);
        REQUIRE(&group.select(hash, kAnyone) == &group.by_hash(hash));
        if (group.few()) REQUIRE(&group.by_few(hash) == &group.by_hash(hash));
      }
    }
    b.reclaimer.poll();
  }
}

TEST_CASE("a leg that is not good is passed over in the kernel's order", "[next_hops]") {
  Bench b;
  REQUIRE(b.control.add(to_links("20.0.0.0/8", {{2, 1}, {3, 1}, {4, 1}, {5, 1}})));
  const NextHopGroup& group = b.group("20.1.1.1");
  const auto without = [](std::vector<uint16_t> bad) {
    return [bad](const Dst& leg) { return std::find(bad.begin(), bad.end(), leg.out.value()) == bad.end(); };
  };
  const uint32_t third = (1U << 30) + 5;
  CHECK(group.select(third, without({})).out == InterfaceId(4));
  CHECK(group.select(third, without({4})).out == InterfaceId(5));
  CHECK(group.select(third, without({4, 5})).out == InterfaceId(2));  // the first good one
  CHECK(group.select(third, without({2, 4, 5})).out == InterfaceId(3));
  CHECK(group.select(third, without({2, 3, 4, 5})).out == InterfaceId(2));
  const auto speaks = [](const Dst& leg) { return leg.out == InterfaceId(3); };
  CHECK(group.select(third, kAnyone, speaks).out == InterfaceId(3));
  CHECK(group.select(third, without({3}), speaks).out == InterfaceId(4));
}

TEST_CASE("a route goes with its last leg, and with a link that is removed", "[next_hops]") {
  Bench b;
  REQUIRE(b.control.add(to_links("20.0.0.0/8", {{2, 1}, {3, 1}})));
  REQUIRE(b.control.add(to_links("21.0.0.0/8", {{3, 1}, {4, 1}})));
  b.link(2, false, false);
  CHECK(b.group("20.1.1.1").size() == 1);
  b.link(2, true, true);
  CHECK(b.group("20.1.1.1").size() == 2);
  b.control.address_removed(InterfaceId(3),
                            {.local = Ipv4Address(10, 0, 3, 1), .peer = Ipv4Address(10, 0, 3, 1), .length = 24});
  CHECK(b.group("20.1.1.1").by_hash(0x7fffffff).out == InterfaceId(2));
  b.link(2, false, false);
  CHECK(b.match("20.1.1.1").action == Action::None);
  b.control.link_removed(InterfaceId(4));
  CHECK(b.match("21.1.1.1").action == Action::None);
}

TEST_CASE("without carrier, where that counts, the next best route is taken", "[next_hops]") {
  Bench b;
  RouteSpec best = to("20.0.0.0/8"), second = to("20.0.0.0/8");
  best.gateway = address("10.0.2.9"), second.gateway = address("10.0.3.9"), second.metric = 5;
  REQUIRE(b.control.add(best));
  b.link(2, true, false);
  CHECK(b.match("20.1.1.1").out == InterfaceId(2));
  b.link(2, true, false, true);
  CHECK(b.match("20.1.1.1").action == Action::None);
  REQUIRE(b.control.add(second));
  CHECK(b.match("20.1.1.1").out == InterfaceId(3));
  REQUIRE(b.control.remove(second));
  CHECK(b.match("20.1.1.1").action == Action::None);
  b.link(2, true, true, true);
  CHECK(b.match("20.1.1.1").out == InterfaceId(2));
}

TEST_CASE("replacing what a million routes share is one publication", "[next_hops]") {
  Bench b;
  REQUIRE(b.control.add_next_hop(object(1, 2)));
  REQUIRE(b.control.add_next_hop(object(2, 3)));
  REQUIRE(b.control.add_next_hop({.id = 10, .group = {{1, 1}, {2, 1}}}));
  const auto table = synthetic_table(1000000, 1, 5);
  for (const SyntheticRoute& r : table)
    REQUIRE(
        b.control.add({.destination = r.prefix.network(), .length = r.prefix.length(), .legs = {}, .nexthop_id = 10}));
  const auto before = b.control.counts();
  REQUIRE(b.control.replace_next_hop(object(1, 4)));
  CHECK(b.control.counts().prefixes_published == before.prefixes_published);
  CHECK(b.control.counts().groups_published == before.groups_published + 1);
  const auto destinations = synthetic_destinations(table, 1000, 6);
  for (const Ipv4Address a : destinations) REQUIRE(b.control.table()->lookup({.to = a}).out == InterfaceId(4));
  REQUIRE(b.control.replace_next_hop({.id = 10, .group = {{2, 1}, {1, 3}}}));
  CHECK(b.control.counts().groups_published == before.groups_published + 2);
  CHECK(b.control.counts().prefixes_published == before.prefixes_published);
  for (const Ipv4Address a : destinations) REQUIRE(b.control.table()->lookup({.to = a}).out == InterfaceId(3));
  REQUIRE(b.control.remove_next_hop(10));
  while (!b.control.settle()) continue;
  CHECK(b.control.table()->match({.to = destinations[0]}).action == Action::None);
}

TEST_CASE("objects are refused in the kernel's words", "[next_hops]") {
  Bench b;
  b.control.link_changed({.id = kLoopback, .up = true, .running = true, .mtu = 65535, .loopback = true});
  REQUIRE(b.control.add_next_hop(object(1, 2)));
  REQUIRE(b.control.add_next_hop(object(2, 3)));
  REQUIRE(b.control.add_next_hop({.id = 3, .blackhole = true, .group = {}}));
  REQUIRE(b.control.add_next_hop({.id = 10, .group = {{1, 1}, {2, 3}}}));
  const auto add = [&](const NextHopSpec& spec) { return b.refusal(b.control.add_next_hop(spec)); };
  const auto replace = [&](const NextHopSpec& spec) { return b.refusal(b.control.replace_next_hop(spec)); };
  CHECK(add(object(1, 2)) == "RTNETLINK answers: File exists");
  CHECK(add({.id = 20, .group = {{1, 1}, {1, 1}}}) == "Error: Nexthop id can not be used twice in a group.");
  CHECK(add({.id = 20, .group = {{1, 1}, {99, 1}}}) == "Error: Invalid nexthop id.");
  CHECK(add({.id = 20, .group = {{1, 1}, {10, 1}}}) ==
        "Error: Hash-threshold group can not be a nexthop within a group.");
  CHECK(add({.id = 20, .group = {{1, 1}, {3, 1}}}) ==
        "Error: Blackhole nexthop can not be used in a group with more than 1 path.");
  CHECK(replace({.id = 1, .blackhole = true, .group = {}}) ==
        "Error: Blackhole nexthop can not be a member of a group with more than one path.");
  CHECK(replace({.id = 10, .gateway = gateway_on(2), .out = InterfaceId(2), .group = {}}) ==
        "Error: Can not replace a nexthop group with a nexthop.");
  CHECK(replace({.id = 1, .group = {{2, 1}}}) == "Error: Can not replace a nexthop with a nexthop group.");
  CHECK(replace(object(0, 2)) == "Error: Replace requires nexthop id.");
  RouteSpec route = to("20.0.0.0/8");
  route.nexthop_id = 77;
  CHECK(b.refusal(b.control.add(route)) == "Error: Nexthop id does not exist.");
  route.nexthop_id = 1, route.gateway = address("10.0.2.9");
  CHECK(b.refusal(b.control.add(route)) == "Error: Nexthop specification and nexthop id are mutually exclusive.");
}

TEST_CASE("groups shrink, and go with their last member", "[next_hops]") {
  Bench b;
  REQUIRE(b.control.add_next_hop(object(1, 2)));
  REQUIRE(b.control.add_next_hop(object(2, 3)));
  REQUIRE(b.control.add_next_hop({.id = 10, .group = {{1, 1}, {2, 3}}}));
  RouteSpec route = to("20.0.0.0/8");
  route.nexthop_id = 10;
  REQUIRE(b.control.add(route));
  b.link(2, true, false);  // nexthop_flush_dev
  CHECK(b.control.next_hop_ids() == std::vector<uint32_t>{2, 10});
  CHECK(b.group("20.1.1.1").alone());
  CHECK(b.control.table()->lookup({.to = address("20.1.1.1")}).out == InterfaceId(3));
  REQUIRE(b.control.remove_next_hop(2));
  CHECK(b.control.next_hop_ids().empty());
  CHECK(b.match("20.1.1.1").action == Action::None);
}

TEST_CASE("buckets in use stay where they are", "[next_hops]") {
  Bench b;
  for (const uint32_t id : {1, 2, 3}) REQUIRE(b.control.add_next_hop(object(id, static_cast<uint16_t>(id + 1))));
  b.control.tick(1000);
  REQUIRE(b.control.add_next_hop({.id = 20,
                                  .group = {{1, 1}, {2, 1}},
                                  .resilient = true,
                                  .buckets = 8,
                                  .idle_timer_s = 10,
                                  .unbalanced_timer_s = 60}));
  RouteSpec route = to("20.0.0.0/8");
  route.nexthop_id = 20;
  REQUIRE(b.control.add(route));
  const auto held = [&](uint32_t id) {
    size_t n = 0;
    for (const BucketView& bucket : b.control.buckets(20)) n += bucket.next_hop == id;
    return n;
  };
  CHECK(b.control.buckets(20)[0].next_hop == 2);  // as the kernel hands them out
  CHECK(b.control.buckets(20)[7].next_hop == 1);
  b.control.tick(2000);
  for (uint32_t hash = 0; hash < 8; ++hash) b.group("20.1.1.1").by_bucket(hash, 2000);  // all are in use

  REQUIRE(b.control.replace_next_hop({.id = 20, .group = {{1, 1}, {2, 1}, {3, 2}}, .resilient = true}));
  CHECK(held(3) == 0);
  CHECK(b.control.shown_next_hop(20)->unbalanced_ms == 0);
  b.control.tick(8000);
  b.group("20.1.1.1").by_bucket(0, 8000);
  b.group("20.1.1.1").by_bucket(7, 8000);
  CHECK(b.control.shown_next_hop(20)->unbalanced_ms == 6000);
  b.control.tick(12500);  // those that nobody used for ten seconds may move
  CHECK(held(3) == 4);
  CHECK(b.control.buckets(20)[0].next_hop == 2);
  CHECK(b.control.buckets(20)[7].next_hop == 1);
  CHECK(b.control.shown_next_hop(20)->unbalanced_ms == 0);

  REQUIRE(b.control.remove_next_hop(3));  // what it had moves at once
  CHECK(held(1) == 4);
  CHECK(held(2) == 4);
  for (uint32_t hash = 0; hash < 8; ++hash) {
    const uint16_t link = b.control.buckets(20)[hash].next_hop == 1 ? 2 : 3;
    CHECK(b.group("20.1.1.1").by_bucket(hash, 13000).out == InterfaceId(link));
  }
}

TEST_CASE("an interface takes many next hops along in one go", "[next_hops]") {
  Bench b;
  constexpr uint32_t kMany = 1000;
  NextHopSpec group{.id = kMany + 2, .group = {}, .resilient = true, .buckets = 65535};
  for (uint32_t id = 1; id <= kMany; ++id) REQUIRE(b.control.add_next_hop(object(id, 2)));
  REQUIRE(b.control.add_next_hop(object(kMany + 1, 3)));
  for (uint32_t id = 1; id <= kMany + 1; ++id) group.group.push_back({id, 1});
  REQUIRE(b.control.add_next_hop(group));
  RouteSpec route = to("20.0.0.0/8");
  route.nexthop_id = group.id;
  REQUIRE(b.control.add(route));
  const uint64_t published = b.control.counts().groups_published;
  b.link(2, false, false);
  CHECK(b.control.counts().groups_published - published < 10);
  CHECK(b.control.next_hop_ids() == std::vector<uint32_t>{kMany + 1, kMany + 2});
  CHECK(b.group("20.1.1.1").by_bucket(7, 0).out == InterfaceId(3));
  b.link(3, false, false);
  CHECK(b.control.next_hop_ids().empty());
  CHECK(b.match("20.1.1.1").action == Action::None);
}

TEST_CASE("buckets in use move when the group was unbalanced for too long", "[next_hops]") {
  ResilientTable table(4, {{1, 1}}, 10000, 20000, 0);
  table.published()->take(0, 1), table.published()->take(1, 1), table.published()->take(2, 1),
      table.published()->take(3, 1);
  table.change({{1, 1}, {2, 1}}, 5);
  uint32_t now = 5;
  while (now < 19000) {
    now += 700;
    for (uint32_t hash = 0; hash < 4; ++hash) table.published()->take(hash, now);
    CHECK_FALSE(table.tick(now));
  }
  CHECK(table.unbalanced_ms(now) == now - 5);
  now = 30000;
  for (uint32_t hash = 0; hash < 4; ++hash) table.published()->take(hash, now);
  CHECK(table.tick(now));
  CHECK(table.unbalanced_ms(now) == 0);
}

TEST_CASE("a bucket that a worker has used a little later than now is in use", "[next_hops]") {
  ResilientTable table(4, {{1, 1}}, 10000, 0, 0);
  for (uint32_t hash = 0; hash < 4; ++hash) table.published()->take(hash, 20003);
  table.change({{1, 1}, {2, 1}}, 20000);
  for (uint16_t bucket = 0; bucket < 4; ++bucket) {
    CHECK(table.member_id(bucket) == 1);
    CHECK(table.idle_ms(bucket, 20000) == 0);
    CHECK(table.idle_ms(bucket, 30002) == 9999);
  }
  CHECK(table.tick(30100));
}

TEST_CASE("bounds are counted alike by the wide and the plain comparison", "[next_hops]") {
  std::mt19937 random(11);
  for (int i = 0; i < 20000; ++i) {
    Lanes lanes;
    for (uint32_t& lane : lanes.lane) lane = random() >> (random() % 31);
    const uint32_t value = random() % 2 ? lanes.lane[random() % kLanes] + random() % 2 : random() >> 1;
    REQUIRE(count_less(lanes, value) == count_less_plain(lanes, value));
  }
}
