// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : refuse what may not be forwarded, decrement the TTL
// Linux counterpart : ip_forward
// Expects           : ip, dst with action Forward
// Guarantees        : TTL decremented, checksum updated (RFC 1624); out is set
// Exits             : Drop(UnicastInL2Multicast), Divert(IcmpError: time exceeded, fragmentation needed, source route failed)
#pragma once

#include "net/checksum.hpp"
#include "packet/worker.hpp"
#include "route/dst.hpp"

namespace flyover::ipv4 {

Verdict forward_unusual(Packet& p, Worker& w) noexcept;  // refused, with options, or to be redirected

// The checksum's one's-complement sum grows by what the TTL shrinks by (ip_decrease_ttl; never yields 0xffff from another value).
inline void decrement_ttl(Ipv4Header& ip) noexcept {
  const uint32_t sum = uint32_t{ip.checksum.raw()} + Be16(uint16_t{0x0100}).raw();
  ip.checksum = Be16::from_raw(static_cast<uint16_t>(sum + (sum >= 0xffff)));
  --ip.ttl;
}

struct Forward {
  static constexpr auto id = StageId::Forward;
  static Verdict step(Packet& p, Worker& w) noexcept {
    Ipv4Header& ip = *p.ip;
    const bool fits = p.length <= p.dst->mtu || !ip.dont_fragment();
    if (p.l2 != L2Kind::Host || ip.ttl <= 1 || !fits || p.has_options || p.redirect) [[unlikely]]
      return forward_unusual(p, w);
    decrement_ttl(ip);
    p.out = p.dst->out;
    p.forwarded = true;
    return go_on();
  }
};

}  // namespace flyover::ipv4
