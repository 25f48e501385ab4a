// SPDX-License-Identifier: BSD-3-Clause
// Random operations on the routing tables against a model that cannot be wrong, with readers at work all the while.
#include <catch2/catch.hpp>

#include <atomic>
#include <map>
#include <thread>

#include "brute_force.hpp"
#include "route/route_control.hpp"

using namespace flyover;
using namespace flyover::route;
using namespace flyover::route::test;

namespace {

constexpr int kOperations = OPERATIONS;  // fewer under a sanitizer
constexpr uint16_t kLinks = 5;           // 2 to 5 have a subnet each: 172.16.N.0/24

// (table, metric) to the last byte of the gateway, by prefix. The first of local, then of main, then of default answers.
class Model {
 public:
  using Routes = std::map<std::pair<uint32_t, uint32_t>, uint32_t>;
  Routes& at(const Ipv4Prefix& p) { return by_prefix_[p]; }
  void forget_if_empty(const Ipv4Prefix& p) {
    if (by_prefix_[p].empty()) by_prefix_.erase(p);
  }
  uint32_t lookup(Ipv4Address a) const {
    const uint32_t by_main = longest(a, {255, 254});
    return by_main ? by_main : longest(a, {253});
  }
  size_t size() const {
    size_t sum = 0;
    for (const auto& [prefix, routes] : by_prefix_) sum += routes.size();
    return sum;
  }

 private:
  uint32_t longest(Ipv4Address a, std::initializer_list<uint32_t> tables) const {
    for (int length = 32; length >= 0; --length) {
      const auto found = by_prefix_.find(Ipv4Prefix(a, static_cast<uint8_t>(length)));
      if (found == by_prefix_.end()) continue;
      for (const uint32_t table : tables) {
        const auto first = found->second.lower_bound({table, 0});
        if (first != found->second.end() && first->first.first == table) return first->second;
      }
    }
    return 0;
  }
  std::unordered_map<Ipv4Prefix, Routes> by_prefix_;
};

struct Bench {
  dpdk::Rcu rcu{2};
  Reclaimer reclaimer{rcu};
  std::map<uint32_t, int> pins;
  uint32_t next_pin = 0;
  RouteControl control{reclaimer,
                       [this](InterfaceId, Ipv4Address) {
                         ++pins[++next_pin];
                         return NeighbourId(next_pin);
                       },
                       [this](NeighbourId id) { --pins[id.value()]; }};

  Bench() {
    for (uint16_t i = 2; i <= kLinks; ++i) {
      control.link_changed({.id = InterfaceId(i), .up = true, .running = true, .mtu = 1500});
      const Ipv4Address own(172, 16, static_cast<uint8_t>(i), 1);
      control.address_added(InterfaceId(i), {.local = own, .peer = own, .length = 24});
    }
  }
  size_t pinned() const {
    size_t sum = 0;
    for (const auto& [id, count] : pins) sum += static_cast<size_t>(count);
    return sum;
  }
};

RouteSpec random_spec(std::mt19937& random) {
  static constexpr uint32_t kTables[] = {254, 254, 254, 254, 255, 253};
  const Ipv4Prefix prefix(Ipv4Address(0x0a000000 | (random() & 0x3ffff)),
                          static_cast<uint8_t>(random() % 64 ? 18 + random() % 15 : 0));
  return {
      .destination = prefix.network(),
      .length = prefix.length(),
      .gateway = Ipv4Address(172, 16, static_cast<uint8_t>(2 + random() % 4), static_cast<uint8_t>(2 + random() % 250)),
      .table = TableId(kTables[random() % std::size(kTables)]),
      .metric = static_cast<uint32_t>(random() % 3 * 10)};
}

uint32_t answer_of(const Dst& dst) { return dst.gateway.host() & 0xffff; }

void read_until(const std::atomic<bool>& stop, Bench& bench, uint16_t id, std::atomic<uint64_t>& wrong) {
  std::mt19937 random(id);
  bench.rcu.online(WorkerId(id));
  while (!stop.load(std::memory_order_relaxed)) {
    for (int i = 0; i < 64; ++i) {
      const Dst& dst = bench.control.table()->lookup({.to = Ipv4Address(0x0a000000 | (random() & 0x3ffff))});
      const uint16_t mtu = dst.mtu;  // read once: it may change between two comparisons
      const bool whole = dst.action == Action::None ? dst.gateway.is_any()
                                                    : dst.action == Action::Forward && (mtu == 1500 || mtu == 1400) &&
                                                          dst.out.value() == (dst.gateway.host() >> 8 & 255);
      if (!whole) wrong.fetch_add(1, std::memory_order_relaxed);
    }
    bench.rcu.quiescent(WorkerId(id));
    std::this_thread::yield();
  }
  bench.rcu.offline(WorkerId(id));
}

}  // namespace

TEST_CASE("random operations on the tables agree with a model while readers look up", "[route_control][readers]") {
  Bench bench;
  Model model;
  std::atomic<bool> stop{false};
  std::atomic<uint64_t> wrong{0};
  std::thread readers[] = {std::thread([&] { read_until(stop, bench, 0, wrong); }),
                           std::thread([&] { read_until(stop, bench, 1, wrong); })};

  const size_t own_routes = bench.control.size(kTableMain) + bench.control.size(kTableLocal);
  std::mt19937 random(99);
  std::vector<RouteSpec> added;
  for (int i = 0; i < kOperations; ++i) {
    RouteSpec spec = added.empty() || random() % 2 ? random_spec(random) : added[random() % added.size()];
    auto& routes = model.at(spec.prefix());
    const std::pair key{spec.table.value(), spec.metric};
    const uint32_t answer = spec.gateway.host() & 0xffff;
    if (const uint32_t what = random() % 8; what < 3) {
      const auto result = bench.control.add(spec);
      REQUIRE(result.has_value() == !routes.contains(key));
      if (result) routes[key] = answer, added.push_back(spec);
    } else if (what < 5) {
      REQUIRE(bench.control.replace(spec));
      routes[key] = answer, added.push_back(spec);
    } else {
      const bool there = routes.contains(key) && routes[key] == answer && (spec.metric || routes.size());
      if (spec.metric == 0) {  // any metric fits: the model says which is first only if the gateway is left out
        spec.gateway = kAnyAddress;
        const auto first = routes.lower_bound({key.first, 0});
        const bool any = first != routes.end() && first->first.first == key.first;
        REQUIRE(bench.control.remove(spec).has_value() == any);
        if (any) routes.erase(first);
      } else {
        REQUIRE(bench.control.remove(spec).has_value() == there);
        if (there) routes.erase(key);
      }
    }
    model.forget_if_empty(spec.prefix());
    bench.reclaimer.poll();
    if (i % 100 == 0)
      bench.control.link_changed({.id = InterfaceId(3), .up = true, .running = true, .mtu = i % 200 ? 1500U : 1400U});
    for (const Ipv4Address a : {Ipv4Address(spec.prefix().network().host() | (random() & ~spec.prefix().mask())),
                                Ipv4Address(0x0a000000 | (random() & 0x3ffff))})
      if (answer_of(bench.control.table()->lookup({.to = a})) != model.lookup(a))
        FAIL("operation " << i << " at " << a.to_string());
  }
  stop = true;
  for (auto& r : readers) r.join();
  CHECK(wrong == 0);
  const size_t all =
      bench.control.size(kTableMain) + bench.control.size(kTableLocal) + bench.control.size(kTableDefault);
  CHECK(all - own_routes == model.size());

  for (uint16_t id = 2; id <= kLinks; ++id)  // and all goes with the links
    bench.control.link_removed(InterfaceId(id));
  while (!bench.control.settle()) continue;
  CHECK(bench.control.size(kTableMain) + bench.control.size(kTableLocal) + bench.control.size(kTableDefault) == 0);
  bench.reclaimer.poll();
  CHECK(bench.control.paths() == 0);
  CHECK(bench.pinned() == 0);
  CHECK(bench.control.table()->lookup({.to = Ipv4Address(10, 1, 1, 1)}).action == Action::None);
}
