// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : refuse what may not be forwarded, decrement the TTL
// Linux counterpart : ip_forward
// Expects           : ip, dst with action Forward
// Guarantees        : TTL decremented, checksum updated (RFC 1624); out is set
// Exits             : Drop(UnicastInL2Multicast), Divert(IcmpError: time exceeded, fragmentation needed, source route failed)
#pragma once

#include <bit>
#include <cstddef>
#include <cstring>

#include "net/checksum.hpp"
#include "packet/worker.hpp"
#include "route/dst.hpp"

namespace flyover::ipv4 {

Verdict forward_unusual(Packet& p, Worker& w) noexcept;  // refused, too long, with options, or to be redirected

// The checksum's one's-complement sum grows by what the TTL shrinks by (ip_decrease_ttl; never yields 0xffff from another value).
// TTL, protocol and checksum are one little-endian word, TTL lowest: adding 0xffff takes 1 from its lower half, if that is not 0,
// and adds 1 to its upper half.
inline void decrement_ttl(Ipv4Header& ip) noexcept {
  static_assert(std::endian::native == std::endian::little &&
                offsetof(Ipv4Header, checksum) == offsetof(Ipv4Header, ttl) + 2);
  uint32_t word;
  std::memcpy(&word, &ip.ttl, sizeof word);
  uint64_t sum = uint64_t{word} + 0xffff;
  if (sum >= 0xffff0000) [[unlikely]]
    sum += 0x10000;
  word = static_cast<uint32_t>(sum);
  std::memcpy(&ip.ttl, &word, sizeof word);
}

struct Forward {
  static constexpr auto id = StageId::Forward;
  static Verdict step(Packet& p, Worker& w) noexcept {
    Ipv4Header& ip = *p.ip;
    if (ip.ttl <= 1 || p.length > p.dst->mtu || !p.plain_out()) [[unlikely]]
      return forward_unusual(p, w);
    decrement_ttl(ip);
    p.out = p.dst->out;
    return go_on();
  }
};

}  // namespace flyover::ipv4
