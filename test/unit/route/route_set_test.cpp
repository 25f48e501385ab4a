// SPDX-License-Identifier: BSD-3-Clause
// The routes of a table for control: a set that grows from a few KiB keeps its order.
#include "route/route_set.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <random>

using namespace flyover;
using namespace flyover::route;

namespace {

// By network, the longest prefix first.
struct ShownBefore {
  bool operator()(const Ipv4Prefix& a, const Ipv4Prefix& b) const {
    return std::pair(a.network().host(), 32 - a.length()) < std::pair(b.network().host(), 32 - b.length());
  }
};
using Model = std::map<Ipv4Prefix, uint32_t, ShownBefore>;

void compare(const RouteSet& set, const Model& model) {
  REQUIRE(set.size() == model.size());
  auto expected = model.begin();
  bool same = true;
  set.walk({}, [&](RouteSet::Index i) {
    same = expected != model.end() && set.at(i).prefix() == expected->first && set.at(i).path == expected->second;
    ++expected;
    return same;
  });
  CHECK(same);
  CHECK(expected == model.end());
}

}  // namespace

TEST_CASE("a set of routes is walked in order at every size") {
  std::mt19937 random(5);
  RouteSet set;
  Model model;
  for (const size_t size : {10, 31, 32, 33, 100, 1000, 5000, 100000, 150000}) {
    while (model.size() < size) {
      const auto length = static_cast<uint8_t>(random() % 33);
      const Ipv4Prefix prefix(Ipv4Address(random() & (random() % 4 ? 0xffffffff : 0x0a00ffff)), length);
      const auto path = static_cast<uint32_t>(1 + random() % 1000);
      if (!model.emplace(prefix, path).second) continue;
      REQUIRE(set.insert(prefix, 0, 0, 0, path));
    }
    compare(set, model);
    for (auto at = model.begin(); at != model.end();) {
      if (random() % 8) {
        ++at;
        continue;
      }
      set.erase(set.find(at->first));
      at = model.erase(at);
    }
    compare(set, model);
    const auto half = std::next(model.begin(), static_cast<std::ptrdiff_t>(model.size() / 2));
    std::optional<Ipv4Prefix> next;
    set.walk(half->first, [&](RouteSet::Index i) { return next = set.at(i).prefix(), false; });
    CHECK(next == std::next(half)->first);
  }
}

TEST_CASE("a small set of routes takes kilobytes") {
  RouteSet set;
  CHECK(set.memory() <= 4096);
  for (uint32_t i = 0; i < 100; ++i) REQUIRE(set.insert(Ipv4Prefix(Ipv4Address(i << 24), 24), 0, 0, 0, 1));
  CHECK(set.memory() <= 12288);
}
