// SPDX-License-Identifier: BSD-3-Clause
#include "ipv4/forward.hpp"

#include "ipv4/icmp_error.hpp"
#include "ipv4/options.hpp"
#include "ipv4/owe.hpp"

namespace flyover::ipv4 {

Verdict forward_unusual(Packet& p, Worker& w) noexcept {
  Ipv4Header& ip = *p.ip;
  if (p.l2 != L2Kind::Host) return drop(DropReason::UnicastInL2Multicast);  // RFC 1812 5.3.4
  if (ip.ttl <= 1) return owe(p, DropReason::TtlExpired, icmp::kTimeExceeded, icmp::kTtlExceeded);
  if (options::strict_route_failed(p))
    return owe(p, DropReason::StrictRouteFailed, icmp::kDestinationUnreachable, icmp::kSourceRouteFailed);
  if (p.length > p.dst->mtu && ip.dont_fragment())
    return owe(p, DropReason::FragmentationNeeded, icmp::kDestinationUnreachable, icmp::kFragmentationNeeded,
               p.dst->mtu);
  decrement_ttl(ip);
  p.out = p.dst->out;
  if (p.redirect && !options::source_routed(ip)) icmp::redirect(p, w);
  if (p.has_options) options::forward(p, w);
  return go_on();
}

}  // namespace flyover::ipv4
