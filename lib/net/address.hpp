// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : IPv4 and MAC addresses, prefixes: values, their classes, their text
// Guarantees : Ipv4Address and MacAddress lie in memory as on the wire (alignment 1); parse() takes what `ip` takes
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/byte_order.hpp"

namespace flyover {

class Ipv4Address {
 public:
  constexpr Ipv4Address() = default;
  constexpr explicit Ipv4Address(uint32_t host) : be_(host) {}
  constexpr Ipv4Address(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
      : be_(uint32_t{a} << 24 | uint32_t{b} << 16 | uint32_t{c} << 8 | d) {}
  static std::optional<Ipv4Address> parse(std::string_view text);  // "10.0.0.1"; also "10.1" as `ip` reads it: 10.1.0.0

  constexpr uint32_t host() const { return be_.host(); }
  constexpr uint32_t raw() const { return be_.raw(); }
  constexpr bool operator==(const Ipv4Address&) const = default;
  constexpr auto operator<=>(const Ipv4Address&) const = default;

  constexpr bool is_any() const { return raw() == 0; }
  constexpr bool is_limited_broadcast() const { return raw() == 0xffffffffU; }
  constexpr bool is_multicast() const { return (host() >> 28) == 0xe; }            // RFC 1112
  constexpr bool is_loopback() const { return (host() >> 24) == 127; }             // RFC 1122 3.2.1.3 (g)
  constexpr bool is_local_multicast() const { return (host() >> 8) == 0xe00000; }  // 224.0.0.0/24
  std::string to_string() const;

 private:
  Be32 be_;
};
static_assert(sizeof(Ipv4Address) == 4 && alignof(Ipv4Address) == 1);

inline constexpr Ipv4Address kAnyAddress{};
inline constexpr Ipv4Address kLimitedBroadcast{0xffffffffU};

class Ipv4Prefix {
 public:
  constexpr Ipv4Prefix() = default;
  constexpr Ipv4Prefix(Ipv4Address network, uint8_t length)  // host bits are cleared; length 0..32
      : network_(network.host() & mask_of(length)), length_(length) {}
  static std::optional<Ipv4Prefix> parse(
      std::string_view text);  // "10.0.0.0/8", "10.0.0.1", "default"; host bits are kept out

  static constexpr uint32_t mask_of(uint8_t length) { return length == 0 ? 0 : ~uint32_t{0} << (32 - length); }
  constexpr Ipv4Address network() const { return network_; }
  constexpr uint8_t length() const { return length_; }
  constexpr uint32_t mask() const { return mask_of(length_); }
  constexpr Ipv4Address broadcast() const { return Ipv4Address(network_.host() | ~mask()); }
  constexpr bool contains(Ipv4Address a) const { return (a.host() & mask()) == network_.host(); }
  constexpr bool contains(const Ipv4Prefix& p) const { return p.length_ >= length_ && contains(p.network_); }
  constexpr bool operator==(const Ipv4Prefix&) const = default;
  constexpr auto operator<=>(const Ipv4Prefix&) const = default;
  std::string to_string() const;  // "10.0.0.0/8", always with the length

 private:
  Ipv4Address network_;
  uint8_t length_ = 0;
};

class MacAddress {
 public:
  constexpr MacAddress() = default;
  constexpr explicit MacAddress(std::array<uint8_t, 6> bytes) : bytes_(bytes) {}
  static std::optional<MacAddress> parse(std::string_view text);  // "02:00:00:00:00:01", one or two digits a byte
  static constexpr MacAddress from_word(uint64_t word) {          // the low 48 bits, first byte lowest
    MacAddress m;
    for (int i = 0; i < 6; ++i) m.bytes_[i] = static_cast<uint8_t>(word >> (8 * i));
    return m;
  }

  constexpr const std::array<uint8_t, 6>& bytes() const { return bytes_; }
  constexpr uint64_t word() const {  // 48 bits, first byte lowest: how a neighbour's entry holds it
    uint64_t w = 0;
    for (int i = 5; i >= 0; --i) w = w << 8 | bytes_[i];
    return w;
  }
  constexpr bool is_multicast() const { return bytes_[0] & 1; }  // the group bit; broadcast has it too
  constexpr bool is_broadcast() const { return word() == 0xffffffffffffULL; }
  constexpr bool is_zero() const { return word() == 0; }
  constexpr bool operator==(const MacAddress&) const = default;
  constexpr auto operator<=>(const MacAddress&) const = default;
  std::string to_string() const;

 private:
  std::array<uint8_t, 6> bytes_{};
};
static_assert(sizeof(MacAddress) == 6 && alignof(MacAddress) == 1);

inline constexpr MacAddress kBroadcastMac{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

// RFC 1112 6.4: the low 23 bits of the group under 01:00:5e.
constexpr MacAddress multicast_mac(Ipv4Address group) {
  const uint32_t g = group.host();
  return MacAddress({0x01, 0x00, 0x5e, static_cast<uint8_t>((g >> 16) & 0x7f), static_cast<uint8_t>(g >> 8),
                     static_cast<uint8_t>(g)});
}

}  // namespace flyover

template <>
struct std::hash<flyover::Ipv4Address> {
  size_t operator()(flyover::Ipv4Address a) const noexcept { return a.host() * 0x9e3779b97f4a7c15ULL >> 16; }
};
template <>
struct std::hash<flyover::Ipv4Prefix> {
  size_t operator()(const flyover::Ipv4Prefix& p) const noexcept {
    return (uint64_t{p.network().host()} << 8 | p.length()) * 0x9e3779b97f4a7c15ULL >> 20;
  }
};
