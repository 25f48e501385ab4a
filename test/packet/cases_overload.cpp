// SPDX-License-Identifier: BSD-3-Clause
// Every queue is bounded, and its overflow counted; hook functions; what only a program can do.
#include <fmt/format.h>

#include <cstring>
#include <vector>

#include "case.hpp"
#include "catch.hpp"
#include "control/show.hpp"
#include "packet/run.hpp"
#include "test_router.hpp"

namespace flyover::test {
namespace {

using hook::Batch;
using hook::Hook;
using hook::HookVerdict;

template <HookVerdict V>
void say(void*, Batch& batch, Worker&) noexcept {
  for (uint16_t i = 0; i < batch.size; ++i) batch.verdict[i] = V;
}

template <Hook H, HookVerdict V>
void add_hook(TestRouter& r) {
  r.router().add_hook(H, {.run = say<V>});
  r.settle();
}

Packet own_packet(TestRouter& r) {
  Packet p;
  start(p, rte_pktmbuf_alloc(r.pool()), kLoopback);
  p.ip = reinterpret_cast<Ipv4Header*>(rte_pktmbuf_append(p.mbuf, 60) + 14);
  ++r.worker().counters.created;
  return p;
}

void fill_lane(TestRouter& r) {
  for (int i = 0; i <= LaneQueue::kSize; ++i) {
    Packet p = own_packet(r);
    p.owed.reason = DropReason::TtlExpired;
    enter(Lane::IcmpError, p, r.worker());
  }
}

void go_round(TestRouter& r) {
  Packet p = own_packet(r);
  p.passes = Worker::kMaxPasses;
  enter(Lane::Output, p, r.worker());
}

// A function that counts by worker, as docs/adding-a-hook-function.md has it, meets a packet that somebody has asked about.
void ask_a_counter(TestRouter& r) {
  std::vector<uint64_t> seen(r.router().workers() + 1U);
  const auto count = [](void* context, Batch& batch, Worker& w) noexcept {
    auto& by_worker = *static_cast<std::vector<uint64_t>*>(context);
    CHECK(w.id.value() < by_worker.size());
    if (w.id.value() < by_worker.size()) by_worker[w.id.value()] += batch.size;
  };
  const uint16_t handle = r.router().add_hook(Hook::Forward, {.run = count, .context = &seen});
  r.settle();
  CHECK(r.command("ask from 10.0.0.2 to 10.0.1.2") == "");
  CHECK(seen.back() == 1);
  CHECK(r.router().remove_hook(handle));
  r.settle();
}

// Somebody reads the queue seldom, and then all of it at once.
void judge_many(TestRouter& r) {
  constexpr size_t kMany = 1000;
  add_hook<Hook::Forward, HookVerdict::Queue>(r);
  r.router().listen_to_hooks(true);
  r.flood("p0", "udp 10.0.0.2 > 10.0.1.2", kMany);
  while (const auto waiting = r.router().hook_queue().next()) r.router().judge(waiting->id, HookVerdict::Accept);
  r.settle();
  CHECK(r.take_sent().size() == kMany);
}

// What the control thread says goes to the wire by a worker.
void count_own_frames(TestRouter& r) {
  r.receive("p0", "arp request 10.0.0.2 02:00:00:00:01:00 > 10.0.0.1 dmac bcast");
  const InterfaceCount count = control::count_of(r.router(), r.router().interfaces().find("p0"));
  CHECK(count.tx_packets == 1);
  CHECK(count.tx_bytes == 42);
}

void count_multicast(TestRouter& r) {
  r.receive("p0", "udp 10.0.0.2 > 10.0.0.255 dmac bcast");
  r.receive("p0", "proto 2 10.0.0.2 > 224.0.0.1 len 28 dmac 01:00:5e:00:00:01");
  const InterfaceCount count = control::count_of(r.router(), r.router().interfaces().find("p0"));
  CHECK(count.rx_packets == 2);
  CHECK(count.rx_multicast == 1);
}

// Packets are on their way to the control thread when the interface goes that they need a neighbour of.
void punt_to_no_interface(TestRouter& r) {
  const InterfaceId p1 = r.router().interfaces().find("p1");
  const auto punt_own = [&](PuntReason reason) {
    Packet p = own_packet(r);
    p.in = p.out = p1;
    p.next_hop = Ipv4Address(10, 0, 1, 9);
    spill(p);
    CHECK(r.worker().punt[index_of(reason)]->push(p.mbuf));
    ++r.worker().counters.punt[index_of(reason)];
  };
  punt_own(PuntReason::Unresolved);
  punt_own(PuntReason::Arp);
  CHECK(r.command("link del p1") == "");
  CHECK_FALSE(r.router().neighbours().look(p1, {10, 0, 1, 9}));
}

// A packet is on its way to the queue when the function goes that sent it there.
void queue_for_nobody(TestRouter& r) {
  const uint16_t handle = r.router().add_hook(Hook::Forward, {.run = say<HookVerdict::Queue>});
  r.router().listen_to_hooks(true);
  r.settle();
  Packet p = own_packet(r);
  p.hook_after = hook::place(Hook::Forward, handle);
  spill(p);
  CHECK(r.worker().punt[index_of(PuntReason::HookQueue)]->push(p.mbuf));
  ++r.worker().counters.punt[index_of(PuntReason::HookQueue)];
  CHECK(r.router().remove_hook(handle));
  r.settle();
  CHECK_FALSE(r.router().hook_queue().next());
}

// An error about a group of next hops is learned for each of them: what that is of work leaves others their turn.
void blame_many_ways(TestRouter& r) {
  constexpr uint32_t kWays = 200, kErrors = 64;
  std::string group = "nexthop add id 1000 group 1";
  for (uint32_t i = 1; i <= kWays; ++i) {
    CHECK(r.command(fmt::format("nexthop add id {} via 10.0.1.{} dev p1", i, i + 2)) == "");
    if (i != 1) group += fmt::format("/{}", i);
  }
  CHECK(r.command(group) == "");
  CHECK(r.command("route add 40.0.0.0/8 nhid 1000") == "");
  const auto control_turns = [&r] { return r.router().slow_worker().counters.turns; };
  const uint64_t before = control_turns();
  std::vector<rte_mbuf*> burst;
  for (uint32_t i = 0; i < kErrors; ++i) {
    const auto text = fmt::format(
        "icmp 10.0.0.2 > 10.0.0.1 type 3 code 4 rest 1000 payload "
        "4500001c00000000400100000a000001280000{:02x}0000000000000000",
        i);
    const Bytes frame = frame_of(text, r.mac("p0"), {});
    burst.push_back(rte_pktmbuf_alloc(r.pool()));
    std::memcpy(rte_pktmbuf_append(burst.back(), static_cast<uint16_t>(frame.size())), frame.data(), frame.size());
  }
  r.receive("p0", burst);
  CHECK(control_turns() - before >= kErrors * kWays / control::SlowPath::kBudget / 2);
  CHECK(r.command("route flush cache") == "");
}

// One mbuf is left: for the packet that comes in.
void starve(TestRouter& r) { r.starve(1); }

void send_nowhere(TestRouter& r) {
  transmit(own_packet(r).mbuf, InterfaceId(200), r.worker());
  flush_all(r.worker());
}

}  // namespace

std::vector<Case> overload_cases() {
  using enum DropReason;
  return {
      {"the transmit queue is full", {"full p1", "p0 < udp 10.0.0.2 > 10.0.1.2"}, {{TxRingFull, 1}}},
      {"the transmit queue has room again",
       {"full p1", "p0 < udp 10.0.0.2 > 10.0.1.2", "room p1", "p0 < udp 10.0.0.2 > 10.0.1.2", "p1 > udp"},
       {{TxRingFull, 1}}},
      {"an interface goes while packets are on their way to the control thread",
       {},
       {{OutputInterfaceDown, 1}, {InterfaceDown, 1}},
       punt_to_no_interface},
      {"a hook function goes while packets are on their way to its queue", {}, {{HookDrop, 1}}, queue_for_nobody},
      {"a frame for an interface without a way out", {}, {{OutputInterfaceDown, 1}}, send_nowhere},
      {"an ARP flood does not keep packets for the router away",
       {"p0 << 2000 arp request 10.0.0.7 02:00:00:00:07:00 > 10.0.0.9 dmac bcast", "p0 < icmp 10.0.0.2 > 10.0.0.1",
        "p0 > icmp"},
       {{PuntQueueFull, 976}, {ArpIgnored, 1024}}},
      {"path MTUs of a destination with many next hops are learned a few in a turn", {}, {}, blame_many_ways},
      {"more packets for one lane than it holds",
       {"p0 < udp 10.0.0.2 > 10.0.1.2", "p1 > udp"},
       {{LaneFull, 1}, {TtlExpired, LaneQueue::kSize}},
       fill_lane},
      {"a packet that goes round and round", {}, {{LoopLimit, 1}}, go_round},
      {"more packets wait for ARP than may, all neighbours together",
       {"! set net.ipv4.neigh.p1.unres_qlen_bytes 100000000", "p0 << 1000 udp 10.0.0.2 > 10.0.1.9 len 40",
        "p1 > arp request", "p0 << 1000 udp 10.0.0.2 > 10.0.1.9 len 40", "p0 << 100 udp 10.0.0.2 > 10.0.1.9 len 40",
        "! link set p1 down"},
       {{HoldQueueFull, 52}, {Shutdown, 2048}}},
      {"the pool is empty when fragments are to be made",
       {"p0 < udp 10.0.0.2 > 30.0.0.1 len 1000"},
       {{NoBuffer, 1}},
       starve},
      {"a hook function drops",
       {"p0 < udp 10.0.0.2 > 10.0.1.2"},
       {{HookDrop, 1}},
       add_hook<Hook::Forward, HookVerdict::Drop>},
      {"a hook function queues and nobody reads",
       {"p0 < udp 10.0.0.2 > 10.0.1.2"},
       {{HookQueueFull, 1}},
       add_hook<Hook::Prerouting, HookVerdict::Queue>},
      {"a full hook queue is judged at once, and all of it goes on", {}, {}, judge_many},
      {"a hook function accepts at LOCAL_IN",
       {"p0 < icmp 10.0.0.2 > 10.0.0.1", "p0 > icmp"},
       {},
       add_hook<Hook::LocalIn, HookVerdict::Accept>},
      {"a hook function drops what the router sends",
       {"p0 < icmp 10.0.0.2 > 10.0.0.1"},
       {{HookDrop, 1}},
       add_hook<Hook::LocalOut, HookVerdict::Drop>},
      {"a hook function repeats for ever",
       {"p0 < udp 10.0.0.2 > 10.0.1.2"},
       {{HookDrop, 1}},
       add_hook<Hook::Postrouting, HookVerdict::Repeat>},
      {"what is asked is not sent, and its next hop is not used",
       {"! neigh add 10.0.1.9 lladdr 02:00:00:00:01:09 dev p1 nud stale", "! ask from 10.0.0.2 to 10.0.1.9",
        "wait 9000"},
       {}},
      {"a hook function that counts by worker sees what is asked", {}, {}, ask_a_counter},
      {"broadcast is not counted as multicast", {}, {{PortUnreachable, 1}, {ProtocolIgnored, 1}}, count_multicast},
      {"a frame that passes two threads is counted once by its interface", {"p0 > arp reply"}, {}, count_own_frames},
      {"a datagram in more fragments than a lane holds",
       {"! link set p0 mtu 9000", "! link set p2 mtu 68",
        "p0 < udp 10.0.0.2 > 30.0.0.1 len 9000 opt "
        "07270400000000000000000000000000000000000000000000000000000000000000000000000000"},
       {{FragmentFailed, 1}}},
  };
}

}  // namespace flyover::test
