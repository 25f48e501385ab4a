// SPDX-License-Identifier: BSD-3-Clause
// The five hook points in the journey: a function at each, every verdict, and the way back from a queue.
#include "ipv4/resume.hpp"

#include "dpdk/ring.hpp"
#include "hook/queue.hpp"
#include "hook/run.hpp"
#include "journey.hpp"

using namespace flyover;
using namespace flyover::test;
using hook::Batch;
using hook::Hook;
using hook::HookVerdict;

namespace {

// A packet of protocol 1 (echo request) that asks for itself by its identification: 1 accept, 2 drop, 3 steal, 4 queue, 5 repeat
// once, then accept with the mark 42.
Bytes request(uint16_t id, const char* to) {
  Bytes bytes = from_hex("4500001c000000004001000000000000000000000800f7fd00010001");
  auto& ip = *reinterpret_cast<Ipv4Header*>(bytes.data());
  ip.id = Be16(id);
  ip.source = ip4("10.64.7.7");
  ip.destination = ip4(to);
  set_ipv4_checksum(ip);
  return bytes;
}

// The test hook: one stands at every hook point in turn.
struct TestHook {
  Hook hook;
  int seen = 0;
  uint16_t ask = 0;  // for packets that the router itself makes, which have their own identification
  uint32_t mark = 0;

  HookVerdict judge(Packet& p, Worker& w) {
    ++seen;
    mark = p.mark;
    switch (ask ? ask : p.ip->id.host()) {
      case 2: return HookVerdict::Drop;
      case 3: return use_up(p.mbuf, w), HookVerdict::Stolen;
      case 4: return HookVerdict::Queue;
      case 5:
        if (p.mark == 42) return HookVerdict::Accept;
        p.mark = 42;
        return HookVerdict::Repeat;
      default: return HookVerdict::Accept;
    }
  }
  static void run(void* self, Batch& batch, Worker& w) noexcept {
    auto& h = *static_cast<TestHook*>(self);
    CHECK(batch.hook == h.hook);
    for (uint16_t i = 0; i < batch.size; ++i) batch.verdict[i] = h.judge(*batch.packet[i], w);
  }
};

struct Hooked : Journey {
  dpdk::MbufRing ring = dpdk::MbufRing::create(name(), 64).value();
  hook::Queue queue;
  TestHook before, here, behind;

  explicit Hooked(Hook h) : before{h}, here{h}, behind{h} {
    hooks.add(h, {.run = TestHook::run, .context = &here, .priority = 0});
    hooks.add(h, {.run = watch, .context = &before, .priority = -1});
    hooks.add(h, {.run = watch, .context = &behind, .priority = 1});
    worker.punt[index_of(PuntReason::HookQueue)] = &ring;
    queue.listen(true, worker);
  }
  static std::string name() {
    static int count = 0;
    return "resume_" + std::to_string(count++);
  }
  static void watch(void* self, Batch& batch, Worker&) noexcept {
    auto& h = *static_cast<TestHook*>(self);
    h.seen += batch.size;
    if (batch.size) h.mark = batch.packet[0]->mark;
  }
  // What the control thread does with the queue: the judgement is the same for all that wait.
  void judge(HookVerdict verdict) {
    rte_mbuf* m;
    while (ring.pop(&m, 1)) {
      ++worker.counters.injected;
      queue.put(m, worker);
    }
    while (const auto waiting = queue.next())
      if (auto p = queue.judge(waiting->id, verdict, worker)) ipv4::resume(*p, worker);
    settle();
  }
  void check_end() {
    const WorkerCounters& c = worker.counters;
    CHECK(c.received + c.injected + c.created == c.sent + c.dropped() + c.punted() + c.consumed);
    CHECK(pool.in_use() == 0);
  }
};

struct Point {
  Hook hook;
  const char* to;  // whither a packet goes that passes this hook
  bool own;        // the packet at the hook is the router's answer
  bool for_us;     // the packet ends here, and its answer leaves
};
constexpr Point kPoints[] = {{Hook::Prerouting, "20.0.0.1", false, false},
                             {Hook::LocalIn, "10.0.0.1", false, true},
                             {Hook::Forward, "20.0.0.1", false, false},
                             {Hook::LocalOut, "10.0.0.1", true, true},
                             {Hook::Postrouting, "20.0.0.1", false, false}};

}  // namespace

TEST_CASE("five test hooks: what each says is done, wherever the hook is", "[hooks]") {
  for (const Point& point : kPoints)
    for (uint16_t ask = 1; ask <= 5; ++ask) {
      INFO("hook " << static_cast<int>(point.hook) << ", request " << ask);
      Hooked h(point.hook);
      if (point.own) h.here.ask = ask;
      h.send(request(ask, point.to));
      const bool passes = ask == 1 || ask == 5;
      CHECK(h.frames.size() == (passes ? 1 : 0));
      CHECK(h.before.seen == 1);
      CHECK(h.here.seen == (ask == 5 ? 2 : 1));
      CHECK(h.behind.seen == (passes ? 1 : 0));
      CHECK(h.dropped(DropReason::HookDrop) == (ask == 2));
      CHECK(h.worker.counters.punt[index_of(PuntReason::HookQueue)] == (ask == 4));
      if (ask == 5) CHECK(h.behind.mark == 42);
      h.judge(HookVerdict::Drop);
      CHECK(h.dropped(DropReason::HookDrop) == (ask == 2 || ask == 4));
      h.check_end();
    }
}

TEST_CASE("what was queued goes on behind its function and leaves as if it had never waited", "[hooks]") {
  for (const Point& point : kPoints) {
    INFO("hook " << static_cast<int>(point.hook));
    Hooked straight(point.hook), queued(point.hook);
    straight.here.ask = 1;
    queued.here.ask = 4;
    straight.send(request(9, point.to));
    queued.send(request(9, point.to));
    CHECK(queued.frames.empty());
    queued.here.ask = 1;
    queued.judge(HookVerdict::Accept);
    CHECK(queued.before.seen == 1);
    CHECK(queued.here.seen == 1);
    CHECK(queued.behind.seen == 1);
    REQUIRE(queued.frames.size() == 1);
    REQUIRE(straight.frames.size() == 1);
    CHECK(queued.frames[0].port == straight.frames[0].port);
    CHECK(to_hex(steady(queued.frames[0].ip)) == to_hex(steady(straight.frames[0].ip)));
    queued.check_end();
    straight.check_end();
  }
}

TEST_CASE("a packet whose route has gone while it waited", "[hooks]") {
  for (Hook hook : {Hook::Forward, Hook::Postrouting}) {
    Hooked h(hook);
    h.send(request(4, "20.0.0.1"));
    const_cast<route::Dst&>(h.routes.lookup({.to = ip4("20.0.0.1")})) = route::Dst{};
    h.judge(HookVerdict::Accept);
    CHECK(h.frames.empty());
    CHECK(h.dropped(DropReason::NoRoute) == 1);
    h.check_end();
  }
}
