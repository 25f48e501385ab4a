// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : integers in network byte order that cannot be read or written by mistake
// Guarantees : alignment 1, so wire headers need no packing; one move and one byte swap per access
#pragma once

#include <array>
#include <bit>
#include <compare>
#include <cstdint>

namespace flyover {

template <class T>
constexpr T swap_to_network(T v) {
  if constexpr (std::endian::native == std::endian::big || sizeof(T) == 1) {
    return v;
  } else if constexpr (sizeof(T) == 2) {
    return static_cast<T>(__builtin_bswap16(v));
  } else {
    return static_cast<T>(__builtin_bswap32(v));
  }
}

template <class T>
class BigEndian {
 public:
  constexpr BigEndian() = default;
  constexpr explicit BigEndian(T host) : bytes_(std::bit_cast<Bytes>(swap_to_network(host))) {}
  static constexpr BigEndian from_raw(T wire) {
    BigEndian v;
    v.bytes_ = std::bit_cast<Bytes>(wire);
    return v;
  }
  constexpr T host() const { return swap_to_network(raw()); }
  constexpr T raw() const { return std::bit_cast<T>(bytes_); }  // as it lies in memory, for sums and equality
  constexpr bool operator==(const BigEndian& o) const { return raw() == o.raw(); }
  constexpr auto operator<=>(const BigEndian& o) const { return host() <=> o.host(); }

 private:
  using Bytes = std::array<uint8_t, sizeof(T)>;
  Bytes bytes_{};
};

using Be16 = BigEndian<uint16_t>;
using Be32 = BigEndian<uint32_t>;
static_assert(sizeof(Be16) == 2 && alignof(Be16) == 1);
static_assert(sizeof(Be32) == 4 && alignof(Be32) == 1);

}  // namespace flyover
