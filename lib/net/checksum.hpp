// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : the Internet checksum (RFC 1071) and its incremental update (RFC 1624)
// Guarantees : pure; sums are of raw 16-bit words, so no byte is swapped
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "net/headers.hpp"

namespace flyover {

// Adds `size` bytes at `data` to a running 64-bit sum; only the last piece may have an odd size.
inline uint64_t checksum_add(uint64_t sum, const void* data, size_t size) {
  const auto* p = static_cast<const uint8_t*>(data);
  for (; size >= 4; size -= 4, p += 4) {
    uint32_t word;
    std::memcpy(&word, p, 4);
    sum += word;
  }
  if (size >= 2) {
    uint16_t word;
    std::memcpy(&word, p, 2);
    sum += word;
    p += 2;
    size -= 2;
  }
  if (size) sum += Be16(static_cast<uint16_t>(*p << 8)).raw();
  return sum;
}

constexpr uint16_t checksum_fold(uint64_t sum) {
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(sum);
}

// The value for a checksum field, given the sum over data whose field is zero.
constexpr Be16 checksum_finish(uint64_t sum) { return Be16::from_raw(static_cast<uint16_t>(~checksum_fold(sum))); }

inline bool ipv4_checksum_ok(const Ipv4Header& ip) {
  return checksum_fold(checksum_add(0, &ip, ip.header_length())) == 0xffff;
}

inline void set_ipv4_checksum(Ipv4Header& ip) {
  ip.checksum = Be16();
  ip.checksum = checksum_finish(checksum_add(0, &ip, ip.header_length()));
}

// TCP and UDP pseudo-header (RFC 768, RFC 9293 3.1); `length` is that of the transport header and data.
inline uint64_t pseudo_header_sum(Ipv4Address source, Ipv4Address destination, uint8_t protocol, uint16_t length) {
  return uint64_t{source.raw()} + destination.raw() + Be16(protocol).raw() + Be16(length).raw();
}

// RFC 1624 eqn. 3: HC' = ~(~HC + ~m + m'), for one 16-bit word that changes from `before` to `after`.
constexpr Be16 checksum_update(Be16 checksum, Be16 before, Be16 after) {
  const uint32_t sum =
      uint32_t{static_cast<uint16_t>(~checksum.raw())} + static_cast<uint16_t>(~before.raw()) + after.raw();
  return checksum_finish(sum);
}

}  // namespace flyover
