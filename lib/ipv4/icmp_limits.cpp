// SPDX-License-Identifier: BSD-3-Clause
#include "ipv4/icmp_limits.hpp"

#include <algorithm>

namespace flyover::icmp {
namespace {

constexpr uint32_t kPeerBurst = 6;         // messages
constexpr uint64_t kRefillMs = 1000 / 50;  // the global bucket is filled at most so often
constexpr uint64_t kRefillMostMs = 1000;   // and never for longer than this

// One token per millisecond, at most `most`; takes `cost` of them if they are there.
bool take_tokens(Peer& peer, uint64_t now_ms, uint64_t most, uint64_t cost) noexcept {
  uint64_t tokens = std::min(peer.tokens + (now_ms - peer.rate_last), most);
  peer.rate_last = now_ms;
  const bool enough = tokens >= cost;
  if (enough) tokens -= cost;
  peer.tokens = static_cast<uint32_t>(tokens);
  return enough;
}

}  // namespace

bool global_credit(Worker& w) noexcept {
  if (w.icmp_credit > 0) return true;
  const Settings& s = w.tables->settings;
  const uint64_t passed = std::min(w.now_ms - w.icmp_stamp, kRefillMostMs);
  if (passed < kRefillMs) return false;
  const uint64_t fresh = passed * s.icmp_msgs_per_sec / 1000;
  if (fresh == 0) return false;
  w.icmp_stamp = w.now_ms;
  w.icmp_credit =
      static_cast<int32_t>(std::min<int64_t>(w.icmp_credit + static_cast<int64_t>(fresh), s.icmp_msgs_burst));
  return true;
}

bool peer_allows(Peer& peer, uint64_t now_ms, const Settings& s) noexcept {
  if (s.icmp_ratelimit == 0) return true;
  return take_tokens(peer, now_ms, uint64_t{kPeerBurst} * s.icmp_ratelimit, s.icmp_ratelimit);
}

bool error_route_allows(Peer& peer, uint64_t now_ms, const Settings& s) noexcept {
  return take_tokens(peer, now_ms, s.error_burst_ms, s.error_cost_ms);
}

bool redirect_due(Peer& peer, uint64_t now_ms, const Settings& s) noexcept {
  if (now_ms - peer.rate_last > s.redirect_silence_ms) {
    peer.tokens = 0;
    peer.redirects = 0;
  }
  if (peer.redirects >= s.redirect_number) {
    peer.rate_last = now_ms;
    return false;
  }
  const uint64_t pause = uint64_t{s.redirect_load_ms} << std::min(peer.redirects, 31U);
  if (peer.redirects != 0 && now_ms - peer.rate_last <= pause) return false;
  peer.rate_last = now_ms;
  ++peer.redirects;
  return true;
}

}  // namespace flyover::icmp
