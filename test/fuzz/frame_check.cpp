// SPDX-License-Identifier: BSD-3-Clause
#include "frame_check.hpp"

#include <algorithm>

namespace flyover::fuzz {
namespace {

constexpr size_t kEthernet = 14, kArp = 28, kHeader = 20;
using View = std::span<const uint8_t>;

uint32_t word_at(View b, size_t at) { return static_cast<uint32_t>(b[at] << 8 | b[at + 1]); }
void put_word(std::span<uint8_t> b, size_t at, uint32_t word) {
  b[at] = static_cast<uint8_t>(word >> 8);
  b[at + 1] = static_cast<uint8_t>(word);
}

// RFC 1071, byte by byte.
uint32_t ones_sum(View bytes, uint32_t sum = 0) {
  for (size_t i = 0; i < bytes.size(); ++i) sum += i % 2 ? bytes[i] : static_cast<uint32_t>(bytes[i] << 8);
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return sum;
}

uint32_t pseudo_sum(View ip, size_t length) {
  return ones_sum(ip.subspan(12, 8), ip[9] + static_cast<uint32_t>(length));
}

std::string wrong_with_arp(View arp, View mac) {
  if (arp.size() != kArp) return "ARP of a wrong length";
  constexpr uint8_t head[] = {0, 1, 8, 0, 6, 4, 0};
  if (!std::equal(std::begin(head), std::end(head), arp.begin())) return "ARP for something else than IPv4 on Ethernet";
  if (arp[7] != 1 && arp[7] != 2) return "an ARP operation that nobody knows";
  if (!std::equal(mac.begin(), mac.end(), arp.begin() + 8)) return "ARP that says a MAC that is not the port's";
  return "";
}

// A packet of the router's own: its checksum is right, and an error is no longer than RFC 1812 allows.
std::string wrong_with_own(View ip, View l4) {
  const bool icmp = ip[9] == 1, tcp = ip[9] == 6;
  if (icmp && ones_sum(l4) != 0xffff) return "a wrong ICMP checksum";
  if (tcp && ones_sum(l4, pseudo_sum(ip, l4.size())) != 0xffff) return "a wrong TCP checksum";
  const bool error = icmp && l4.size() >= 8 && (l4[0] == 3 || l4[0] == 5 || l4[0] == 11 || l4[0] == 12);
  if (error && ip.size() > 576) return "an ICMP error of more than 576 bytes";
  if (error && l4.size() < 8 + kHeader) return "an ICMP error that quotes less than a header";
  return "";
}

std::string wrong_with_ipv4(View ip, const Limits& limits) {
  if (ip.size() < kHeader) return "less than an IPv4 header";
  const size_t header = (ip[0] & 15) * 4U, total = word_at(ip, 2);
  if (ip[0] >> 4 != 4) return "an IP version that is not 4";
  if (header < kHeader || header > total) return "a wrong IPv4 header length";
  if (total != ip.size()) return "a total length that is not the frame's";
  if (total > limits.mtu) return "longer than the MTU";
  if (ones_sum(ip.subspan(0, header)) != 0xffff) return "a wrong IPv4 header checksum";
  if (ip[8] == 0) return "TTL 0";
  const uint32_t source = word_at(ip, 12) << 16 | word_at(ip, 14);
  const bool own = std::find(limits.own.begin(), limits.own.end(), source) != limits.own.end();
  return own && (word_at(ip, 6) & 0x3fff) == 0 ? wrong_with_own(ip, ip.subspan(header)) : "";
}

}  // namespace

std::string wrong_with(View frame, const Limits& limits) {
  if (frame.size() < kEthernet) return "no Ethernet header";
  if (!std::equal(limits.mac.begin(), limits.mac.end(), frame.begin() + 6))
    return "a source MAC that is not the port's";
  const uint32_t type = word_at(frame, 12);
  if (type == 0x0806) return wrong_with_arp(frame.subspan(kEthernet), limits.mac);
  if (type != 0x0800) return "an Ethernet type that is neither IPv4 nor ARP";
  return wrong_with_ipv4(frame.subspan(kEthernet), limits);
}

bool header_sum_right(View frame) {
  if (frame.size() < kEthernet + kHeader || word_at(frame, 12) != 0x0800) return false;
  const size_t header = (frame[kEthernet] & 15) * 4U;
  return header >= kHeader && kEthernet + header <= frame.size() &&
         ones_sum(frame.subspan(kEthernet, header)) == 0xffff;
}

void mend(std::span<uint8_t> frame, const Fixes& fixes) {
  if (frame.size() < kEthernet + kHeader || word_at(frame, 12) != 0x0800) return;
  const auto ip = frame.subspan(kEthernet, std::min<size_t>(frame.size() - kEthernet, 65535));
  const size_t header = (ip[0] & 15) * 4U;
  if (header < kHeader || header > ip.size()) return;
  if (fixes.lengths) put_word(ip, 2, static_cast<uint32_t>(ip.size()));
  const size_t total = word_at(ip, 2);
  if (total >= header && total <= ip.size()) {
    const auto l4 = ip.subspan(header, total - header);
    const bool whole = (word_at(ip, 6) & 0x3fff) == 0;
    const uint8_t protocol = ip[9];
    const bool icmp = protocol == 1, tcp = protocol == 6, udp = protocol == 17;
    const size_t at = icmp ? 2 : tcp ? 16 : 6, least = icmp || udp ? 8 : 20;
    if (whole && (icmp || tcp || udp) && l4.size() >= least) {
      if (udp && fixes.lengths) put_word(l4, 4, static_cast<uint32_t>(l4.size()));
      if (fixes.payload) {
        put_word(l4, at, 0);
        const uint32_t sum = ones_sum(l4, icmp ? 0 : pseudo_sum(ip, l4.size()));
        put_word(l4, at, sum == 0xffff && udp ? 0xffff : 0xffff & ~sum);
      }
    }
  }
  if (fixes.header) {
    put_word(ip, 10, 0);
    put_word(ip, 10, 0xffff & ~ones_sum(ip.subspan(0, header)));
  }
}

}  // namespace flyover::fuzz
