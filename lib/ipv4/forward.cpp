// SPDX-License-Identifier: BSD-3-Clause
#include "ipv4/forward.hpp"

#include "ipv4/icmp_error.hpp"
#include "ipv4/options.hpp"
#include "ipv4/owe.hpp"

namespace flyover::ipv4 {

Verdict forward_refused(Packet& p) noexcept {
  if (p.l2 != L2Kind::Host) return drop(DropReason::UnicastInL2Multicast);  // RFC 1812 5.3.4
  if (p.ip->ttl <= 1) return owe(p, DropReason::TtlExpired, icmp::kTimeExceeded, icmp::kTtlExceeded);
  return owe(p, DropReason::FragmentationNeeded, icmp::kDestinationUnreachable, icmp::kFragmentationNeeded, p.dst->mtu);
}

Verdict forward_special(Packet& p, Worker& w) noexcept {
  if (p.redirect && !options::source_routed(*p.ip)) icmp::redirect(p, w);
  return p.has_options ? options::forward(p, w) : go_on();
}

}  // namespace flyover::ipv4
