// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : what a worker remembers of a peer: its token bucket for ICMP errors and its redirect state
// Linux counterpart : inet_peer (inet_peer_xrlim_allow, ip_rt_send_redirect)
// Guarantees        : fixed size; a full set forgets its least recently used peer, so traffic cannot grow it; which peers share a
//                     set nobody outside can tell, so that nobody can choose sources that make it forget a certain one
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "base/secret.hpp"
#include "net/address.hpp"

namespace flyover {

// One clock and one credit for both uses, as the kernel has it: a redirect uses up the credit for errors, too.
struct Peer {
  static constexpr uint64_t kForgotten = 60'000;  // ms: a new peer is as one that was silent for so long

  Ipv4Address address;
  uint32_t tokens = 0;     // ms of credit at `rate_last`
  uint64_t rate_last = 0;  // ms, modulo 2^64
  uint32_t redirects = 0;  // sent in a row
  uint64_t used = 0;       // ms; 0: the slot is free
};

class PeerTable {
 public:
  static constexpr size_t kSets = 4096, kWays = 4;

  // The peer's slot; a new peer's is fresh: full credit, no redirect sent.
  Peer& at(Ipv4Address address, uint64_t now_ms) noexcept {
    Peer* set = peers_[(address.raw() * multiplier_) >> 52].data();
    Peer* oldest = set;
    for (size_t i = 0; i < kWays; ++i) {
      if (set[i].address == address && set[i].used) return set[i].used = now_ms | 1, set[i];
      if (set[i].used < oldest->used) oldest = &set[i];
    }
    *oldest = Peer{.address = address, .rate_last = now_ms - Peer::kForgotten, .used = now_ms | 1};
    return *oldest;
  }

 private:
  uint64_t multiplier_ = secret() | 1;
  std::unique_ptr<std::array<Peer, kWays>[]> peers_ = std::make_unique<std::array<Peer, kWays>[]>(kSets);
};
static_assert(PeerTable::kSets == 1U << 12, "the hash keeps 12 bits");

}  // namespace flyover
