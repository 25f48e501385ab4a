// SPDX-License-Identifier: BSD-3-Clause
#include "rig.hpp"

using namespace flyover;
using namespace flyover::test;

TEST_CASE("an empty hook is idle and lets everything through") {
  Rig r;
  CHECK(hook::Run<Hook::Forward>::idle(r.w));
  CHECK(r.through<Hook::Forward>(5) == Marks{0, 1, 2, 3, 4});
  r.check_conservation();
}

TEST_CASE("functions run by priority, those of one priority in the order of their coming") {
  Rig r;
  Recorder late, early, early_too, other;
  std::vector<int> order;
  r.hooks.add(Hook::Forward, late.at(100));
  r.hooks.add(Hook::Forward, early.at(-300));
  r.hooks.add(Hook::Forward, early_too.at(-300));
  r.hooks.add(Hook::LocalIn, other.at(0));
  const auto& chain = r.hooks.functions(Hook::Forward);
  REQUIRE(chain.size() == 3);
  CHECK(chain[0].context == &early);
  CHECK(chain[1].context == &early_too);
  CHECK(chain[2].context == &late);
  CHECK(r.through<Hook::Forward>(2) == Marks{0, 1});
  CHECK(late.seen.size() == 1);
  CHECK(other.seen.empty());
  r.check_conservation();
}

TEST_CASE("a handle names one function, and comes again only when all others have been used") {
  hook::HookTable table;
  const uint16_t a = table.add(Hook::Prerouting, {});
  const uint16_t b = table.add(Hook::Postrouting, {});
  CHECK(a != 0);
  CHECK(a != b);
  CHECK(table.remove(a));
  CHECK_FALSE(table.remove(a));
  CHECK(table.empty(Hook::Prerouting));
  CHECK(table.add(Hook::Prerouting, {}) != a);
  while (table.add(Hook::LocalIn, {}) != a) {
  }
  CHECK(table.add(Hook::LocalIn, {}) == 0);  // all are taken
}

TEST_CASE("verdicts") {
  Rig r;
  Recorder first, second;
  second.judge = [](Packet&, Worker&) { return HookVerdict::Accept; };
  r.hooks.add(Hook::Forward, first.at(0));
  r.hooks.add(Hook::Forward, second.at(1));

  SECTION("drop: the packet ends here, the others keep their order") {
    first.judge = [](Packet& p, Worker&) { return p.mark % 2 ? HookVerdict::Drop : HookVerdict::Accept; };
    CHECK(r.through<Hook::Forward>(6) == Marks{0, 2, 4});
    CHECK(second.seen == std::vector<Marks>{{0, 2, 4}});
    CHECK(r.dropped(DropReason::HookDrop) == 3);
  }
  SECTION("stolen: the function has the mbuf") {
    first.judge = [](Packet& p, Worker& w) {
      if (p.mark != 1) return HookVerdict::Accept;
      use_up(p.mbuf, w);
      return HookVerdict::Stolen;
    };
    CHECK(r.through<Hook::Forward>(3) == Marks{0, 2});
    CHECK(r.w.counters.consumed == 1);
  }
  SECTION("repeat: the function sees that packet again, until it says something else") {
    first.judge = [](Packet& p, Worker&) {
      if (p.mark % 10 == 5) return HookVerdict::Accept;
      ++p.mark;
      return HookVerdict::Repeat;
    };
    CHECK(r.through<Hook::Forward>({r.packet(13), r.packet(25), r.packet(34)}) == Marks{15, 25, 35});
    CHECK(first.seen == std::vector<Marks>{{13, 25, 34}, {14, 35}, {15}});
    CHECK(second.seen == std::vector<Marks>{{15, 25, 35}});
  }
  SECTION("repeat for ever: dropped after a bounded number") {
    first.judge = [](Packet& p, Worker&) { return p.mark ? HookVerdict::Repeat : HookVerdict::Accept; };
    CHECK(r.through<Hook::Forward>(2) == Marks{0});
    CHECK(first.seen.size() == 1 + hook::kMaxRepeats);
    CHECK(r.dropped(DropReason::HookDrop) == 1);
  }
  SECTION("what a function writes, the next one sees") {
    first.judge = [](Packet& p, Worker&) {
      p.mark += 100;
      return HookVerdict::Accept;
    };
    CHECK(r.through<Hook::Forward>(2) == Marks{100, 101});
    CHECK(second.seen == std::vector<Marks>{{100, 101}});
  }
  SECTION("everything dropped: the next function is not called") {
    first.judge = [](Packet&, Worker&) { return HookVerdict::Drop; };
    CHECK(r.through<Hook::Forward>(64).empty());
    CHECK(second.seen.empty());
    CHECK(r.dropped(DropReason::HookDrop) == 64);
  }
  r.check_conservation();
}

TEMPLATE_TEST_CASE_SIG("each hook point runs its own functions", "", ((Hook H), H), Hook::Prerouting, Hook::LocalIn,
                       Hook::Forward, Hook::LocalOut, Hook::Postrouting) {
  Rig r;
  Recorder here;
  here.judge = [](Packet& p, Worker&) { return p.mark == 1 ? HookVerdict::Drop : HookVerdict::Accept; };
  r.hooks.add(H, here.at(0));
  for (size_t h = 0; h < static_cast<size_t>(Hook::Count); ++h)
    CHECK(r.hooks.empty(static_cast<Hook>(h)) == (static_cast<Hook>(h) != H));
  CHECK(r.through<H>(3) == Marks{0, 2});
  CHECK(r.w.counters.stage[index_of(hook::Run<H>::id)].packets == 3);
  r.check_conservation();
}
