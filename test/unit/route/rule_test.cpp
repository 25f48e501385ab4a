// SPDX-License-Identifier: BSD-3-Clause
// Policy rules and routes by type of service, against a model that walks them one by one.
#include <catch2/catch.hpp>

#include <map>
#include <random>

#include "route/route_cache.hpp"
#include "route/route_control.hpp"

using namespace flyover;
using namespace flyover::route;

namespace {

constexpr uint16_t kLinks = 5;  // 2 to 5 have a subnet each: 172.16.N.0/24
constexpr uint32_t kTables[] = {255, 254, 253, 7, 8, 9};

std::string port(uint32_t number) { return std::string(1, 'p').append(std::to_string(number)); }

struct Bench {
  dpdk::Rcu rcu{1};
  Reclaimer reclaimer{rcu};
  RouteControl control{reclaimer, [](InterfaceId, Ipv4Address) { return NeighbourId(1); }, [](NeighbourId) {}};
  Bench() {
    for (uint16_t i = 2; i <= kLinks; ++i) {
      link(i, port(i));
      const Ipv4Address own(172, 16, static_cast<uint8_t>(i), 1);
      control.address_added(InterfaceId(i), {.local = own, .peer = own, .length = 24});
    }
  }
  void link(uint16_t id, const std::string& name) {
    control.link_changed({.id = InterfaceId(id), .up = true, .running = true, .mtu = 1500, .name = name});
  }
  const Dst& find(const Flow& flow) { return control.table()->lookup(flow); }
  uint32_t way(const Flow& flow) { return find(flow).gateway.host() & 0xffff; }
  std::string refusal(const RuleSpec& spec) {
    const auto done = control.add_rule(spec);
    return done ? "" : done.error().message;
  }
};

Ipv4Address a4(const char* text) { return Ipv4Address::parse(text).value(); }
RouteSpec by(const char* prefix, uint32_t table, uint8_t last, uint8_t tos = 0, uint32_t metric = 0) {
  const Ipv4Prefix p = Ipv4Prefix::parse(prefix).value();
  return {.destination = p.network(),
          .length = p.length(),
          .gateway = Ipv4Address(172, 16, 2, last),
          .table = TableId(table),
          .metric = metric,
          .tos = tos};
}
RuleSpec rule_to(uint32_t table, std::optional<uint32_t> priority = {}) {
  return {.rule = {.action = RuleAction::Lookup, .table = TableId(table)}, .priority = priority};
}

// ---- the model: every rule, every route, one by one ----

bool in_prefix(Ipv4Address a, Ipv4Address prefix, uint8_t length) {
  return length == 0 || (a.host() ^ prefix.host()) >> (32 - length) == 0;
}
bool in_range(uint16_t port, const PortRange& r) { return r.first == 0 || (port >= r.first && port <= r.last); }

bool model_matches(const Rule& r, const Flow& f, const std::map<std::string, uint16_t>& names) {
  const auto is = [&](const std::string& name, InterfaceId id) {
    return name.empty() || (names.contains(name) && names.at(name) == id.value());
  };
  const bool all = in_prefix(f.from, r.from, r.from_length) && in_prefix(f.to, r.to, r.to_length) && is(r.iif, f.in) &&
                   is(r.oif, f.out) && ((f.mark ^ r.mark) & r.mark_mask) == 0 &&
                   (r.tos == 0 || r.tos == (f.tos & 0x1c)) && (r.protocol == 0 || r.protocol == f.protocol) &&
                   in_range(f.source_port, r.source_ports) && in_range(f.destination_port, r.destination_ports);
  return all != r.inverted;
}

struct ModelRoute {
  RouteType type;
  uint32_t answer;
};
class Model {
 public:
  std::map<std::string, uint16_t> names;
  std::map<std::tuple<uint32_t, Ipv4Prefix, int, uint32_t>, ModelRoute> routes;  // table, prefix, -tos, metric

  // Gateway's last two bytes; 0: no route; 1, 2, 3: unreachable, prohibited, blackhole.
  uint32_t lookup(const std::vector<Rule>& rules, const Flow& f) const {
    for (size_t i = 0; i < rules.size(); ++i) {
      const Rule& r = rules[i];
      if (!model_matches(r, f, names)) continue;
      switch (r.action) {
        case RuleAction::Goto: {
          const auto at =
              std::find_if(rules.begin(), rules.end(), [&](const Rule& t) { return t.priority == r.target; });
          if (at != rules.end()) i = static_cast<size_t>(at - rules.begin()) - 1;
          break;
        }
        case RuleAction::Unreachable: return 0;
        case RuleAction::Prohibit: return 2;
        case RuleAction::Blackhole: return 3;
        case RuleAction::Lookup:
          if (const auto found = in_table(r.table.value(), f, r.suppress_length)) return *found;
          break;
        default: break;
      }
    }
    return 0;
  }

 private:
  std::optional<uint32_t> in_table(uint32_t table, const Flow& f, int suppress) const {
    for (int length = 32; length >= 0; --length) {
      const Ipv4Prefix prefix(f.to, static_cast<uint8_t>(length));
      for (auto at = routes.lower_bound({table, prefix, -256, 0}); at != routes.end(); ++at) {
        const auto& [t, p, tos, metric] = at->first;
        if (t != table || p != prefix) break;
        if (tos != 0 && -tos != (f.tos & 0x1c)) continue;
        switch (at->second.type) {
          case RouteType::Throw: return std::nullopt;
          case RouteType::Unreachable: return 1;
          case RouteType::Prohibit: return 2;
          case RouteType::Blackhole: return 3;
          default: break;
        }
        if (length <= suppress) return std::nullopt;
        return at->second.answer;
      }
    }
    return std::nullopt;
  }
};

uint32_t answer_of(const Dst& dst) {
  switch (dst.action) {
    case Action::None:
    case Action::Throw: return 0;
    case Action::Unreachable: return 1;
    case Action::Prohibit: return 2;
    case Action::Blackhole: return 3;
    default: return dst.gateway.host() & 0xffff;
  }
}

class Dice {
 public:
  explicit Dice(uint32_t seed) : random_(seed) {}
  uint32_t operator()(uint32_t sides) { return static_cast<uint32_t>(random_()) % sides; }
  bool one_in(uint32_t n) { return (*this)(n) == 0; }

 private:
  std::mt19937 random_;
};

constexpr uint8_t kTypesOfService[] = {0, 0, 0x04, 0x10, 0x1c, 0xb8};

Ipv4Address some_address(Dice& dice) { return Ipv4Address(0x0a000000 | dice(2) << 16 | dice(4) << 8 | dice(256)); }

RuleSpec random_rule(Dice& dice) {
  Rule r{.action = RuleAction::Lookup, .table = TableId(kTables[dice(6)])};
  r.inverted = dice.one_in(6);
  constexpr uint8_t lengths[] = {0, 8, 15, 16, 22, 24, 31, 32};
  if (dice.one_in(3)) r.from = some_address(dice), r.from_length = lengths[dice(8)];
  if (dice.one_in(4)) r.to = some_address(dice), r.to_length = lengths[dice(8)];
  if (dice.one_in(5)) r.iif = port(2 + dice(6));
  if (dice.one_in(8)) r.oif = port(2 + dice(6));
  if (dice.one_in(6)) r.mark = dice(4), r.mark_mask = dice.one_in(2) ? 0xffffffff : dice(4);
  if (dice.one_in(6)) r.tos = static_cast<uint8_t>(dice(8) << 2);
  if (dice.one_in(6)) r.protocol = dice.one_in(2) ? 6 : 17;
  const auto range = [&] {
    const auto first = static_cast<uint16_t>(1 + dice(5));
    return PortRange{first, static_cast<uint16_t>(first + dice(3))};
  };
  if (dice.one_in(8)) r.source_ports = range();
  if (dice.one_in(8)) r.destination_ports = range();
  if (dice.one_in(5)) r.suppress_length = static_cast<int32_t>(lengths[dice(8)]);
  const auto priority = dice(60);
  switch (dice(10)) {
    case 0: r.action = RuleAction::Nop; break;
    case 1: r.action = RuleAction::Goto, r.target = priority + 1 + dice(20); break;
    case 2: r.action = RuleAction::Prohibit; break;
    case 3: r.action = RuleAction::Unreachable; break;
    case 4: r.action = RuleAction::Blackhole; break;
    default: break;
  }
  if (r.action != RuleAction::Lookup) r.table = TableId(0), r.suppress_length = -1;
  return {.rule = r, .priority = priority};
}

Flow random_flow(Dice& dice) {
  return {.to = some_address(dice),
          .from = some_address(dice),
          .in = InterfaceId(static_cast<uint16_t>(1 + dice(6))),
          .out = {},
          .mark = dice(4),
          .tos = static_cast<uint8_t>(dice(8) << 2 | (dice.one_in(4) ? 0xa1 : 0)),
          .protocol = static_cast<uint8_t>(dice.one_in(2) ? 6 : 17),
          .source_port = static_cast<uint16_t>(dice(9)),
          .destination_port = static_cast<uint16_t>(dice(9))};
}

// One random route into the tables and into the model, or out of both. `hosts`: so that local and main are as good as one.
void change_route(Dice& dice, Bench& bench, Model& model, bool hosts) {
  constexpr uint8_t lengths[] = {0, 8, 16, 22, 24, 28, 32};
  const TableId table(kTables[dice(6)]);
  const uint8_t length =
      hosts && table == kTableLocal ? 32 : lengths[dice(7)];  // so that local and main are as good as one
  const Ipv4Prefix prefix(some_address(dice), length);
  const auto answer = static_cast<uint8_t>(2 + dice(200));
  RouteSpec spec{.destination = prefix.network(),
                 .length = prefix.length(),
                 .type = RouteType::Unicast,
                 .gateway = Ipv4Address(172, 16, 2, answer),
                 .out = InterfaceId(2),
                 .onlink = true,
                 .table = table,
                 .metric = 1 + dice(3),
                 .tos = hosts && table != TableId(7) ? uint8_t{0} : kTypesOfService[dice(6)]};
  if (dice.one_in(5)) {
    constexpr RouteType types[] = {RouteType::Unreachable, RouteType::Prohibit, RouteType::Blackhole, RouteType::Throw};
    spec.type = types[dice(4)], spec.gateway = {}, spec.out = {}, spec.onlink = false;
  }
  const std::tuple key{spec.table.value(), prefix, -static_cast<int>(spec.tos), spec.metric};
  if (dice.one_in(3)) {
    spec.gateway = {}, spec.type = {}, spec.out = {};
    REQUIRE(bench.control.remove(spec).has_value() == (model.routes.erase(key) == 1));
    return;
  }
  REQUIRE(bench.control.replace(spec));
  model.routes[key] = {*spec.type, uint32_t{2} << 8 | answer};
}

}  // namespace

TEST_CASE("random rules, routes and packets agree with a model", "[rules]") {
  size_t plain_seen = 0;
  for (uint32_t seed = 1; seed <= 12; ++seed) {
    Bench bench;
    Model model;
    Dice dice(seed);
    for (uint16_t i = 2; i <= kLinks; ++i) model.names[port(i)] = i;
    bench.rcu.online(WorkerId(0));
    const size_t most = seed % 3 == 0 ? 300 : 20;
    RouteCache cache;
    WorkerCounters counters;
    Dice again(seed + 100);
    std::vector<Flow> known;
    for (int i = 0; i < 40; ++i) known.push_back(random_flow(again));
    for (int round = 0; round < 250; ++round) {
      const auto& rules = bench.control.rules();
      if (dice.one_in(2)) change_route(dice, bench, model, seed % 2);
      if (rules.size() < most && dice.one_in(2)) static_cast<void>(bench.control.add_rule(random_rule(dice)));
      if (rules.size() >= most || dice.one_in(5)) {
        const Rule doomed = rules[dice(static_cast<uint32_t>(rules.size()))];
        if (doomed.priority != 0 || dice.one_in(20))
          REQUIRE(bench.control.remove_rule({.rule = doomed, .priority = doomed.priority}));
        if (rules.empty()) REQUIRE(bench.control.add_rule(rule_to(254, 3)));
      }
      if (dice.one_in(20)) {  // an interface gets the name of another
        bench.link(5, "p7"), model.names.erase("p5"), model.names["p7"] = 5;
      } else if (dice.one_in(20)) {
        bench.link(5, "p5"), model.names.erase("p7"), model.names["p5"] = 5;
      }
      bench.rcu.quiescent(WorkerId(0));
      bench.reclaimer.poll();
      const bool custom = bench.control.had_custom_rules();
      for (int i = 0; custom && i < 60; ++i) {
        const Flow flow = random_flow(dice);
        const uint32_t expected = model.lookup(rules, flow), got = answer_of(bench.find(flow));
        const Dst& merged = *bench.control.table()->reader().find(flow.to);
        const bool plain = bench.control.table()->rules()->is_plain(flow);
        if (plain && answer_of(merged) != 0) {
          ++plain_seen;
          if (answer_of(merged) != expected) FAIL("seed " << seed << ": a packet is not plain");
        }
        if (expected != got) FAIL("seed " << seed << " round " << round << ": " << got << ", not " << expected);
      }
      cache.begin(bench.control.table()->generation());
      for (int i = 0; custom && i < 60; ++i) {
        const Flow& flow = known[again(40)];
        const Dst& got = cache.find(flow, counters, [&]() -> const Dst& { return bench.find(flow); });
        if (answer_of(got) != model.lookup(rules, flow)) FAIL("seed " << seed << ": the cache is wrong");
      }
    }
    bench.rcu.offline(WorkerId(0));
    CHECK(counters.cache_hits > 1000);
    CHECK(counters.cache_misses > 1000);
  }
  CHECK(plain_seen > 1000);
}

TEST_CASE("routes by type of service, without rules", "[rules]") {
  Bench b;
  REQUIRE(b.control.add(by("40.0.0.0/8", 254, 1 + 1)));
  CHECK(b.control.table()->rules() == nullptr);
  REQUIRE(b.control.add(by("40.0.0.0/8", 254, 3, 0x10)));
  REQUIRE(b.control.add(by("40.0.0.0/8", 254, 4, 0x10, 5)));
  REQUIRE(b.control.add(by("40.1.0.0/16", 254, 5, 0xb8)));
  REQUIRE(b.control.add(by("40.2.0.0/16", 254, 6)));
  REQUIRE(b.control.add(by("40.2.0.0/16", 254, 7, 0x04)));
  CHECK_FALSE(b.control.add(by("40.0.0.0/8", 254, 9, 0x10)));
  const auto way = [&](const char* to, uint8_t tos) { return b.way({.to = a4(to), .tos = tos}) & 255; };
  CHECK(way("40.0.0.1", 0) == 2);
  CHECK(way("40.0.0.1", 0x10) == 3);
  CHECK(way("40.0.0.1", 0xf3) == 3);  // neither precedence nor the two lowest bits count
  CHECK(way("40.0.0.1", 0x08) == 2);
  CHECK(way("40.1.0.1", 0xb8) == 2);  // a route that no packet can find
  CHECK(way("40.2.0.1", 0x10) == 6);  // the longer prefix wins
  CHECK(way("40.2.0.1", 0x04) == 7);
  REQUIRE(b.control.remove(by("40.0.0.0/8", 254, 3, 0x10)));
  CHECK(way("40.0.0.1", 0x10) == 4);
  REQUIRE(b.control.remove(by("40.0.0.0/8", 254, 4, 0x10, 5)));
  CHECK(way("40.0.0.1", 0x10) == 2);
  CHECK(b.control.table()->rules() != nullptr);
  REQUIRE(b.control.remove(by("40.2.0.0/16", 254, 7, 0x04)));
  CHECK(b.control.table()->rules() == nullptr);
}

TEST_CASE("local is asked by its rule once somebody has touched the rules", "[rules]") {
  Bench b;
  REQUIRE(b.control.add({.destination = a4("50.0.0.0"),
                         .length = 8,
                         .type = RouteType::Local,
                         .out = InterfaceId(2),
                         .table = TableId(255)}));
  REQUIRE(b.control.add(by("50.1.0.0/16", 254, 9)));
  CHECK(b.way({.to = a4("50.1.0.1")}) == 0x0209);
  REQUIRE(b.control.add_rule(rule_to(77)));
  CHECK(b.find({.to = a4("50.1.0.1")}).action == Action::Local);
  REQUIRE(b.control.remove_rule(rule_to(77)));
  CHECK(b.find({.to = a4("50.1.0.1")}).action == Action::Local);  // as Linux: the tables stay apart
  REQUIRE(b.control.remove_rule(rule_to(255)));
  CHECK(b.way({.to = a4("50.1.0.1")}) == 0x0209);
  CHECK(b.find({.to = a4("172.16.2.1")}).action == Action::Forward);
  CHECK(b.control.table()->local(a4("172.16.2.1")).action == Action::Local);
  REQUIRE(b.control.add_rule(rule_to(255, 0)));
  CHECK(b.find({.to = a4("172.16.2.1")}).action == Action::Local);
}

TEST_CASE("priorities, targets and refusals are the kernel's", "[rules]") {
  Bench b;
  const auto priorities = [&] {
    std::vector<uint32_t> all;
    for (const Rule& r : b.control.rules()) all.push_back(r.priority);
    return all;
  };
  REQUIRE(b.control.add_rule(rule_to(7)));
  REQUIRE(b.control.add_rule({.rule = {.from = a4("10.6.0.1"), .from_length = 32, .action = RuleAction::Prohibit}}));
  CHECK(priorities() == std::vector<uint32_t>{0, 32764, 32765, 32766, 32767});
  CHECK(b.refusal(rule_to(7, 32765)) == "RTNETLINK answers: File exists");
  CHECK(b.refusal({.rule = {.action = RuleAction::Goto, .target = 5}, .priority = 5}) ==
        "Error: Backward goto not supported.");
  CHECK(b.refusal({.rule = {.tos = 0xb8}}) == "Error: Invalid tos.");
  CHECK(b.refusal({.rule = {.tos = 3}}) == "Error: Invalid dsfield (tos): ECN bits must be 0.");
  CHECK(b.refusal({.rule = {.source_ports = {5, 4}}}) == "Error: Invalid sport range.");
  CHECK(b.refusal({.rule = {.destination_ports = {0, 4}}}) == "Error: Invalid dport range.");
  CHECK(b.control.remove_rule(rule_to(99)).error().message == "RTNETLINK answers: No such file or directory");
  REQUIRE(b.control.add_rule(rule_to(0, 5)));  // a table of its own
  CHECK(b.control.rules()[1].table == TableId(1));
  b.control.flush_rules([](const Rule&) { return true; });
  CHECK(priorities() == std::vector<uint32_t>{0});
  CHECK(b.way({.to = a4("172.16.3.4")}) == 0);
}
