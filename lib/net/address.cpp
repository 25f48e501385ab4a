// SPDX-License-Identifier: BSD-3-Clause
#include "net/address.hpp"

#include <charconv>
#include <cstdio>

namespace flyover {
namespace {

template <class T>
std::optional<T> number(std::string_view text, int base, T most) {
  unsigned long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size() || value > most) return std::nullopt;
  return static_cast<T>(value);
}

// Calls take(part) for each part between separators; false as soon as take says so.
template <class Take>
bool split(std::string_view text, char separator, Take take) {
  for (;;) {
    const size_t at = text.find(separator);
    if (!take(text.substr(0, at))) return false;
    if (at == std::string_view::npos) return true;
    text.remove_prefix(at + 1);
  }
}

}  // namespace

std::optional<Ipv4Address> Ipv4Address::parse(std::string_view text) {
  uint32_t value = 0;
  int parts = 0;
  const bool good = split(text, '.', [&](std::string_view part) {
    const auto byte = number<uint8_t>(part, 10, 255);
    if (!byte || parts == 4) return false;
    value |= uint32_t{*byte} << (24 - 8 * parts++);
    return true;
  });
  if (!good) return std::nullopt;
  return Ipv4Address(value);
}

std::string Ipv4Address::to_string() const {
  char text[16];
  const uint32_t a = host();
  std::snprintf(text, sizeof text, "%u.%u.%u.%u", a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255);
  return text;
}

std::optional<Ipv4Prefix> Ipv4Prefix::parse(std::string_view text) {
  if (text == "default" || text == "any" || text == "all") return Ipv4Prefix();
  const size_t slash = text.find('/');
  const auto address = Ipv4Address::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  if (slash == std::string_view::npos) return Ipv4Prefix(*address, 32);
  const auto length = number<uint8_t>(text.substr(slash + 1), 10, 32);
  if (!length) return std::nullopt;
  return Ipv4Prefix(*address, *length);
}

std::string Ipv4Prefix::to_string() const { return network_.to_string() + "/" + std::to_string(length_); }

std::optional<MacAddress> MacAddress::parse(std::string_view text) {
  std::array<uint8_t, 6> bytes{};
  size_t count = 0;
  const bool good = split(text, ':', [&](std::string_view part) {
    const auto byte = part.size() <= 2 ? number<uint8_t>(part, 16, 255) : std::nullopt;
    if (!byte || count == 6) return false;
    bytes[count++] = *byte;
    return true;
  });
  if (!good || count != 6) return std::nullopt;
  return MacAddress(bytes);
}

std::string MacAddress::to_string() const {
  char text[18];
  std::snprintf(text, sizeof text, "%02x:%02x:%02x:%02x:%02x:%02x", bytes_[0], bytes_[1], bytes_[2], bytes_[3],
                bytes_[4], bytes_[5]);
  return text;
}

}  // namespace flyover
