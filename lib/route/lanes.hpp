// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : compare a number with the bounds of sixteen next hops at once
// Linux counterpart : fib_select_multipath, one by one
// Guarantees        : the wide and the plain form give the same answer (test/unit/route/next_hops_test.cpp)
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

inline uint32_t count_less_plain(const Lanes& lanes, uint32_t value) noexcept {
  uint32_t count = 0;
  for (const uint32_t lane : lanes.lane) count += lane < value;
  return count;
}

// How many of the lanes are less.
#ifdef __AVX512F__
inline uint32_t count_less(const Lanes& lanes, uint32_t value) noexcept {
  const __m512i values = _mm512_set1_epi32(static_cast<int>(value));
  return static_cast<uint32_t>(std::popcount(_mm512_cmplt_epu32_mask(_mm512_load_si512(&lanes), values)));
}
#else
inline uint32_t count_less(const Lanes& lanes, uint32_t value) noexcept { return count_less_plain(lanes, value); }
#endif

}  // namespace flyover::route
