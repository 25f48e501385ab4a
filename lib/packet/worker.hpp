// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : everything that one core writes while it forwards
// Guarantees : one writer (its thread); passed by reference, never global. The control thread has one too, for slow packets:
//              the same stages run on it, its transmit sinks lead into the other workers' rings.
#pragma once

#include <rte_cycles.h>
#include <rte_mbuf.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <vector>

#include "base/secret.hpp"
#include "base/strong_id.hpp"
#include "dpdk/ring.hpp"
#include "packet/counters.hpp"
#include "packet/packet.hpp"
#include "packet/peer_table.hpp"
#include "packet/snapshot.hpp"
#include "packet/trace.hpp"
#include "packet/tx.hpp"

namespace flyover {

struct RxQueue {
  PortId port;
  QueueId queue;
  InterfaceId interface;
};

// What a worker polls and where its frames go; part of the snapshot, so that ports come and go between two turns.
struct WorkerPlan {
  uint64_t serial = 0;  // never the same for two plans of a router
  std::vector<RxQueue> rx;
  std::vector<std::pair<InterfaceId, TxSink>> tx;
  std::vector<dpdk::MbufRing*> inject;  // complete frames from other threads, a ring for each of them
};

// Mbufs that wait, in order, for a lane to be drained. Bounded: a burst may divert all its rows, a lane's drain may divert again.
struct LaneQueue {
  static constexpr uint16_t kSize = 512;
  uint16_t head = 0, tail = 0;  // positions modulo 2^16; tail - head = how many wait
  std::array<rte_mbuf*, kSize> mbufs;

  uint16_t size() const { return static_cast<uint16_t>(tail - head); }
  bool push(rte_mbuf* m) {
    if (size() == kSize) return false;
    mbufs[tail++ % kSize] = m;
    return true;
  }
  rte_mbuf* pop() { return mbufs[head++ % kSize]; }
};

constexpr uint32_t lane_bit(Lane lane) { return 1U << index_of(lane); }

// Freed mbufs, collected so that they go back to their pool in bulk.
struct Graveyard {
  static constexpr uint16_t kSize = 128;
  uint16_t count = 0;
  std::array<rte_mbuf*, kSize> mbufs;
};

namespace route {
class RouteCache;
}

struct alignas(64) Worker {
  static constexpr uint8_t kMaxPasses = 8;  // lanes that one packet may go through

  WorkerId id;
  const Snapshot* tables = nullptr;  // loaded once per turn
  uint64_t now = 0;                  // TSC at the start of the turn
  uint64_t now_ms = 0;               // the same in milliseconds: alike in all workers
  uint32_t now_s = 1;                // the same in seconds, plus 1; 0: what is sent is no use of its next hop
  uint64_t next_ms = 0;              // TSC at which now_ms moves on
  uint64_t tsc_per_ms = 1;
  bool sampling = false;  // this turn's stages are timed

  Burst burst;       // what came from a queue
  Burst lane_burst;  // what came from a lane
  std::array<LaneQueue, index_of(Lane::Count)> lanes;
  uint32_t lanes_waiting = 0;  // lane_bit() of each that is not empty
  Graveyard graveyard;
  std::vector<TxBuffer> tx;                                // by InterfaceId, kMaxInterfaces long
  std::array<uint64_t, kMaxInterfaces / 64> tx_waiting{};  // bit per interface: its buffer is not empty
  const WorkerPlan* plan = nullptr;                        // of `tables`: what this worker polls and where it sends
  uint64_t plan_serial = 0;                                // of the plan whose sinks are in `tx`
  std::array<dpdk::MbufRing*, index_of(PuntReason::Count)> punt{};  // to the control thread; null: refused
  route::RouteCache* route_cache = nullptr;                         // of this worker alone; null: none
  rte_mempool* pool = nullptr;                                      // for packets that this worker makes

  WorkerCounters counters;
  Trace trace;
  PeerTable peers;
  int32_t icmp_credit = 50;              // global ICMP bucket: messages; below zero by a random cost
  uint64_t icmp_stamp = 0;               // ms
  uint64_t random_state = secret() | 1;  // xorshift: never zero
  std::array<uint16_t, 2048> ip_id{};    // IP identification by hash of (source, destination, protocol)

  uint64_t ip_id_key = 0;  // of that hash, so that nobody outside can tell who shares a counter

  explicit Worker(WorkerId number) : id(number), tx(kMaxInterfaces) {
    for (uint16_t& counter : ip_id) counter = static_cast<uint16_t>(random());
    ip_id_key = uint64_t{random()} << 32 | random();
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Milliseconds since midnight UT, as ICMP and IP timestamps have it (RFC 792).
  uint32_t day_ms() const noexcept {
    return static_cast<uint32_t>((now_ms + static_cast<uint64_t>(tables->utc_offset_ms)) % 86'400'000);
  }

  uint32_t random() noexcept {
    random_state ^= random_state << 13, random_state ^= random_state >> 7, random_state ^= random_state << 17;
    return static_cast<uint32_t>(random_state >> 32);
  }
};

}  // namespace flyover
