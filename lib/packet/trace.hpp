// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : where did my packet go: a record per stop of each traced packet
// Guarantees : off: one test per burst and group; on: a fixed ring per worker, the oldest record is lost first, never a packet.
//              The control thread arms and reads, at any time; `armed`, `state` and `head` are the only words that both touch.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>

#include "base/strong_id.hpp"
#include "net/headers.hpp"
#include "packet/packet.hpp"

namespace flyover {

struct TraceRecord {
  uint64_t tsc;
  uint16_t packet;  // Packet::trace
  uint16_t frame_length;
  InterfaceId in, out;
  StageId first, last;  // the group of stages that ran; last is where the packet left, if it left
  Verdict verdict;
  Owed owed;
  uint8_t captured;  // bytes of `data` that are set
  bool is_ip;        // data starts at the IP header, else at the Ethernet header
  std::array<uint8_t, 64> data;
};

// Which packets to trace: every field that is set must match.
struct TraceFilter {
  InterfaceId in;                                  // none: any
  Ipv4Address source, destination;                 // with masks of zero: any
  uint32_t source_mask = 0, destination_mask = 0;  // raw, as the addresses
  uint8_t protocol = 0;                            // 0: any

  // `ip` is null for what is not IPv4: traced where no IPv4 field is asked for.
  bool matches(InterfaceId i, const Ipv4Header* header) const {
    if (in != kNoInterface && in != i) return false;
    if (!header) return !source_mask && !destination_mask && !protocol;
    const Ipv4Header& ip = *header;
    return ((ip.source.raw() ^ source.raw()) & source_mask) == 0 &&
           ((ip.destination.raw() ^ destination.raw()) & destination_mask) == 0 &&
           (protocol == 0 || protocol == ip.protocol);
  }
};

class Trace {
 public:
  static constexpr uint32_t kRecords = 1024;  // per worker: about a hundred packets' journeys

  bool armed() const noexcept { return armed_.load(std::memory_order_relaxed); }

  // Worker: a packet enters; returns its trace number, or 0. No more than the asked number of packets begin.
  uint16_t begin(InterfaceId in, const Ipv4Header* ip) noexcept {
    State now = state_.load(std::memory_order_acquire);
    if (now.left == 0 || !filters_[now.serial % 2].matches(in, ip)) return 0;
    State next = now;
    --next.left;
    next.number = static_cast<uint16_t>(now.number % 0xffff + 1);
    // Armed anew, or disarmed, meanwhile: this packet came too early or too late.
    return state_.compare_exchange_strong(now, next, std::memory_order_relaxed) ? next.number : uint16_t{0};
  }
  void record(const TraceRecord& r) noexcept {
    const uint64_t at = head_.load(std::memory_order_relaxed);
    ring_[at % kRecords] = r;
    head_.store(at + 1, std::memory_order_release);
  }

  // Control: traces `count` more packets that match, the first gets the number behind `number`; 0 disarms and forgets nothing.
  void arm(uint32_t count, const TraceFilter& filter, uint16_t number = 0) {
    const auto serial = static_cast<uint16_t>(state_.load(std::memory_order_relaxed).serial + 1);
    filters_[serial % 2] = filter;  // a packet that begins just now looks at the other one
    state_.store({.left = count, .number = number, .serial = serial}, std::memory_order_release);
    armed_.store(count != 0, std::memory_order_release);
  }
  // Control: records packets that others trace, begins none.
  void follow(bool on) {
    state_.store({.serial = state_.load(std::memory_order_relaxed).serial}, std::memory_order_release);
    armed_.store(on, std::memory_order_release);
  }
  // Control: the records still in the ring, oldest first. A record that is being overwritten meanwhile is left out.
  template <class Visit>
  void read(Visit visit) const {
    const uint64_t end = head_.load(std::memory_order_acquire);
    for (uint64_t at = end > kRecords ? end - kRecords : 0; at < end; ++at) {
      const TraceRecord r = ring_[at % kRecords];
      std::atomic_thread_fence(std::memory_order_acquire);
      if (head_.load(std::memory_order_relaxed) - at < kRecords) visit(r);
    }
  }

 private:
  struct alignas(8) State {
    uint32_t left = 0;                // packets that may begin
    uint16_t number = 0, serial = 0;  // of the last packet; of the filter
  };
  static_assert(std::atomic<State>::is_always_lock_free);

  std::atomic<bool> armed_{false};
  std::atomic<State> state_{};
  std::atomic<uint64_t> head_{0};
  std::array<TraceFilter, 2> filters_;  // by serial
  std::unique_ptr<TraceRecord[]> ring_ = std::make_unique<TraceRecord[]>(kRecords);
};

}  // namespace flyover
