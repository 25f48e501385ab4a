// SPDX-License-Identifier: BSD-3-Clause
#include "rig.hpp"

using namespace flyover;
using namespace flyover::test;

namespace {

// Two functions; the first queues every packet with an odd mark.
struct QueueRig : Rig {
  Recorder before, queueing, behind;
  uint16_t handle;
  hook::Queue queue;

  QueueRig() {
    queueing.judge = [](Packet& p, Worker&) { return p.mark % 2 ? HookVerdict::Queue : HookVerdict::Accept; };
    hooks.add(Hook::Forward, before.at(0));
    handle = hooks.add(Hook::Forward, queueing.at(1));
    hooks.add(Hook::Forward, behind.at(2));
    queue.listen(true, w);
  }
  ~QueueRig() { queue.clear(w); }
  // What the control thread does each turn: here, the same worker.
  void fetch() {
    rte_mbuf* m;
    while (ring.pop(&m, 1)) {
      ++w.counters.injected;
      queue.put(m, w);
    }
  }
};

}  // namespace

TEST_CASE("a queued packet waits, is judged, and goes on behind the function that queued it") {
  QueueRig r;
  CHECK(r.through<Hook::Forward>(4) == Marks{0, 2});
  CHECK(r.behind.seen == std::vector<Marks>{{0, 2}});
  CHECK(r.w.counters.punt[index_of(PuntReason::HookQueue)] == 2);
  r.fetch();
  CHECK(r.queue.held() == 2);
  r.check_conservation(2);

  const auto first = r.queue.next(), second = r.queue.next();
  REQUIRE(first);
  REQUIRE(second);
  CHECK_FALSE(r.queue.next());
  CHECK(first->hook == Hook::Forward);
  CHECK(first->packet.mark == 1);
  CHECK(second->packet.mark == 3);

  CHECK_FALSE(r.queue.judge(second->id, HookVerdict::Drop, r.w));
  auto p = r.queue.judge(first->id, HookVerdict::Accept, r.w);
  REQUIRE(p);
  CHECK_FALSE(r.queue.judge(first->id, HookVerdict::Accept, r.w));  // judged once
  CHECK(r.through<Hook::Forward>({r.packet(20), *p}) == Marks{20, 1});
  CHECK(r.before.seen.back() == Marks{20});
  CHECK(r.queueing.seen.back() == Marks{20});
  CHECK(r.behind.seen.back() == Marks{20, 1});
  CHECK(r.dropped(DropReason::HookDrop) == 1);
  r.check_conservation();
}

TEST_CASE("a packet finds its place although functions came and went meanwhile") {
  QueueRig r;
  Recorder very_early, early;
  r.hooks.add(Hook::Forward, very_early.at(-10));
  r.through<Hook::Forward>({r.packet(1)});
  r.fetch();
  auto p = r.queue.judge(r.queue.next()->id, HookVerdict::Accept, r.w);
  r.hooks.add(Hook::Forward, early.at(-5));
  CHECK(r.through<Hook::Forward>({*p}) == Marks{1});
  CHECK(early.seen.empty());
  CHECK(r.behind.seen == std::vector<Marks>{{1}});
  CHECK(p->hook_after != 0);
  r.check_conservation();
}

TEST_CASE("a function that goes takes its packets along") {
  QueueRig r;
  r.through<Hook::Forward>({r.packet(1), r.packet(3)});
  r.fetch();
  SECTION("those that wait in the queue") {
    r.queue.drop_of(static_cast<uint16_t>(r.handle + 1), r.w);
    CHECK(r.queue.held() == 2);
    r.queue.drop_of(r.handle, r.w);
    CHECK(r.queue.held() == 0);
    CHECK(r.dropped(DropReason::HookDrop) == 2);
  }
  SECTION("those that come back later") {
    auto p = r.queue.judge(r.queue.next()->id, HookVerdict::Accept, r.w);
    CHECK(r.hooks.remove(r.handle));
    CHECK(r.through<Hook::Forward>({*p}).empty());
    CHECK(r.dropped(DropReason::HookDrop) == 1);
    r.queue.clear(r.w);
    CHECK(r.dropped(DropReason::Shutdown) == 1);
  }
  r.check_conservation();
}

TEST_CASE("a place at one hook means nothing at another") {
  QueueRig r;
  Recorder post;
  r.hooks.add(Hook::Postrouting, post.at(0));
  Packet p = r.packet(2);
  p.hook_after = hook::place(Hook::Forward, r.handle);
  CHECK(r.through<Hook::Postrouting>({p}) == Marks{2});
  CHECK(post.seen == std::vector<Marks>{{2}});
  r.check_conservation();
}

TEST_CASE("no listener, no ring, no room: dropped and counted as such") {
  QueueRig r;
  SECTION("no ring") {
    r.w.punt[index_of(PuntReason::HookQueue)] = nullptr;
    CHECK(r.through<Hook::Forward>(2) == Marks{0});
    CHECK(r.dropped(DropReason::HookQueueFull) == 1);
  }
  SECTION("no listener") {
    r.queue.listen(false, r.w);
    r.through<Hook::Forward>(2);
    r.fetch();
    CHECK(r.queue.held() == 0);
    CHECK(r.dropped(DropReason::HookQueueFull) == 1);
  }
  SECTION("the listener goes") {
    r.through<Hook::Forward>(2);
    r.fetch();
    r.queue.listen(false, r.w);
    CHECK(r.queue.held() == 0);
    CHECK(r.dropped(DropReason::HookQueueFull) == 1);
  }
  SECTION("no room") {
    for (size_t i = 0; i < hook::Queue::kMost + 10; ++i) {
      r.through<Hook::Forward>({r.packet(1)});
      r.fetch();
    }
    CHECK(r.queue.held() == hook::Queue::kMost);
    CHECK(r.dropped(DropReason::HookQueueFull) == 10);
    r.queue.clear(r.w);
    CHECK(r.dropped(DropReason::Shutdown) == hook::Queue::kMost);
  }
  r.check_conservation();
}
