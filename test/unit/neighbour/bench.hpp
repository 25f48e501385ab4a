// SPDX-License-Identifier: BSD-3-Clause
// A neighbour control with a slow worker, a pool and a clock that the test moves.
#pragma once

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "dpdk/mbuf_pool.hpp"
#include "iface/interface_table.hpp"
#include "neighbour/neighbour_control.hpp"

namespace flyover::neighbour {

inline constexpr InterfaceId kEast{2}, kWest{3};
inline const MacAddress kMacA({0x02, 0, 0, 0, 0, 0xaa}), kMacB({0x02, 0, 0, 0, 0, 0xbb});
inline const Ipv4Address kHop{10, 0, 0, 9};

inline dpdk::MbufPool& test_pool() {
  static dpdk::MbufPool pool = *dpdk::MbufPool::create("neighbour", {.count = 8191, .cache = 0});
  return pool;
}

class Bench {
 public:
  dpdk::Rcu rcu{1};
  Reclaimer reclaimer{rcu};
  NeighbourTable table;
  std::unique_ptr<Worker> worker = std::make_unique<Worker>(WorkerId(0));
  Worker& w = *worker;
  std::unique_ptr<NeighbourControl> control;
  std::vector<Solicitation> asked;
  std::vector<uint64_t> asked_at;

  explicit Bench(uint32_t hold_limit = 4096) {
    w.pool = test_pool().raw();
    w.now_ms = 1'000'000;
    control = std::make_unique<NeighbourControl>(table, reclaimer, w, hold_limit);
    control->set_solicitor([this](const Solicitation& s) {
      asked.push_back(s);
      asked_at.push_back(w.now_ms);
    });
  }
  // Whatever a test did: no packet has vanished, every mbuf is back.
  ~Bench() {
    const bool conserved = balanced();
    control.reset();
    drop_all();
    bury(w);
    CHECK(conserved);
    CHECK(test_pool().in_use() == 0);
  }

  bool balanced() const {
    const WorkerCounters& c = w.counters;
    uint64_t held = control->held();
    for (const LaneQueue& lane : w.lanes) held += lane.size();
    return c.received + c.created == c.sent + c.dropped() + c.punted() + c.consumed + held;
  }

  // A packet of `length` bytes at IP, as it comes out of the ring of those without a MAC.
  void send(InterfaceId out, Ipv4Address hop, uint16_t length = 40, uint16_t id = 0) {
    rte_mbuf* m = rte_pktmbuf_alloc(w.pool);
    REQUIRE(m);
    auto* frame = rte_pktmbuf_append(m, static_cast<uint16_t>(sizeof(EthernetHeader) + length));
    REQUIRE(frame);
    Packet p;
    start(p, m, kWest);
    p.ip = reinterpret_cast<Ipv4Header*>(frame + sizeof(EthernetHeader));
    *p.ip = Ipv4Header{.version_ihl = 0x45, .id = Be16(id), .ttl = 63};
    p.ip->source = source;
    p.ip->destination = hop;
    p.out = out;
    p.next_hop = hop;
    p.length = length;
    ++w.counters.received;
    control->hold(p);
  }

  void poll() {
    reclaimer.poll();
    control->poll();
  }
  // Lets time pass in steps of 5 ms, as the control thread would.
  void pass(uint64_t ms) {
    for (const uint64_t end = w.now_ms + ms; w.now_ms < end;) {
      w.now_ms = std::min(w.now_ms + 5, end);
      w.now_s = static_cast<uint32_t>(w.now_ms / 1000 + 1);
      poll();
    }
  }
  // The IP identifications of what is in a lane, which is emptied.
  std::vector<uint16_t> taken(Lane lane) {
    std::vector<uint16_t> ids;
    LaneQueue& q = w.lanes[index_of(lane)];
    while (q.size()) {
      Packet p;
      reload(p, q.pop());
      last_owed = p.owed;
      ids.push_back(p.ip->id.host());
      use_up(p.mbuf, w);
    }
    return ids;
  }
  void drop_all() {
    for (size_t lane = 0; lane < w.lanes.size(); ++lane) taken(static_cast<Lane>(lane));
  }
  // A worker sends there now.
  void worker_uses(InterfaceId out, Ipv4Address hop) {
    table.at(table.find(out, hop)).used.store(w.now_s, std::memory_order_relaxed);
  }

  uint64_t dropped(DropReason r) const { return w.counters.drop[index_of(r)]; }
  std::string state(InterfaceId out, Ipv4Address hop) const {
    const auto v = control->look(out, hop);
    return v ? std::string(name_of(v->state)) : "-";
  }
  std::string state() const { return state(kEast, kHop); }
  // What workers see: the MAC, or none.
  std::string published(InterfaceId out, Ipv4Address hop) const {
    const uint64_t word = table.at(table.find(out, hop)).word.load();
    return word & NeighbourEntry::kUsable ? MacAddress::from_word(word).to_string() : "-";
  }
  // As ARP does on a reply to us.
  void reply(InterfaceId out, Ipv4Address hop, MacAddress mac) {
    (void)control->update(control->find_or_create(out, hop), mac, State::Reachable, NeighbourControl::kOverride);
  }

  Owed last_owed;
  Ipv4Address source{10, 9, 9, 9};  // of the packets that send() makes
};

}  // namespace flyover::neighbour
