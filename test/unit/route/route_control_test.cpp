// SPDX-License-Identifier: BSD-3-Clause
#include "route/route_control.hpp"

#include <catch2/catch.hpp>

#include <map>

#include "route/synthetic_table.hpp"

using namespace flyover;
using namespace flyover::route;

namespace {

Ipv4Address address(const char* text) { return Ipv4Address::parse(text).value(); }
RouteSpec to(const char* prefix, const char* gateway) {
  const Ipv4Prefix p = Ipv4Prefix::parse(prefix).value();
  return {.destination = p.network(), .length = p.length(), .gateway = address(gateway)};
}

// Two interfaces, 2 and 3, with 10.0.2.1/24 and 10.0.3.1/24.
struct Bench {
  dpdk::Rcu rcu{1};
  Reclaimer reclaimer{rcu};
  std::map<uint32_t, std::pair<InterfaceId, Ipv4Address>> pinned;
  uint32_t pins = 0;
  RouteControl control{reclaimer,
                       [this](InterfaceId id, Ipv4Address a) {
                         pinned[++pins] = {id, a};
                         return NeighbourId(pins);
                       },
                       [this](NeighbourId id) { pinned.erase(id.value()); }};

  Bench() {
    for (const uint8_t i : {2, 3}) {
      link(i, 1500);
      const Ipv4Address own(10, 0, i, 1);
      control.address_added(InterfaceId(i), {.local = own, .peer = own, .length = 24});
    }
  }
  void link(uint16_t id, uint32_t mtu, bool up = true) {
    control.link_changed({.id = InterfaceId(id), .up = up, .running = up, .mtu = mtu});
  }
  const Dst& find(const char* a) { return control.table()->lookup({.to = address(a)}); }
};

}  // namespace

TEST_CASE("routes by the same next hop share a Dst", "[route_control]") {
  Bench b;
  const size_t before = b.control.paths();
  const auto table = synthetic_table(20000, 64, 3);
  for (const SyntheticRoute& r : table)
    REQUIRE(b.control.add({.destination = r.prefix.network(),
                           .length = r.prefix.length(),
                           .gateway = Ipv4Address(0x0a000202 + r.next_hop)}));
  CHECK(b.control.paths() - before == 64);
  CHECK(b.pinned.size() == 64);
  const auto destinations = synthetic_destinations(table, 1000, 4);
  for (const Ipv4Address a : destinations) {
    const Dst& dst = b.control.table()->lookup({.to = a});
    REQUIRE(dst.action == Action::Forward);
    REQUIRE(b.pinned.at(dst.neighbour.value()).second == dst.gateway);
  }
}

TEST_CASE("a Dst follows its interface's MTU in place unless the route has one of its own", "[route_control]") {
  Bench b;
  RouteSpec narrow = to("20.1.0.0/16", "10.0.2.9");
  narrow.mtu = 1300;
  RouteSpec wide = to("20.2.0.0/16", "10.0.2.9");
  wide.mtu = 9000;  // more than the interface's: Linux goes by the route
  REQUIRE(b.control.add(to("20.0.0.0/16", "10.0.2.9")));
  REQUIRE(b.control.add(narrow));
  REQUIRE(b.control.add(wide));
  const Dst* plain = &b.find("20.0.0.1");
  CHECK(plain->mtu == 1500);
  b.link(2, 1400);
  CHECK(&b.find("20.0.0.1") == plain);
  CHECK(plain->mtu == 1400);
  CHECK(b.find("20.1.0.1").mtu == 1300);
  CHECK(b.find("20.2.0.1").mtu == 9000);
  CHECK(b.find("10.0.2.77").mtu == 1400);
  CHECK(b.find("10.0.3.77").mtu == 1500);
}

TEST_CASE("what a lookup may still see is used again only after the grace period", "[route_control]") {
  Bench b;
  b.rcu.online(WorkerId(0));
  REQUIRE(b.control.add(to("20.0.0.0/16", "10.0.2.9")));
  const Dst& old = b.find("20.0.0.1");
  const uint32_t life = old.generation;
  REQUIRE(b.control.replace(to("20.0.0.0/16", "10.0.3.9")));
  for (int i = 0; i < 50; ++i) {
    b.reclaimer.poll();
    REQUIRE(b.control.add(to("30.0.0.0/16", "10.0.2.10")));
    REQUIRE(b.control.remove(to("30.0.0.0/16", "10.0.2.10")));
  }
  CHECK(old.gateway == address("10.0.2.9"));
  CHECK(old.generation == life);
  CHECK(b.pinned.size() == 52);
  b.rcu.quiescent(WorkerId(0));
  b.reclaimer.poll();
  CHECK(b.pinned.size() == 1);
  b.rcu.offline(WorkerId(0));
}

TEST_CASE("table default answers where main and local do not", "[route_control]") {
  Bench b;
  RouteSpec last = to("0.0.0.0/0", "10.0.2.9");
  last.table = kTableDefault;
  CHECK(b.find("99.0.0.1").action == Action::None);
  CHECK_FALSE(b.control.table()->local_elsewhere());
  REQUIRE(b.control.add(last));
  CHECK(b.find("99.0.0.1").action == Action::Forward);
  CHECK(b.control.lookup({.to = address("99.0.0.1")})->table == kTableDefault);
  REQUIRE(b.control.add({.destination = address("98.0.0.0"), .length = 8, .type = RouteType::Throw}));
  REQUIRE(b.control.add({.destination = address("97.0.0.0"), .length = 8, .type = RouteType::Unreachable}));
  CHECK(b.find("98.0.0.1").action == Action::Forward);
  CHECK(b.find("97.0.0.1").action == Action::Unreachable);
  REQUIRE(b.control.remove(last));
  CHECK(b.find("98.0.0.1").action == Action::Throw);
  CHECK_FALSE(b.control.table()->local_elsewhere());
}

TEST_CASE("an own address beats main's route of the same length, and main's longer one beats it", "[route_control]") {
  Bench b;
  REQUIRE(b.control.add(to("10.0.2.1/32", "10.0.3.9")));
  CHECK(b.find("10.0.2.1").action == Action::Local);
  RouteSpec wide{.destination = address("50.0.0.0"), .length = 8, .type = RouteType::Local, .out = InterfaceId(2)};
  REQUIRE(b.control.add(wide));
  REQUIRE(b.control.add(to("50.1.0.0/16", "10.0.3.9")));
  CHECK(b.find("50.2.0.1").action == Action::Local);
  CHECK(b.find("50.1.0.1").action == Action::Forward);
  CHECK(b.control.lookup({.to = address("50.1.0.1")})->gateway == address("10.0.3.9"));
  CHECK(b.control.lookup({.to = address("10.0.2.1")})->type == RouteType::Local);
  CHECK_FALSE(b.control.lookup({.to = address("99.0.0.1")}));
}

TEST_CASE("pages of routes are whole whatever changes between them", "[route_control]") {
  Bench b;
  const auto table = synthetic_table(5000, 16, 5);
  for (const SyntheticRoute& r : table)
    for (const uint32_t metric : {0U, 7U})
      REQUIRE(b.control.add({.destination = r.prefix.network(),
                             .length = r.prefix.length(),
                             .gateway = Ipv4Address(0x0a000202 + r.next_hop),
                             .metric = metric}));
  std::map<std::pair<uint32_t, Ipv4Prefix>, int> seen;
  std::optional<RouteControl::Place> place;
  size_t pages = 0, next = 0;
  do {
    size_t count = 0;
    place = b.control.visit({}, place, [&](const Route& r) {
      ++seen[{r.table.value(), r.prefix}];
      return ++count < 100;
    });
    CHECK(count <= 101);  // a prefix's routes are not torn apart
    ++pages;
    for (size_t i = 0; i < 10; ++i, ++next) {  // these move behind or before the place: seen as they were, or not
      REQUIRE(b.control.remove({.destination = table[next].prefix.network(), .length = table[next].prefix.length()}));
      REQUIRE(b.control.remove({.destination = table[next].prefix.network(), .length = table[next].prefix.length()}));
    }
  } while (place);
  CHECK(pages > 80);
  for (const auto& [key, count] : seen) CHECK((key.first != 254 || count == 2 || key.second.length() == 24));
  for (size_t i = next; i < table.size(); ++i) REQUIRE(seen[{254, table[i].prefix}] == 2);
}

TEST_CASE("what is not supported is refused in so many words", "[route_control]") {
  Bench b;
  RouteSpec spec = to("20.0.0.0/16", "10.0.2.9");
  spec.tos = 3;
  CHECK(b.control.add(spec).error().message == "Error: Invalid dsfield (tos): ECN bits must be 0.");
  CHECK(b.find("20.0.0.1").action == Action::None);
}

TEST_CASE("a removed link leaves nothing behind", "[route_control]") {
  Bench b;
  REQUIRE(b.control.add(to("20.0.0.0/16", "10.0.2.9")));
  RouteSpec other = to("21.0.0.0/16", "10.0.2.9");
  other.table = TableId(77);
  REQUIRE(b.control.add(other));
  b.control.link_removed(InterfaceId(2));
  CHECK(b.control.size(kTableMain) == 1);
  CHECK(b.control.size(TableId(77)) == 0);
  CHECK(b.find("10.0.2.1").action == Action::None);
  CHECK(b.find("20.0.0.1").action == Action::None);
  CHECK(b.control.add(to("20.0.0.0/16", "10.0.2.9")).error().message == "Error: Nexthop has invalid gateway.");
}

TEST_CASE("only a local route that no address brings along is told of", "[route_control]") {
  Bench b;
  CHECK_FALSE(b.control.had_custom_local());
  const RouteSpec local{
      .destination = address("50.0.0.0"), .length = 8, .type = RouteType::Local, .out = InterfaceId(2)};
  REQUIRE(b.control.add(local));
  REQUIRE(b.control.remove(local));
  CHECK(b.control.had_custom_local());
}

TEST_CASE("tables are bounded, and the last one is as good as the first", "[route]") {
  Bench b;
  const auto add = [&](uint32_t table) {
    return b.control.add(
        {.destination = Ipv4Address(50, 0, 0, 0), .length = 8, .type = RouteType::Blackhole, .table = TableId(table)});
  };
  uint32_t table = 1000;
  Result<> done = add(table);
  while (done && table < 1000 + 2 * RouteControl::kMaxTables) done = add(++table);
  REQUIRE_FALSE(done);
  CHECK(done.error().message == "RTNETLINK answers: Cannot allocate memory");
  CHECK(b.control.size(TableId(table - 1)) == 1);
  CHECK(b.control.size(TableId(table)) == 0);
  CHECK(add(1000).error().message == "RTNETLINK answers: File exists");
  CHECK(b.control.remove({.destination = Ipv4Address(50, 0, 0, 0), .length = 8, .table = TableId(table - 1)}));
  CHECK(add(table - 1));
}

// So many routes that what concerns all of them is done in pieces.
static std::vector<SyntheticRoute> add_many(Bench& b) {
  auto table = synthetic_table(5000, 8, 3);
  for (const SyntheticRoute& r : table)
    REQUIRE(b.control.add({.destination = r.prefix.network(),
                           .length = r.prefix.length(),
                           .gateway = Ipv4Address(0x0a000202 + r.next_hop)}));
  return table;
}

TEST_CASE("routes that go with a link go piece by piece, for packets only", "[route_control]") {
  Bench b;
  const auto table = add_many(b);
  REQUIRE(b.control.add(to("20.0.0.0/8", "10.0.3.9")));
  const auto destinations = synthetic_destinations(table, 1000, 4);
  const auto still_found = [&] {
    return std::count_if(destinations.begin(), destinations.end(),
                         [&](Ipv4Address a) { return b.control.table()->lookup({.to = a}).out == InterfaceId(2); });
  };
  b.link(2, 1500, false);
  CHECK_FALSE(b.control.settled());
  CHECK(still_found() > 0);
  size_t shown = 0;
  b.control.visit(kTableMain, {}, [&](const Route& r) { return shown += r.out == InterfaceId(2), true; });
  CHECK(shown == 0);
  const Ipv4Prefix gone = table.back().prefix;
  CHECK_FALSE(b.control.remove({.destination = gone.network(), .length = gone.length()}));

  SECTION("which settle() works on") {
    size_t pieces = 1;
    for (auto left = still_found(); !b.control.settle(); ++pieces) {
      CHECK(still_found() <= left);
      left = still_found();
    }
    CHECK(pieces > 2);
  }
  SECTION("and what comes next waits for them") {
    REQUIRE(b.control.add({.destination = gone.network(), .length = gone.length(), .gateway = address("10.0.3.7")}));
    CHECK(b.control.settled());
    CHECK(b.control.size(kTableMain) == 3);  // the new one, that to 20.0.0.0/8, and the subnet's
  }
  CHECK(still_found() == 0);
  CHECK(b.find("20.0.0.9").gateway == address("10.0.3.9"));
}

TEST_CASE("packets of a type of service find the old routes until all that they see is known", "[route_control]") {
  Bench b;
  const auto table = add_many(b);
  const Ipv4Prefix some = table[4000].prefix, other = table[1000].prefix;
  RouteSpec special{
      .destination = some.network(), .length = some.length(), .gateway = address("10.0.3.9"), .tos = 0x10};
  const auto by_tos = [&](Ipv4Address a) { return b.control.table()->lookup({.to = a, .tos = 0x10}).gateway; };
  const Ipv4Address before = by_tos(some.network());
  REQUIRE(b.control.add(special));
  CHECK_FALSE(b.control.settled());
  CHECK(by_tos(some.network()) == before);
  REQUIRE(
      b.control.replace({.destination = other.network(), .length = other.length(), .gateway = address("10.0.3.8")}));
  CHECK(by_tos(other.network()) == address("10.0.3.8"));
  SECTION("and then the new one") {
    while (!b.control.settle()) continue;
    CHECK(by_tos(some.network()) == address("10.0.3.9"));
    CHECK(by_tos(other.network()) == address("10.0.3.8"));
    for (const Ipv4Address a : synthetic_destinations(table, 1000, 4))
      if (!some.contains(a)) REQUIRE(by_tos(a) == b.control.table()->lookup({.to = a}).gateway);
  }
  SECTION("or do not, when it goes before") {
    REQUIRE(b.control.remove(special));
    CHECK(b.control.settled());
    CHECK(by_tos(some.network()) == before);
  }
}

TEST_CASE("tables that are empty again give way to others", "[route]") {
  Bench b;
  const auto spec = [](uint32_t table) {
    return RouteSpec{
        .destination = Ipv4Address(50, 0, 0, 0), .length = 8, .type = RouteType::Blackhole, .table = TableId(table)};
  };
  REQUIRE(b.control.add(spec(7)));
  RuleSpec rule;
  rule.rule.table = TableId(1000), rule.rule.action = RuleAction::Lookup;
  REQUIRE(b.control.add_rule(rule));
  for (uint32_t table = 1000; table < 1000 + 2 * RouteControl::kMaxTables; ++table) {
    REQUIRE(b.control.add(spec(table)));
    REQUIRE(b.control.remove(spec(table)));
  }
  CHECK(b.control.size(TableId(7)) == 1);
  const Flow flow{.to = Ipv4Address(50, 0, 0, 1), .from = {}};
  CHECK_FALSE(b.control.lookup(flow));
  REQUIRE(b.control.add(spec(1000)));
  REQUIRE(b.control.lookup(flow));
  CHECK(b.control.lookup(flow)->table == TableId(1000));
}
