// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : compare what a packet has with what sixteen rules ask for, or with the bounds of sixteen next hops, at once
// Linux counterpart : fib_rule_match, fib4_rule_match, for one rule at a time
// Guarantees        : the wide and the plain form give the same answer (test/unit/route/rule_lanes_test.cpp)
// Cost              : three instructions and two loads for sixteen rules and a field
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#ifdef __AVX512F__
#include <immintrin.h>
#endif

namespace flyover::route {

inline constexpr size_t kLanes = 16;
struct alignas(64) Lanes {
  std::array<uint32_t, kLanes> lane{};
};

// What is compared in each of `words` words, and what has to lie in a range in each of `ranges` words.
struct Compared {
  const uint32_t* keys;  // the words, then the ranges
  uint32_t words, ranges;
};

// `rules`: for each word the value and the mask of sixteen rules, for each range its first and how many behind it. Bit n of the
// answer: rule n matches.
inline uint32_t match_plain(const Compared& c, const Lanes* rules) noexcept {
  uint32_t missed = 0;
  const uint32_t* key = c.keys;
  for (uint32_t i = 0; i < c.words; ++i, ++key, rules += 2)
    for (size_t n = 0; n < kLanes; ++n) missed |= uint32_t{((*key ^ rules[0].lane[n]) & rules[1].lane[n]) != 0} << n;
  for (uint32_t i = 0; i < c.ranges; ++i, ++key, rules += 2)
    for (size_t n = 0; n < kLanes; ++n) missed |= uint32_t{*key - rules[0].lane[n] > rules[1].lane[n]} << n;
  return ~missed & 0xffff;
}

inline uint32_t count_less_plain(const Lanes& lanes, uint32_t value) noexcept {
  uint32_t count = 0;
  for (const uint32_t lane : lanes.lane) count += lane < value;
  return count;
}

#ifdef __AVX512F__
inline uint32_t match(const Compared& c, const Lanes* rules) noexcept {
  __m512i missed = _mm512_setzero_si512();
  const uint32_t* key = c.keys;
  for (uint32_t i = 0; i < c.words; ++i, ++key, rules += 2) {
    const __m512i odd = _mm512_xor_si512(_mm512_set1_epi32(static_cast<int>(*key)), _mm512_load_si512(&rules[0]));
    missed = _mm512_or_si512(missed, _mm512_and_si512(odd, _mm512_load_si512(&rules[1])));
  }
  __mmask16 matched = _mm512_testn_epi32_mask(missed, missed);
  for (uint32_t i = 0; i < c.ranges; ++i, ++key, rules += 2) {
    const __m512i above = _mm512_sub_epi32(_mm512_set1_epi32(static_cast<int>(*key)), _mm512_load_si512(&rules[0]));
    matched = _mm512_mask_cmple_epu32_mask(matched, above, _mm512_load_si512(&rules[1]));
  }
  return matched;
}
// How many of the lanes are less.
inline uint32_t count_less(const Lanes& lanes, uint32_t value) noexcept {
  const __m512i values = _mm512_set1_epi32(static_cast<int>(value));
  return static_cast<uint32_t>(std::popcount(_mm512_cmplt_epu32_mask(_mm512_load_si512(&lanes), values)));
}
#else
inline uint32_t match(const Compared& c, const Lanes* rules) noexcept { return match_plain(c, rules); }
inline uint32_t count_less(const Lanes& lanes, uint32_t value) noexcept { return count_less_plain(lanes, value); }
#endif

}  // namespace flyover::route
