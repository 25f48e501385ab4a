// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : how many ICMP errors and redirects may leave
// Linux counterpart : icmp_global_allow, icmp_global_consume, icmpv4_xrlim_allow, inet_peer_xrlim_allow, ip_error,
//                     ip_rt_send_redirect
// Guarantees        : pure arithmetic on a worker's buckets; time is w.now_ms. Each worker has buckets of its own
//                     (docs/differences.md, icmp-limits-per-worker).
#pragma once

#include "packet/worker.hpp"

namespace flyover::icmp {

// Neither limit counts this message: fragmentation needed, and the types that are not in icmp_ratemask.
inline bool exempt(uint8_t type, uint8_t code, const Settings& s) noexcept {
  if (type > 18) return true;
  if (type == kDestinationUnreachable && code == kFragmentationNeeded) return true;
  return !(s.icmp_ratemask >> type & 1);
}

// The bucket of all peers: is there credit? A message that then really leaves costs 0, 1 or 2 at random, so that an observer
// cannot count what others were sent.
bool global_credit(Worker& w) noexcept;
inline void spend_global(Worker& w) noexcept { w.icmp_credit -= static_cast<int32_t>(w.random() % 3); }

// The peer's bucket: one message each icmp_ratelimit, six at once.
bool peer_allows(Peer& peer, uint64_t now_ms, const Settings& s) noexcept;

// Errors of error routes (no route, unreachable, prohibit) pay from the same bucket before they come to icmp_send.
bool error_route_allows(Peer& peer, uint64_t now_ms, const Settings& s) noexcept;

// At most redirect_number redirects in a row, each twice as long after the last as that one was; from the start again when the
// peer has been silent for redirect_silence. True: send one, it is booked.
bool redirect_due(Peer& peer, uint64_t now_ms, const Settings& s) noexcept;

}  // namespace flyover::icmp
