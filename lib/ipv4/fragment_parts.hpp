// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : the arithmetic of fragments: how many, how long, their headers' fields and sums
// Linux counterpart : ip_frag_init, ip_frag_next
// Guarantees        : pure; checksums as if each were computed anew
#pragma once

#include <algorithm>
#include <cstring>

#include "net/checksum.hpp"

namespace flyover::ipv4 {

// How a datagram's bytes behind the header are dealt out.
struct Cut {
  uint16_t header;     // bytes of each fragment's header
  uint16_t each;       // bytes of data in all fragments but the last
  uint16_t last;       // bytes of data in the last
  uint16_t fragments;  // how many; 0: the room is too small

  uint16_t data(uint16_t number) const { return number + 1 == fragments ? last : each; }
};

inline Cut cut_for(uint16_t header, uint16_t length, uint16_t limit) noexcept {
  Cut c{.header = header, .each = 0, .last = 0, .fragments = 0};
  const uint16_t room = static_cast<uint16_t>(limit - std::min(limit, c.header));
  const uint16_t data = static_cast<uint16_t>(length - c.header);
  c.each = room & ~7;  // offsets count in units of 8 bytes
  if (c.each == 0) return c;
  // The last one may be as long as the room is, be that a multiple of 8 or not.
  const uint32_t over = data - std::min(data, room);
  const uint32_t before = over <= c.each ? over != 0 : (over + c.each - 1) / c.each;  // mostly two: spares the division
  c.fragments = static_cast<uint16_t>(before + 1);
  c.last = static_cast<uint16_t>(data - before * c.each);
  return c;
}

// The header that fragments have in common, and its sum without the fields in which they differ.
class Header {
 public:
  explicit Header(const Ipv4Header& ip) noexcept : from_(ip), size_(ip.header_length()) {
    const auto without = [](Be16 field) { return static_cast<uint16_t>(~field.raw()); };
    sum_ = checksum_add(0, &ip, sizeof ip) + without(ip.total_length) + without(ip.fragment) + without(ip.checksum);
    if (size_ > sizeof ip) [[unlikely]]
      sum_ = checksum_add(sum_, &ip + 1, size_ - sizeof ip);
  }
  void write(Ipv4Header& to, uint16_t data, uint16_t fragment) const noexcept {
    std::memcpy(&to, &from_, sizeof to);
    if (size_ > sizeof to) [[unlikely]]
      std::memcpy(&to + 1, &from_ + 1, size_ - sizeof to);
    differ(to, data, fragment);
  }
  void differ(Ipv4Header& ip, uint16_t data, uint16_t fragment) const noexcept {
    const Be16 length(static_cast<uint16_t>(size_ + data)), field(fragment);
    ip.total_length = length;
    ip.fragment = field;
    ip.checksum = checksum_finish(sum_ + length.raw() + field.raw());
  }

 private:
  const Ipv4Header& from_;
  uint16_t size_;
  uint64_t sum_;
};

}  // namespace flyover::ipv4
