// SPDX-License-Identifier: BSD-3-Clause
#include "ipv4/worker_turn.hpp"

#include "dpdk/eth_queue.hpp"
#include "ipv4/pipeline.hpp"
#include "packet/run.hpp"

namespace flyover::ipv4 {
namespace {

bool poll_port(Worker& w, const RxQueue& q) noexcept {
  rte_mbuf* mbufs[kRxBurst];
  const uint16_t count = dpdk::rx_burst(q.port, q.queue, mbufs, kRxBurst);
  if (count == 0) return false;
  receive(w, mbufs, count, q.interface);
  return true;
}

// Complete frames from another thread; each says in its note where it leaves.
bool poll_inject(Worker& w, dpdk::MbufRing& ring) noexcept {
  rte_mbuf* mbufs[kRxBurst];
  const uint16_t count = ring.pop(mbufs, kRxBurst);
  w.counters.injected += count;
  for (uint16_t i = 0; i < count; ++i) transmit(mbufs[i], note_of(mbufs[i]).out, w);
  return count != 0;
}

}  // namespace

void take_tables(Worker& w, const Snapshot* current) noexcept {
  w.tables = current;
  w.plan = w.id.value() < current->plans.size() ? current->plans[w.id.value()].get() : nullptr;
  const uint64_t serial = w.plan ? w.plan->serial : 0;
  if (serial == w.plan_serial) return;
  for (auto& buffer : w.tx) buffer.sink = {};
  if (w.plan)
    for (const auto& [interface, sink] : w.plan->tx) w.tx[interface.value()].sink = sink;
  w.plan_serial = serial;
}

void set_clock(Worker& w, uint64_t tsc) noexcept {
  w.now = tsc;
  if (tsc < w.next_ms) return;
  const uint64_t passed = (tsc - w.next_ms) / w.tsc_per_ms + 1;
  w.next_ms += passed * w.tsc_per_ms;
  w.now_ms += passed;
  w.now_s = static_cast<uint32_t>(w.now_ms / 1000 + 1);
}

void receive(Worker& w, rte_mbuf** mbufs, uint16_t count, InterfaceId in) noexcept {
  uint64_t bytes = 0;
  Packet* row = w.burst.begin();  // empty since the last one
  w.burst.resize(count);
  for (uint16_t i = 0; i < count; ++i, ++row) {
    start(*row, mbufs[i], in);
    bytes += mbufs[i]->pkt_len;
  }
  w.counters.received += count;
  w.counters.interface[in.value()].rx_packets += count;
  w.counters.interface[in.value()].rx_bytes += bytes;
  pipeline::forward(w.burst, w);
}

bool worker_turn(Worker& w, const Published<Snapshot>& current, dpdk::Rcu& rcu, uint64_t tsc) noexcept {
  const uint64_t started = rte_rdtsc();
  set_clock(w, tsc);
  take_tables(w, current.load());
  w.sampling = (w.counters.turns % kSampleEvery) == 0;
  bool busy = false;
  if (w.plan) {
    for (const RxQueue& q : w.plan->rx) {
      busy |= poll_port(w, q);
      pipeline::drain_lanes(w);  // they have room for what one burst diverts, not for that of many queues
    }
    for (dpdk::MbufRing* ring : w.plan->inject) busy |= poll_inject(w, *ring);
  }
  if (busy) {
    flush_all(w);
    bury(w);
    ++w.counters.busy_turns;
    w.counters.busy_cycles += rte_rdtsc() - started;
  }
  if (++w.counters.turns % kQuiescentEvery == 0) rcu.quiescent(w.id);
  return busy;
}

}  // namespace flyover::ipv4
