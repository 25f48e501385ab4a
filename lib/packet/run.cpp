// SPDX-License-Identifier: BSD-3-Clause
#include "packet/run.hpp"

#include <bit>
#include <cstring>
#include <utility>

namespace flyover {
namespace {

void count_drop(InterfaceId in, DropReason reason, Worker& w) noexcept {
  ++w.counters.drop[index_of(reason)];
  ++w.counters.interface[in.value() % kMaxInterfaces].rx_dropped;
}

void bury_later(rte_mbuf* m, Worker& w) noexcept {
  if (w.graveyard.count == Graveyard::kSize) bury(w);
  w.graveyard.mbufs[w.graveyard.count++] = m;
}

void drop_packet(const Packet& p, DropReason reason, Worker& w) noexcept {
  count_drop(p.in, reason, w);
  bury_later(p.mbuf, w);
}

void divert_packet(Packet& p, Lane lane, Worker& w) noexcept {
  if (++p.passes > Worker::kMaxPasses) return drop_packet(p, DropReason::LoopLimit, w);
  spill(p);
  if (!w.lanes[index_of(lane)].push(p.mbuf)) return drop_packet(p, DropReason::LaneFull, w);
  w.lanes_waiting |= lane_bit(lane);
  ++w.counters.lane[index_of(lane)];
}

void punt_packet(const Packet& p, PuntReason reason, Worker& w) noexcept {
  spill(p);
  note_of(p.mbuf).dst = nullptr;
  dpdk::MbufRing* ring = w.punt[index_of(reason)];
  if (!ring || !ring->push(p.mbuf))
    return drop_packet(p, reason == PuntReason::HookQueue ? DropReason::HookQueueFull : DropReason::PuntQueueFull, w);
  ++w.counters.punt[index_of(reason)];
}

void leave_one(Packet& p, Verdict v, Worker& w) noexcept {
  switch (v.exit()) {
    case Exit::Drop: return drop_packet(p, static_cast<DropReason>(v.code()), w);
    case Exit::Punt: return punt_packet(p, static_cast<PuntReason>(v.code()), w);
    case Exit::Divert: return divert_packet(p, static_cast<Lane>(v.code()), w);
    case Exit::Continue:
    case Exit::Consumed: return;  // whoever took the mbuf counts it: transmit buffers as sent, use_up() as consumed
  }
}

DropReason why_refused(const rte_mbuf& m, const TxSink& sink) noexcept {
  if (!sink.send) return DropReason::OutputInterfaceDown;
  return m.nb_segs > sink.most_segments ? DropReason::NoBuffer : DropReason::TxRingFull;
}

// What the far side has left of a buffer.
[[gnu::cold, gnu::noinline]] void discard_rest(TxBuffer& buffer, uint16_t taken, InterfaceCount& count,
                                               Worker& w) noexcept {
  for (uint16_t i = taken; i < buffer.count; ++i) {
    buffer.bytes -= buffer.mbufs[i]->pkt_len;
    discard(buffer.mbufs[i], why_refused(*buffer.mbufs[i], buffer.sink), w);
    ++count.tx_dropped;
  }
}

}  // namespace

void leave(Burst& b, const Leavers& out, Worker& w) noexcept {
  const Leavers::Leaver* next = out.begin();
  uint16_t kept = next->row;
  for (uint16_t row = kept; row < b.size(); ++row) {
    if (next != out.end() && next->row == row) {
      leave_one(b[row], next->verdict(), w);
      ++next;
    } else {
      b[kept++] = b[row];
    }
  }
  b.resize(kept);
}

void enter(Lane lane, Packet& p, Worker& w) noexcept { divert_packet(p, lane, w); }

void discard(rte_mbuf* m, DropReason reason, Worker& w) noexcept {
  count_drop(kNoInterface, reason, w);
  bury_later(m, w);
}

void use_up(rte_mbuf* m, Worker& w) noexcept {
  ++w.counters.consumed;
  bury_later(m, w);
}

void take(Lane lane, Burst& b, Worker& w, uint16_t most) noexcept {
  LaneQueue& q = w.lanes[index_of(lane)];
  while (q.size() && b.size() < most) reload(b.add(), q.pop());
  if (!q.size()) w.lanes_waiting &= ~lane_bit(lane);
}

void flush(InterfaceId out, Worker& w) noexcept {
  TxBuffer& buffer = w.tx[out.value()];
  if (buffer.count == 0) return;
  InterfaceCount& count = w.counters.interface[out.value()];
  const uint16_t taken =
      buffer.sink.send ? buffer.sink.send(buffer.sink.context, buffer.mbufs.data(), buffer.count) : 0;
  if (taken < buffer.count) [[unlikely]]
    discard_rest(buffer, taken, count, w);
  if (!buffer.sink.relay) {
    count.tx_packets += taken;
    count.tx_bytes += buffer.bytes;
  }
  w.counters.sent += taken;
  buffer.count = 0;
  buffer.bytes = 0;
}

void flush_all(Worker& w) noexcept {
  for (uint16_t i = 0; i < w.tx_waiting.size(); ++i)
    for (uint64_t waiting = std::exchange(w.tx_waiting[i], 0); waiting; waiting &= waiting - 1)
      flush(InterfaceId(static_cast<uint16_t>(i * 64 + std::countr_zero(waiting))), w);
}

void free_buried(Worker& w) noexcept {
  rte_pktmbuf_free_bulk(w.graveyard.mbufs.data(), w.graveyard.count);
  w.graveyard.count = 0;
}

void trace_group(const Burst& b, const Leavers& out, StageId first, StageId last, Worker& w) noexcept {
  const Leavers::Leaver* next = out.begin();
  auto& burst = const_cast<Burst&>(b);
  for (uint16_t row = 0; row < b.size(); ++row) {
    const bool leaves = next != out.end() && next->row == row;
    Packet& p = burst[row];
    // A packet that was consumed or sent belongs to somebody else by now: its row may be read, its bytes may not.
    const bool readable = leaves ? next->exit != Exit::Consumed : last != StageId::Enqueue;
    // What lies behind a runt's end is of an earlier frame.
    const uint8_t* data = readable ? rte_pktmbuf_mtod(p.mbuf, const uint8_t*) : nullptr;
    const uint8_t* data_end = data ? data + rte_pktmbuf_data_len(p.mbuf) : nullptr;
    const bool has_header = data && p.ip && reinterpret_cast<const uint8_t*>(p.ip + 1) <= data_end;
    if (first == StageId::Classify && readable) p.trace = w.trace.begin(p.in, has_header ? p.ip : nullptr);
    if (p.trace) {
      TraceRecord r{.tsc = rte_rdtsc(),
                    .packet = p.trace,
                    .in = p.in,
                    .out = p.out,
                    .first = first,
                    .last = leaves ? next->stage : last};
      r.verdict = leaves ? next->verdict() : go_on();
      r.owed = p.owed;
      if (readable) {
        const auto* start = has_header ? reinterpret_cast<const uint8_t*>(p.ip) : data;
        r.is_ip = has_header;
        r.frame_length = static_cast<uint16_t>(rte_pktmbuf_pkt_len(p.mbuf));
        r.captured = static_cast<uint8_t>(std::min<size_t>(r.data.size(), static_cast<size_t>(data_end - start)));
        std::memcpy(r.data.data(), start, r.captured);
      }
      w.trace.record(r);
    }
    if (leaves) ++next;
  }
}

}  // namespace flyover
