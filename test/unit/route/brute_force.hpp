// SPDX-License-Identifier: BSD-3-Clause
// Purpose : longest-prefix match that cannot be wrong, to compare with
#pragma once

#include <cstdint>
#include <random>
#include <unordered_map>

#include "net/address.hpp"

namespace flyover::route::test {

class BruteForce {
 public:
  struct Covering {
    uint8_t length = 0;
    uint32_t value = 0;
  };
  void set(const Ipv4Prefix& p, uint32_t value) { by_prefix_[p] = value; }
  bool clear(const Ipv4Prefix& p) { return by_prefix_.erase(p) == 1; }
  uint32_t lookup(Ipv4Address a) const { return longest(a, 32, 0).value; }
  // The next shorter prefix that covers `p`, longer than /0.
  Covering covering(const Ipv4Prefix& p) const {
    return p.length() == 0 ? Covering{} : longest(p.network(), p.length() - 1, 1);
  }
  const auto& prefixes() const { return by_prefix_; }

 private:
  Covering longest(Ipv4Address a, int from, int to) const {
    for (int length = from; length >= to; --length) {
      const auto found = by_prefix_.find(Ipv4Prefix(a, static_cast<uint8_t>(length)));
      if (found != by_prefix_.end()) return {static_cast<uint8_t>(length), found->second};
    }
    return {};
  }
  std::unordered_map<Ipv4Prefix, uint32_t> by_prefix_;
};

// Prefixes that often cover one another: all lie in a few corners of the address space.
inline Ipv4Prefix crowded_prefix(std::mt19937& random) {
  static constexpr uint32_t kCorners[] = {0x0a000000, 0xc0a80000, 0xffffff00, 0x00000000};
  static constexpr uint8_t kLengths[] = {14, 16, 18, 20, 22, 23, 24, 24, 25, 26, 27, 28, 29, 30, 31, 32, 32, 32};
  static constexpr uint8_t kShort[] = {0, 8, 10, 12};  // rare: each writes many words
  const uint8_t length =
      random() % 64 ? kLengths[random() % std::size(kLengths)] : kShort[random() % std::size(kShort)];
  const uint32_t spread = random() & (random() % 4 == 0 ? 0x3fffff : 0x7ff);
  return Ipv4Prefix(Ipv4Address(kCorners[random() % std::size(kCorners)] ^ spread), length);
}
inline Ipv4Address crowded_address(std::mt19937& random) {
  const Ipv4Prefix p = crowded_prefix(random);
  return Ipv4Address(p.network().host() | (random() & ~p.mask()));
}

}  // namespace flyover::route::test
