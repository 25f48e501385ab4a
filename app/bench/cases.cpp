// SPDX-License-Identifier: BSD-3-Clause
#include "cases.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <memory>

#include "base/check.hpp"
#include "instructions.hpp"
#include "journey.hpp"
#include "rig.hpp"
#include "route/rule.hpp"
#include "route/synthetic_table.hpp"

namespace flyover::bench {
namespace {

struct Case {
  std::string name, sentence;
  Rig* rig;
  Traffic traffic;
  uint16_t burst;
  double target;
  std::span<const route::Rule> rules = {};
  uint16_t mtu = 1500;
  bool cache = true;
};

constexpr uint16_t kTimedPackets = 32;

uint64_t timer_cost() {
  uint64_t least = ~0ULL;
  for (int i = 0; i < 1000; ++i) {
    const uint64_t a = rte_rdtsc_precise();
    least = std::min(least, rte_rdtsc_precise() - a);
  }
  return least;
}

// Cycles of each burst, over about 64k packets. Small bursts are timed some at a time: the counter moves in steps of many cycles.
void one_round(const Case& c, size_t& next, uint64_t timer, std::vector<double>& bursts) {
  Worker& w = c.rig->worker();
  rte_mbuf* mbufs[Burst::kMax];
  const auto at_a_time = static_cast<uint16_t>(c.burst < kTimedPackets ? kTimedPackets / c.burst : 1);
  const auto many = static_cast<uint16_t>(at_a_time * c.burst);
  for (uint64_t packets = 0; packets < 65536; packets += many) {
    c.rig->make_burst(c.traffic, next, mbufs, many);
    ipv4::set_clock(w, rte_rdtsc());
    const uint64_t before = rte_rdtsc_precise();
    for (uint16_t first = 0; first < many; first = static_cast<uint16_t>(first + c.burst))
      journey(w, mbufs + first, c.burst);
    bursts.push_back((static_cast<double>(rte_rdtsc_precise() - before) - static_cast<double>(timer)) / at_a_time);
    c.rig->collect();
  }
}

std::vector<StageResult> stage_rounds(const Case& c, size_t& next, uint64_t timer) {
  Worker& w = c.rig->worker();
  for (auto& s : w.counters.stage) s.sampled_cycles = s.sampled_packets = s.bursts = 0;
  w.sampling = true;
  std::vector<double> unused;
  one_round(c, next, timer, unused);
  w.sampling = false;
  std::vector<StageResult> rows;
  for (size_t s = 0; s < w.counters.stage.size(); ++s) {
    const StageCount& count = w.counters.stage[s];
    if (count.sampled_packets)
      rows.push_back({std::string(kStages[s].name),
                      static_cast<double>(count.sampled_cycles) / static_cast<double>(count.sampled_packets)});
  }
  return rows;
}

double instructions_per_packet(const Case& c, size_t next) {
  rte_mbuf* mbufs[Burst::kMax];
  const uint64_t count = count_instructions([&] { c.rig->make_burst(c.traffic, next, mbufs, c.burst); },
                                            [&] { journey(c.rig->worker(), mbufs, c.burst); });
  return static_cast<double>(count) / c.burst;
}

struct Measured {
  const Case* at;
  size_t next = 0;  // flow
  std::vector<double> bursts = {};
};

// A case's way out and rules, as long as it is at work.
class Stage {
 public:
  explicit Stage(const Case& c) : c_(c) {
    c_.rig->set_mtu(c_.mtu);
    c_.rig->use_cache(c_.cache);
    if (!c_.rules.empty()) c_.rig->set_rules(c_.rules);
  }
  ~Stage() {
    if (!c_.rules.empty()) c_.rig->clear_rules();
  }

 private:
  const Case& c_;
};

Result result_of(Measured& m, uint64_t timer) {
  const Case& c = *m.at;
  const Stage stage(c);
  std::sort(m.bursts.begin(), m.bursts.end());
  Result r{.name = c.name, .sentence = c.sentence, .burst = c.burst, .target = c.target};
  r.cycles = m.bursts[m.bursts.size() / 2] / c.burst;
  r.cycles_low = m.bursts[m.bursts.size() / 10] / c.burst;
  std::vector<double> unused;
  one_round(c, m.next, timer, unused);
  r.instructions = instructions_per_packet(c, m.next);
  r.stages = stage_rounds(c, m.next, timer);
  return r;
}

// The cases take turns, so that a clock that comes and goes does so for all of them.
std::vector<Result> measure(const std::vector<Case>& cases, const Choice& choice) {
  const uint64_t timer = timer_cost();
  std::vector<Measured> all;
  for (const Case& c : cases)
    if (c.name.find(choice.only) != std::string::npos) all.push_back({.at = &c});
  std::vector<double> unused;
  for (int i = 0; i < choice.rounds; ++i) {
    for (Measured& m : all) {
      const Stage stage(*m.at);
      unused.clear();
      one_round(*m.at, m.next, timer, unused);  // what the other cases have pushed out of caches comes back
      one_round(*m.at, m.next, timer, m.bursts);
    }
  }
  std::vector<Result> results;
  for (Measured& m : all) results.push_back(result_of(m, timer));
  return results;
}

Traffic one_flow(uint16_t length = 46, uint8_t ttl = 64) {
  return {{{Ipv4Address(10, 0, 0, 2), Ipv4Address(100, 0, 0, 1)}}, length, ttl};
}

// Random destinations inside random prefixes of the table, from sources that are nobody's.
Traffic many(const std::vector<Ipv4Prefix>& prefixes, size_t count) {
  Traffic t;
  uint64_t seed = 12345;
  const auto random = [&seed] {
    seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<uint32_t>(seed >> 32);
  };
  while (t.flows.size() < count) {
    const Ipv4Prefix& p = prefixes[random() % prefixes.size()];
    t.flows.push_back(
        {Ipv4Address(random() % 0x5f000000 + 0x01000000), Ipv4Address(p.network().host() | (random() & ~p.mask()))});
  }
  return t;
}

// A hundred rules as an operator has them: by source, by destination, by mark. Nobody matches most of them, three packets in a
// hundred one of five; the last three are for nobody again.
std::vector<route::Rule> hundred_rules() {
  std::vector<route::Rule> rules;
  const auto from = [&rules](uint32_t address, uint8_t length) {
    rules.push_back({.from = Ipv4Address(address), .from_length = length, .table = TableId(100)});
  };
  for (uint32_t i = 0; i < 80; ++i) from(0xc0a80000 + (i << 8), 24);
  for (uint32_t i = 0; i < 10; ++i)
    rules.push_back({.to = Ipv4Address(0xc6336400 + (i << 4)), .to_length = 28, .table = TableId(100)});
  for (uint32_t i = 1; i < 3; ++i) rules.push_back({.mark = i, .mark_mask = 0xff, .table = TableId(100)});
  for (uint32_t i = 0; i < 5; ++i) from(0x20000000 + (i << 24), 9);
  for (uint32_t i = 0; i < 3; ++i) from(0xc0000200 + (i << 4), 28);
  return rules;
}

// The same, and one rule behind them that sends every packet elsewhere.
std::vector<route::Rule> rules_for_all() {
  std::vector<route::Rule> rules = hundred_rules();
  rules.push_back({.to_length = 0, .table = TableId(100)});
  return rules;
}

Traffic first_of(const Traffic& all, size_t flows) {
  Traffic t = all;
  t.flows.resize(flows);
  return t;
}

// In turn one of the first few flows, and one of a flood, each of whose packets is of another flow: built against a cache.
Traffic flooded(const Traffic& all, size_t few) {
  Traffic t = all;
  for (size_t i = 0; i < t.flows.size(); i += 2) t.flows[i] = all.flows[i / 2 % few];
  return t;
}

}  // namespace

std::vector<Result> run_cases(const Choice& choice) {
  Rig small("small"), big("big"), groups("groups"), few_groups("few_groups"), objects("objects"),
      few_objects("few_objects");
  small.add_route(*Ipv4Prefix::parse("100.0.0.0/8"), 0);
  small.ready();
  // The same table twice: each prefix by one next hop, or by that and the 15 behind it.
  std::vector<Ipv4Prefix> prefixes;
  for (const auto& [prefix, next_hop] : route::synthetic_table(choice.routes, Rig::kNextHops, 1)) {
    big.add_route(prefix, static_cast<uint16_t>(next_hop));
    groups.add_group(prefix, static_cast<uint16_t>(next_hop));
    objects.add_group(prefix, static_cast<uint16_t>(next_hop), route::GroupKind::Object);
    prefixes.push_back(prefix);
  }
  big.ready();
  few_groups.add_group(*Ipv4Prefix::parse("100.0.0.0/8"), 0);
  few_groups.ready();
  groups.ready();
  few_objects.add_group(*Ipv4Prefix::parse("100.0.0.0/8"), 0, route::GroupKind::Object);
  few_objects.ready();
  objects.ready();
  const Traffic destinations = many(prefixes, 1000000);

  std::vector<Case> cases;
  for (const uint16_t burst : {1, 8, 32, 64}) {
    cases.push_back(
        {"one flow", "64-byte frames of one flow, two routes", &small, one_flow(), burst, burst == 32 ? 35.0 : 0});
    cases.push_back({"many destinations", "64-byte frames to 1M random destinations of the big table", &big,
                     destinations, burst, burst == 32 ? 65.0 : 0});
  }
  cases.push_back({"16-way multipath, one flow", "one flow, two routes, one of them by 16 next hops", &few_groups,
                   one_flow(), 32, 0});
  cases.push_back({"16-way multipath, many destinations", "the million destinations, each route by 16 next hops",
                   &groups, destinations, 32, 0});
  cases.push_back({"next-hop group of 16, one flow", "one flow, two routes, one of them by a group of 16 objects",
                   &few_objects, one_flow(), 32, 0});
  cases.push_back({"next-hop group of 16, many destinations", "the million destinations, each route by such a group",
                   &objects, destinations, 32, 0});
  const std::vector<route::Rule> rules = hundred_rules();
  cases.push_back({"100 policy rules", "the same by 100 policy rules, which send three packets in a hundred elsewhere",
                   &big, destinations, 32, 90, rules});
  const std::vector<route::Rule> all = rules_for_all();
  const Traffic few = first_of(destinations, 256), some = first_of(destinations, 3000),
                attack = flooded(destinations, 256);
  const std::pair<const char*, const Traffic*> patterns[] = {
      {"256 flows", &few}, {"3000 flows", &some}, {"1M flows", &destinations}, {"256 and a flood", &attack}};
  for (const auto& [name, traffic] : patterns)
    for (const bool cache : {false, true})
      cases.push_back({fmt::format("rules for all, {}{}", name, cache ? "" : ", no cache"),
                       "by 101 policy rules, the last of which sends every packet elsewhere", &big, *traffic, 32, 0,
                       all, 1500, cache});
  cases.push_back({"fragmentation",
                   "1500-byte packets leave by an MTU of 1000, in two",
                   &small,
                   one_flow(1500),
                   32,
                   300,
                   {},
                   1000});
  cases.push_back({"time exceeded", "TTL 1: an ICMP error for each packet", &small, one_flow(46, 1), 32, 300});

  return measure(cases, choice);
}

}  // namespace flyover::bench
