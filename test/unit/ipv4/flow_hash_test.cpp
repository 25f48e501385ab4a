// SPDX-License-Identifier: BSD-3-Clause
#include "ipv4/flow_hash.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <random>

using namespace flyover;
using namespace flyover::ipv4;

namespace {

constexpr size_t kShares = 16;

// Chi-square of counts against equal shares.
double chi_square(const std::array<uint32_t, kShares>& counts) {
  double total = 0, sum = 0;
  for (const uint32_t n : counts) total += n;
  for (const uint32_t n : counts) sum += (n - total / kShares) * (n - total / kShares) / (total / kShares);
  return sum;
}

// 15 degrees of freedom: 44.3 is exceeded once in 10000.
constexpr double kLimit = 44.3;

template <class Keys>
double spread(uint64_t key, uint32_t seed, Keys keys) {
  Snapshot tables;
  tables.flow_key = key, tables.settings.fib_multipath_hash_seed = seed;
  std::array<uint32_t, kShares> counts{};
  for (uint32_t n = 0; n < 16000; ++n) ++counts[hash_of(keys(n), tables) >> 27];
  return chi_square(counts);
}

FlowKeys addresses(uint32_t source, uint32_t destination) {
  return {.source = Ipv4Address(source), .destination = Ipv4Address(destination)};
}

}  // namespace

TEST_CASE("flows of any pattern spread over the legs", "[flow_hash]") {
  std::mt19937_64 random(3);
  int bad = 0;
  for (int round = 0; round < 20; ++round) {
    const uint64_t key = random();
    const auto seed = static_cast<uint32_t>(round % 4 == 3 ? random() | 1 : 0);
    bad += spread(key, seed, [](uint32_t n) { return addresses(0x0a000002, 0x14000000 + n); }) > kLimit;
    bad += spread(key, seed, [](uint32_t n) { return addresses(0x0a000000 + n, 0x14000001); }) > kLimit;
    bad += spread(key, seed, [](uint32_t n) { return addresses(0x0a000000 + n, 0x14000000 + n); }) > kLimit;
    bad += spread(key, seed, [](uint32_t n) { return addresses(0x0a000000 + (n << 12), 0x14000000); }) > kLimit;
    bad += spread(key, seed, [](uint32_t n) {
             FlowKeys keys = addresses(0x0a000002, 0x14000001);
             keys.source_port = static_cast<uint16_t>(n), keys.destination_port = 0x5000, keys.protocol = 6;
             return keys;
           }) > kLimit;
  }
  CHECK(bad <= 1);
}

TEST_CASE("both directions of a flow are one", "[flow_hash]") {
  Snapshot tables;
  std::mt19937 random(5);
  for (const uint32_t seed : {0U, 4711U}) {
    tables.flow_key = 0x123456789abcdef0, tables.settings.fib_multipath_hash_seed = seed;
    for (int i = 0; i < 1000; ++i) {
      const FlowKeys there{.source = Ipv4Address(random()),
                           .destination = Ipv4Address(random()),
                           .source_port = static_cast<uint16_t>(random()),
                           .destination_port = static_cast<uint16_t>(random()),
                           .protocol = 17};
      const FlowKeys back{.source = there.destination,
                          .destination = there.source,
                          .source_port = there.destination_port,
                          .destination_port = there.source_port,
                          .protocol = 17};
      const uint32_t hash = hash_of(there, tables);
      REQUIRE(hash == hash_of(back, tables));
      REQUIRE(hash < 1U << 31);
    }
  }
}
