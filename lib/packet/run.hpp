// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : the only loop over packets, and the only place where they leave the line
// Guarantees : run<A, B, C>(burst, worker): each packet takes the stages in order until one does not say Continue; the rest
//              of the burst keeps its order. leave() counts, frees, diverts and punts; nothing is copied while all continue.
// Cost       : measured by flyover-bench for each group
#pragma once

#include <rte_cycles.h>

#include <array>
#include <concepts>
#include <cstdint>

#include "packet/worker.hpp"

namespace flyover {

// Who left a burst, in row order. Its rows are not set before they are used: it is made anew for each group and usually stays empty.
class Leavers {
 public:
  struct Leaver {
    uint16_t row;
    StageId stage;
    Exit exit;
    uint8_t code;
    Verdict verdict() const { return {exit, code}; }
  };
  void add(uint16_t row, Verdict v, StageId stage) { list_[count_++] = {row, stage, v.exit(), v.code()}; }
  bool empty() const { return count_ == 0; }
  const Leaver* begin() const { return list_.data(); }
  const Leaver* end() const { return list_.data() + count_; }

 private:
  std::array<Leaver, Burst::kMax> list_;
  uint16_t count_ = 0;
};

// A packet stage is an object that lives as long as its group's loop: what it reads of the tables for every packet it loads once,
// in a constructor from (const Burst&, const Worker&), and keeps in registers. One that needs nothing has no constructor.
template <class S>
concept PacketStage = requires(S& s, Packet& p, Worker& w) {
  { s.step(p, w) }
  noexcept->std::same_as<Verdict>;
  { S::id } -> std::convertible_to<StageId>;
};
template <class S>
concept BurstStage = requires(Burst& b, Worker& w, Leavers& l) {
  { S::run(b, w, l) }
  noexcept;
  { S::id } -> std::convertible_to<StageId>;
};
template <class S>
concept SkippableStage = requires(const Worker& w) {  // a stage that can say "nothing to do for this burst"
  { S::idle(w) }
  noexcept->std::same_as<bool>;
};

// ---- leaving (run.cpp) ----
void leave(Burst& b, const Leavers& out, Worker& w) noexcept;
void trace_group(const Burst& b, const Leavers& out, StageId first, StageId last, Worker& w) noexcept;

// A packet that a stage has made (counted as created) or taken out of a ring goes into a lane; dropped if that is full.
void enter(Lane lane, Packet& p, Worker& w) noexcept;
// Frees a packet that is not in a burst, under a reason: what a full transmit queue refuses, what a hold queue pushes out.
void discard(rte_mbuf* m, DropReason reason, Worker& w) noexcept;
// Counts a packet that was used up outside a burst and frees it.
void use_up(rte_mbuf* m, Worker& w) noexcept;
// Moves up to `most` packets from a lane into the worker's lane burst.
void take(Lane lane, Burst& b, Worker& w, uint16_t most = Burst::kMax) noexcept;
// Puts a complete frame into the egress interface's buffer, and empties that when it is full.
void flush(InterfaceId out, Worker& w) noexcept;
inline void append(TxBuffer& buffer, rte_mbuf* m, InterfaceId out, Worker& w) noexcept {  // `out`'s buffer
  const uint16_t at = buffer.count;
  if (at == 0) w.tx_waiting[out.value() / 64] |= uint64_t{1} << (out.value() % 64);
  buffer.mbufs[at] = m;
  buffer.bytes += m->pkt_len;
  buffer.count = static_cast<uint16_t>(at + 1);
  if (at + 1 == TxBuffer::kSize) [[unlikely]]
    flush(out, w);
}
inline void transmit(rte_mbuf* m, InterfaceId out, Worker& w) noexcept { append(w.tx[out.value()], m, out, w); }
void flush_all(Worker& w) noexcept;
void free_buried(Worker& w) noexcept;
inline void bury(Worker& w) noexcept {  // empties the graveyard
  if (w.graveyard.count) free_buried(w);
}

// Takes a packet through the stages; true if it came through. Else `v` is the verdict of `at`, the first that did not say
// Continue. Written so that a stage's go_on() costs nothing once it is inlined.
template <PacketStage S, PacketStage... Rest>
inline bool pass(Packet& p, Worker& w, Verdict& v, StageId& at, S& stage, Rest&... rest) noexcept {
  v = stage.step(p, w);
  if (!v.goes_on()) [[unlikely]] {
    at = S::id;
    return false;
  }
  if constexpr (sizeof...(Rest) != 0) return pass(p, w, v, at, rest...);
  return true;
}

template <PacketStage S>
inline S begin(const Burst& b, const Worker& w) noexcept {
  if constexpr (std::constructible_from<S, const Burst&, const Worker&>)
    return S(b, w);
  else
    return S();
}

template <PacketStage... S>
inline void run_packets(Burst& b, Worker& w, Leavers& out, S... stages) noexcept {
  Packet* const first = b.begin();
  for (Packet *p = first, *end = b.end(); p != end; ++p) {
    Verdict v;
    StageId at;
    if (!pass(*p, w, v, at, stages...)) [[unlikely]]
      out.add(static_cast<uint16_t>(p - first), v, at);
  }
}

template <class First, class... Rest>
inline void run_stages(Burst& b, Worker& w, Leavers& out) noexcept {
  StageCount& count = w.counters.stage[index_of(First::id)];
  count.packets += b.size();
  count.bursts += 1;
  if constexpr (BurstStage<First>) {
    static_assert(sizeof...(Rest) == 0, "a burst stage is a group of its own");
    First::run(b, w, out);
  } else {
    run_packets(b, w, out, begin<First>(b, w), begin<Rest>(b, w)...);
  }
}

// The same while somebody looks on: with times taken, with a record of each traced packet.
template <class First, class... Rest>
[[gnu::noinline]] void run_watched(Burst& b, Worker& w) noexcept {
  constexpr StageId last = [] {
    StageId id = First::id;
    ((id = Rest::id), ...);
    return id;
  }();
  const uint64_t before = rte_rdtsc();
  const uint16_t entered = b.size();
  Leavers out;
  run_stages<First, Rest...>(b, w, out);
  if (w.trace.armed()) trace_group(b, out, First::id, last, w);
  if (!out.empty()) leave(b, out, w);
  if (!w.sampling) return;
  StageCount& count = w.counters.stage[index_of(First::id)];
  count.sampled_cycles += rte_rdtsc() - before;
  count.sampled_packets += entered;
}

template <class First, class... Rest>
[[gnu::noinline]] void run_group(Burst& b, Worker& w) noexcept {
  if (w.sampling | w.trace.armed()) [[unlikely]]
    return run_watched<First, Rest...>(b, w);
  Leavers out;
  run_stages<First, Rest...>(b, w, out);
  if (!out.empty()) [[unlikely]]
    leave(b, out, w);
}

template <class First, class... Rest>
inline void run(Burst& b, Worker& w) noexcept {
  if (b.empty()) return;
  if constexpr (SkippableStage<First>)
    if (First::idle(w)) [[likely]]
      return;
  run_group<First, Rest...>(b, w);
}

}  // namespace flyover
