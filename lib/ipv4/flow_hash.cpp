// SPDX-License-Identifier: BSD-3-Clause
#include "ipv4/flow_hash.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <optional>
#include <span>

#include "ipv4/payload.hpp"
#include "net/headers.hpp"

namespace flyover::ipv4 {
namespace {

constexpr uint8_t kIpv6 = 41, kDccp = 33;

// SipHash-2-4 over 32-bit words (Aumasson and Bernstein, 2012).
class SipHash {
 public:
  explicit SipHash(uint64_t key0, uint64_t key1)
      : v_{key0 ^ 0x736f6d6570736575ULL, key1 ^ 0x646f72616e646f6dULL, key0 ^ 0x6c7967656e657261ULL,
           key1 ^ 0x7465646279746573ULL} {}

  uint64_t of(std::span<const uint32_t> words) noexcept {
    size_t i = 0;
    for (; i + 1 < words.size(); i += 2) take(uint64_t{words[i + 1]} << 32 | words[i]);
    take(uint64_t{words.size() * 4} << 56 | (i < words.size() ? words[i] : 0));
    v_[2] ^= 0xff;
    for (int n = 0; n < 4; ++n) round();
    return v_[0] ^ v_[1] ^ v_[2] ^ v_[3];
  }

 private:
  void take(uint64_t m) noexcept {
    v_[3] ^= m;
    round();
    round();
    v_[0] ^= m;
  }
  void half(int a, int b, int c, int d, int r, int s) noexcept {
    v_[a] += v_[b], v_[c] += v_[d];
    v_[b] = std::rotl(v_[b], r) ^ v_[a], v_[d] = std::rotl(v_[d], s) ^ v_[c];
    v_[a] = std::rotl(v_[a], 32);
  }
  void round() noexcept {
    half(0, 1, 2, 3, 13, 16);
    half(2, 1, 0, 3, 17, 21);
  }
  uint64_t v_[4];
};

// An address of a flow inside a tunnel, which may be IPv6: 1 or 4 words.
struct Inner {
  bool six = false;
  uint32_t label = 0;
  uint8_t protocol = 0;
  std::array<uint32_t, 4> source{}, destination{};
};

// The words that Linux hashes, in its order: protocol, flow label, two VLAN tags, key id, ports, ICMP, addresses; one more
// since its struct ends at a multiple of 8 bytes.
uint32_t by_seed(uint32_t seed, uint8_t protocol, uint32_t label, uint32_t ports, std::span<const uint32_t> addresses) {
  std::array<uint32_t, 18> words{};
  words[0] = uint32_t{protocol} << 16;
  words[1] = label;
  words[7] = ports;
  std::copy(addresses.begin(), addresses.end(), words.begin() + 9);
  const uint64_t key = uint64_t{seed} << 32 | seed;
  const auto hash = static_cast<uint32_t>(SipHash(key, key).of(std::span(words).first(10 + addresses.size())));
  return std::max(hash, 1U) >> 1;
}

uint32_t hash_of(const Inner& flow, const Snapshot& tables) noexcept {
  const bool swap = std::memcmp(flow.destination.data(), flow.source.data(), 16) < 0;
  const auto &first = swap ? flow.destination : flow.source, &second = swap ? flow.source : flow.destination;
  if (const uint32_t seed = tables.settings.fib_multipath_hash_seed) {
    std::array<uint32_t, 8> addresses;
    std::copy(second.begin(), second.end(), std::copy(first.begin(), first.end(), addresses.begin()));
    return by_seed(seed, flow.protocol, flow.label, 0, addresses);
  }
  uint64_t sum = uint64_t{flow.label} << 8 | flow.protocol;
  for (size_t i = 0; i < 4; ++i)
    sum = uint64_t{mix_flow(tables.flow_key, uint64_t{second[i]} << 32 | first[i], sum)} << 32 | i;
  return static_cast<uint32_t>(sum >> 32);
}

// Bytes of the packet behind its IP header's start; null where it has fewer.
class Reader {
 public:
  explicit Reader(const Packet& p) : p_(p) {}
  template <class T>
  std::optional<T> at(uint32_t offset) const noexcept {
    T value;
    if (offset + sizeof(T) > p_.length) return std::nullopt;
    const void* bytes = rte_pktmbuf_read(p_.mbuf, ip_offset(p_) + offset, sizeof(T), &value);
    if (!bytes) return std::nullopt;
    if (bytes != &value) std::memcpy(&value, bytes, sizeof value);
    return value;
  }

 private:
  const Packet& p_;
};

// proto_ports_offset: where the first four bytes tell flows apart.
std::optional<uint32_t> ports_offset(uint8_t protocol) noexcept {
  switch (protocol) {
    case protocol::kTcp:
    case protocol::kUdp:
    case kDccp:
    case protocol::kEsp:
    case protocol::kSctp:
    case protocol::kUdpLite: return 0;
    case protocol::kAh: return 4;
    default: return std::nullopt;
  }
}

// Policy 0. An error is of the flow that it is about.
FlowKeys by_addresses(const Packet& p) noexcept {
  const Ipv4Header& ip = *p.ip;
  FlowKeys keys{.source = ip.source, .destination = ip.destination};
  if (ip.protocol != protocol::kIcmp || ip.fragment_offset() != 0) return keys;
  const Reader bytes(p);
  const auto icmp = bytes.at<IcmpHeader>(ip.header_length());
  if (!icmp || (icmp->type != 3 && icmp->type != 4 && icmp->type != 5 && icmp->type != 11 && icmp->type != 12))
    return keys;
  if (const auto about = bytes.at<Ipv4Header>(ip.header_length() + uint32_t{sizeof(IcmpHeader)}))
    keys.source = about->source, keys.destination = about->destination;
  return keys;
}

// Policy 1. What came in fragments has no ports, nor has the first of them, so that all go one way.
FlowKeys by_ports(const Packet& p) noexcept {
  const Ipv4Header& ip = *p.ip;
  FlowKeys keys{.source = ip.source, .destination = ip.destination, .protocol = ip.protocol};
  const auto offset = ports_offset(ip.protocol);
  if (!offset || ip.is_fragment()) return keys;
  if (const auto ports = Reader(p).at<std::array<uint16_t, 2>>(ip.header_length() + *offset))
    keys.source_port = (*ports)[0], keys.destination_port = (*ports)[1];
  return keys;
}

}  // namespace

uint32_t hash_of(const FlowKeys& keys, const Snapshot& tables) noexcept {
  const auto [low, high] = std::minmax(keys.source_port, keys.destination_port);
  const uint32_t ports = uint32_t{high} << 16 | low;
  const uint64_t pair = address_pair(keys.source, keys.destination);
  const uint32_t seed = tables.settings.fib_multipath_hash_seed;
  if (seed == 0) return mix_flow(tables.flow_key, pair, uint64_t{keys.protocol} << 32 | ports);
  const std::array<uint32_t, 2> addresses{static_cast<uint32_t>(pair), static_cast<uint32_t>(pair >> 32)};
  return by_seed(seed, keys.protocol, 0, ports, addresses);
}

namespace {

struct GreHeader {
  Be16 flags, protocol;
};

// Where the packet inside a GRE header begins, and its Ethernet type; 0: it is not looked at.
struct InGre {
  uint32_t offset = 0;
  uint16_t type = 0;
};

InGre inside_gre(const Reader& bytes, uint32_t at) noexcept {
  constexpr uint16_t kChecksum = 0x8000, kRouting = 0x4000, kKey = 0x2000, kSequence = 0x1000, kVersion = 7;
  const auto header = bytes.at<GreHeader>(at);
  if (!header) return {};
  const uint16_t flags = header->flags.host();
  if (flags & (kRouting | kVersion)) return {};
  InGre inner{at + 4, header->protocol.host()};
  for (const uint16_t flag : {kChecksum, kKey, kSequence}) inner.offset += flags & flag ? 4 : 0;
  if (inner.type != 0x6558) return inner;  // an Ethernet frame
  const auto ethernet = bytes.at<EthernetHeader>(inner.offset);
  if (!ethernet) return {};
  return {inner.offset + uint32_t{sizeof(EthernetHeader)}, ethernet->type.host()};
}

// Policy 2: the innermost addresses that tunnels lead to.
uint32_t inner_hash(const Packet& p, const Worker& w) noexcept {
  constexpr int kMostHeaders = 15;  // MAX_FLOW_DISSECT_HDRS
  const Reader bytes(p);
  FlowKeys keys{.source = p.ip->source, .destination = p.ip->destination};
  Ipv4Header ip = *p.ip;
  uint32_t at = 0;
  for (int headers = 0; headers < kMostHeaders && !ip.is_fragment(); ++headers) {
    uint16_t type = ip.protocol == protocol::kIpip ? 0x0800 : ip.protocol == kIpv6 ? 0x86dd : 0;
    at += ip.header_length();
    if (ip.protocol == protocol::kGre) {
      const InGre inner = inside_gre(bytes, at);
      at = inner.offset, type = inner.type;
    }
    if (type == 0x86dd) {
      const auto six = bytes.at<std::array<uint32_t, 10>>(at);
      if (!six) break;
      const auto* raw = reinterpret_cast<const uint8_t*>(six->data());
      Inner flow{.six = true, .label = (raw[1] & 15U) << 16 | raw[2] << 8U | raw[3], .protocol = raw[6]};
      std::copy_n(six->begin() + 2, 4, flow.source.begin());
      std::copy_n(six->begin() + 6, 4, flow.destination.begin());
      return hash_of(flow, *w.tables);
    }
    if (type != 0x0800) break;
    const auto next = bytes.at<Ipv4Header>(at);
    if (!next || next->header_length() < sizeof(Ipv4Header)) break;
    ip = *next;
    keys.source = ip.source, keys.destination = ip.destination;
  }
  return hash_of(keys, *w.tables);
}

}  // namespace

uint32_t unusual_flow_hash(const Packet& p, const Worker& w) noexcept {
  switch (w.tables->settings.fib_multipath_hash_policy) {
    case 1: return hash_of(by_ports(p), *w.tables);
    case 2: return inner_hash(p, w);
    default: return hash_of(by_addresses(p), *w.tables);
  }
}

uint32_t output_flow_hash(const Packet& p, const Worker& w) noexcept {
  const bool ports = w.tables->settings.fib_multipath_hash_policy == 1;
  return hash_of(ports ? by_ports(p) : FlowKeys{.source = p.ip->source, .destination = p.ip->destination}, *w.tables);
}

}  // namespace flyover::ipv4
