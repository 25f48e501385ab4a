// SPDX-License-Identifier: BSD-3-Clause
#include "synthetic_table.hpp"

#include <array>
#include <unordered_set>

namespace flyover::bench {
namespace {

// Prefixes of lengths 8..24 in the Internet's table of June 2026.
constexpr std::array<uint32_t, 17> kOfLength{16,   14,    39,    97,    306,   600,    1232,   2263,  14421,
                                             9129, 15184, 27989, 50076, 58299, 123089, 127032, 748351};

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 2 + 1) {}
  uint32_t next() {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<uint32_t>(state_ >> 32);
  }

 private:
  uint64_t state_;
};

uint8_t draw_length(Random& random) {
  uint32_t all = 0;
  for (const uint32_t n : kOfLength) all += n;
  uint32_t at = random.next() % all;
  uint8_t length = 8;
  for (const uint32_t n : kOfLength) {
    if (at < n) break;
    at -= n;
    ++length;
  }
  return length;
}

bool is_usable(Ipv4Address a) {
  const uint32_t first = a.host() >> 24;
  return first != 0 && first != 10 && first != 127 && first < 224;
}

}  // namespace

std::vector<Ipv4Prefix> synthetic_table(size_t routes, uint64_t seed) {
  Random random(seed);
  std::unordered_set<Ipv4Prefix> seen;
  std::vector<Ipv4Prefix> table;
  while (table.size() < routes) {
    const Ipv4Prefix p(Ipv4Address(random.next()), draw_length(random));
    if (is_usable(p.network()) && seen.insert(p).second) table.push_back(p);
  }
  return table;
}

}  // namespace flyover::bench
