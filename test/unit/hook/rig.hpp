// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : a worker with a hook table, packets that are numbered by their mark, a ring to the queue
// Guarantees : check_conservation(): every packet is accounted for and every mbuf back in its pool
#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "dpdk/mbuf_pool.hpp"
#include "hook/queue.hpp"
#include "hook/run.hpp"

namespace flyover::test {

using hook::Batch;
using hook::Hook;
using hook::HookVerdict;
using Marks = std::vector<uint32_t>;

struct Rig {
  dpdk::MbufPool pool = dpdk::MbufPool::create("hook_test", {.count = 8191, .cache = 0}).value();
  dpdk::MbufRing ring = dpdk::MbufRing::create("hook_test", 1024).value();
  hook::HookTable hooks;
  Snapshot snapshot;
  std::unique_ptr<Worker> owner = std::make_unique<Worker>(WorkerId(0));
  Worker& w = *owner;

  Rig() {
    snapshot.hooks = &hooks;
    w.tables = &snapshot;
    w.pool = pool.raw();
    w.punt[index_of(PuntReason::HookQueue)] = &ring;
  }

  Packet packet(uint32_t mark) {
    rte_mbuf* m = rte_pktmbuf_alloc(pool.raw());
    REQUIRE(m != nullptr);
    Packet p;
    start(p, m, InterfaceId(2));
    p.ip = reinterpret_cast<Ipv4Header*>(rte_pktmbuf_append(m, 34) + 14);
    p.mark = mark;
    ++w.counters.received;
    return p;
  }

  // The marks of the packets that came through, which count as sent.
  template <Hook H>
  Marks through(const std::vector<Packet>& packets) {
    Burst b;
    for (const Packet& p : packets) b.add() = p;
    run<hook::Run<H>>(b, w);
    Marks marks;
    for (Packet& p : b) {
      marks.push_back(p.mark);
      rte_pktmbuf_free(p.mbuf);
      ++w.counters.sent;
    }
    b.resize(0);
    return marks;
  }
  template <Hook H>
  Marks through(uint32_t count) {
    std::vector<Packet> packets;
    for (uint32_t i = 0; i < count; ++i) packets.push_back(packet(i));
    return through<H>(packets);
  }

  uint64_t dropped(DropReason r) const { return w.counters.drop[index_of(r)]; }
  void check_conservation(uint64_t held = 0) {
    bury(w);
    const WorkerCounters& c = w.counters;
    CHECK(c.received + c.injected + c.created == c.sent + c.dropped() + c.punted() + c.consumed + held);
    CHECK(pool.in_use() == held);
  }
};

// A function that notes what it sees and does what it is told.
struct Recorder {
  using Judge = HookVerdict (*)(Packet& p, Worker& w);
  std::vector<Marks> seen;  // per call
  Judge judge = [](Packet&, Worker&) { return HookVerdict::Accept; };

  static void run(void* self, Batch& batch, Worker& w) noexcept {
    auto& r = *static_cast<Recorder*>(self);
    Marks marks;
    for (uint16_t i = 0; i < batch.size; ++i) {
      marks.push_back(batch.packet[i]->mark);
      batch.verdict[i] = r.judge(*batch.packet[i], w);
    }
    r.seen.push_back(marks);
  }
  hook::HookFunction at(int32_t priority) { return {.run = run, .context = this, .priority = priority}; }
};

}  // namespace flyover::test
