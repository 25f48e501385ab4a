// SPDX-License-Identifier: BSD-3-Clause
#include "route/synthetic_table.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <unordered_set>

namespace flyover::route {
namespace {

// How many prefixes of /8, /9 ... /24 the table had.
constexpr std::array<uint32_t, 17> kByLength = {16,   14,    39,    97,    306,   600,    1232,   2263,  14421,
                                                9129, 15184, 27989, 50076, 58299, 123089, 127032, 748351};
constexpr uint8_t kShortest = 8, kLongest = 24;

class Random {  // splitmix64: good enough, and the same everywhere
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t next() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
  }
  uint32_t below(size_t limit) { return static_cast<uint32_t>((next() >> 32) * limit >> 32); }

 private:
  uint64_t state_;
};

bool is_free(const Ipv4Prefix& p) {
  static constexpr Ipv4Prefix kLeftFree[] = {{Ipv4Address(0, 0, 0, 0), 8},      {Ipv4Address(10, 0, 0, 0), 8},
                                             {Ipv4Address(127, 0, 0, 0), 8},    {Ipv4Address(172, 16, 0, 0), 12},
                                             {Ipv4Address(192, 168, 0, 0), 16}, {Ipv4Address(198, 18, 0, 0), 15},
                                             {Ipv4Address(224, 0, 0, 0), 3}};
  return std::none_of(std::begin(kLeftFree), std::end(kLeftFree),
                      [&](const Ipv4Prefix& q) { return q.contains(p) || p.contains(q); });
}

}  // namespace

std::vector<SyntheticRoute> synthetic_table(size_t routes, uint32_t next_hops, uint64_t seed) {
  const size_t all = std::accumulate(kByLength.begin(), kByLength.end(), size_t{0});
  Random random(seed);
  std::unordered_set<Ipv4Prefix> seen(routes);
  std::vector<SyntheticRoute> table;
  table.reserve(routes);
  for (uint8_t length = kShortest; length <= kLongest; ++length) {
    const size_t share = kByLength[length - kShortest] * routes / all;
    const size_t until = length == kLongest ? routes : table.size() + share;
    while (table.size() < until) {
      const Ipv4Prefix prefix(Ipv4Address(static_cast<uint32_t>(random.next() >> 32)), length);
      if (is_free(prefix) && seen.insert(prefix).second) table.push_back({prefix, random.below(next_hops)});
    }
  }
  for (size_t i = table.size(); i > 1; --i) std::swap(table[i - 1], table[random.below(i)]);  // daemons do not sort
  return table;
}

std::vector<Ipv4Address> synthetic_destinations(const std::vector<SyntheticRoute>& table, size_t count, uint64_t seed) {
  Random random(seed);
  std::vector<Ipv4Address> destinations(count);
  for (Ipv4Address& a : destinations) {
    const Ipv4Prefix& p = table[random.below(table.size())].prefix;
    a = Ipv4Address(p.network().host() | (static_cast<uint32_t>(random.next() >> 32) & ~p.mask()));
  }
  return destinations;
}

}  // namespace flyover::route
