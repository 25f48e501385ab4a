// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : what one worker counts; plain integers, one writer
// Guarantees : readers load with relaxed atomic_ref and add up over workers; nobody ever writes but the worker
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "packet/reasons.hpp"

namespace flyover {

inline constexpr uint16_t kMaxInterfaces = 256;

struct StageCount {
  uint64_t packets = 0;  // that entered the stage's group
  uint64_t bursts = 0;
  uint64_t sampled_packets = 0;  // of the turns in which time was taken
  uint64_t sampled_cycles = 0;   // TSC cycles; booked on the first stage of a group
};

struct InterfaceCount {
  uint64_t rx_packets = 0, rx_bytes = 0, tx_packets = 0, tx_bytes = 0;
  uint64_t rx_dropped = 0, tx_dropped = 0, rx_multicast = 0;
};

struct WorkerCounters {
  // The law: received + injected + created = sent + dropped + punted + consumed + held (held: in lanes, buffers, queues now).
  uint64_t received = 0;  // from ports
  uint64_t injected = 0;  // from rings of other threads
  uint64_t created = 0;   // made here: ICMP, ARP, fragments, reassembled datagrams
  uint64_t sent = 0;      // taken by a port or by another thread's ring
  uint64_t consumed = 0;  // used up here: fragments that became a datagram, ARP and ICMP that were acted on
  std::array<uint64_t, index_of(DropReason::Count)> drop{};
  std::array<uint64_t, index_of(PuntReason::Count)> punt{};
  std::array<uint64_t, index_of(Lane::Count)> lane{};
  std::array<StageCount, index_of(StageId::Count)> stage{};
  std::array<InterfaceCount, kMaxInterfaces> interface {};
  // ICMP errors: RFC 1812 4.3.2.
  uint64_t icmp_sent = 0, icmp_suppressed = 0, icmp_limited_global = 0, icmp_limited_peer = 0, redirects_sent = 0;
  uint64_t forwarded = 0, delivered = 0, fragments_made = 0, fragmented = 0, reassembled = 0;
  uint64_t cache_hits = 0, cache_misses = 0,
           cache_aside = 0;  // of packets that policy rules concern; the last did not ask
  uint64_t turns = 0, busy_turns = 0, busy_cycles = 0;

  uint64_t dropped() const {
    uint64_t sum = 0;
    for (uint64_t n : drop) sum += n;
    return sum;
  }
  uint64_t punted() const {
    uint64_t sum = 0;
    for (uint64_t n : punt) sum += n;
    return sum;
  }
};

// For a reader in another thread.
inline uint64_t peek(const uint64_t& counter) {
  return std::atomic_ref<uint64_t>(const_cast<uint64_t&>(counter)).load(std::memory_order_relaxed);
}

}  // namespace flyover
