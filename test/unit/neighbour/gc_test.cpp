// SPDX-License-Identifier: BSD-3-Clause
// How many neighbours there may be, and which are forgotten first.
#include "bench.hpp"

namespace flyover::neighbour {
namespace {

Ipv4Address nth(uint32_t n) { return Ipv4Address(0x0a000000U + n); }

void add_stale(Bench& b, uint32_t first, uint32_t count) {
  for (uint32_t n = first; n < first + count; ++n)
    REQUIRE(b.control->write({kEast, nth(n), kMacA, State::Stale}, Write::Add));
}

}  // namespace

TEST_CASE("below gc_thresh1 nothing is collected, however old") {
  Bench b;
  add_stale(b, 1, 127);
  b.pass(600'000);
  CHECK(b.control->entries() == 127);
}

TEST_CASE("at gc_thresh1 what was not used for gc_stale_time goes") {
  Bench b;
  add_stale(b, 1, 128);
  b.control->set_solicitor([&](const Solicitation& s) { b.reply(kEast, s.target, kMacA); });
  b.pass(30'000);
  CHECK(b.control->entries() == 128);
  b.worker_uses(kEast, nth(1));
  b.pass(46'000);
  CHECK(b.control->entries() == 1);
  CHECK(b.control->look(kEast, nth(1)));
}

TEST_CASE("failed neighbours go with the next collection") {
  Bench b;
  for (uint32_t n = 1; n <= 128; ++n) b.send(kEast, nth(n));
  b.pass(3000);
  b.drop_all();
  CHECK(b.control->entries() == 128);
  b.pass(15'000);
  CHECK(b.control->entries() == 0);
}

TEST_CASE("above gc_thresh2 a new neighbour pushes out those not updated for 5 s, down to gc_thresh2") {
  Bench b;
  add_stale(b, 1, 600);
  b.pass(5010);
  b.reply(kEast, nth(1000), kMacA);
  CHECK(b.control->entries() == 513);
  CHECK_FALSE(b.control->look(kEast, nth(1)));  // the oldest first
  CHECK(b.control->look(kEast, nth(600)));
}

TEST_CASE("at gc_thresh3 a neighbour that can push out nobody is refused, and its packet counted") {
  Bench b(8000);
  for (uint32_t n = 1; n <= 1024; ++n) b.send(kEast, nth(n));
  CHECK(b.control->entries() == 1024);
  b.send(kEast, nth(5000));
  CHECK(b.control->entries() == 1024);
  CHECK(b.dropped(DropReason::NeighbourTableFull) == 1);
  CHECK(b.control->stats().table_fulls == 1);
  // One that fails makes room.
  b.pass(3000);
  for (int turn = 0; turn < 8; ++turn) {
    b.taken(Lane::IcmpError);
    b.poll();
  }
  b.send(kEast, nth(5000));
  CHECK(b.control->look(kEast, nth(5000)));
  CHECK(b.dropped(DropReason::NeighbourTableFull) == 1);
  b.pass(5000);
  b.drop_all();
}

TEST_CASE("permanent and pinned neighbours are never pushed out and do not count") {
  Bench b;
  b.control->configure(GcThresholds{0, 0, 4});
  for (uint32_t n = 1; n <= 100; ++n) REQUIRE(b.control->write({kEast, nth(n), kMacA}, Write::Add));
  for (uint32_t n = 101; n <= 200; ++n) {
    b.control->pin(kEast, nth(n));
    REQUIRE(b.control->write({kEast, nth(n), kMacA, State::Stale}, Write::Add));
  }
  CHECK(b.control->collectable() == 0);
  for (uint32_t n = 1000; n < 1100; ++n) b.send(kEast, nth(n));
  b.pass(600'000);
  for (uint32_t n = 1; n <= 200; ++n) CHECK(b.control->look(kEast, nth(n)));
  CHECK(b.control->entries() <= 204);
  b.drop_all();
}

TEST_CASE("packets to 100000 next hops leave no more than gc_thresh3 neighbours and a bounded number of packets") {
  Bench b(2048);
  uint64_t icmp = 0;
  for (uint32_t n = 1; n <= 100'000; ++n) {
    b.send(kEast, nth(n));
    REQUIRE(b.control->entries() <= 1024);
    REQUIRE(b.control->held() <= 2048);
    if (n % 10 == 0) {
      b.pass(5);
      icmp += b.taken(Lane::IcmpError).size();
      bury(b.w);
    }
  }
  CHECK(b.asked.size() >= 1024);
  CHECK(b.dropped(DropReason::NeighbourTableFull) > 50'000);
  CHECK(icmp + b.dropped(DropReason::NeighbourTableFull) + b.control->held() + b.dropped(DropReason::HoldQueueFull) ==
        100'000);
  CHECK(b.reclaimer.waiting() < 2048);
}

TEST_CASE("the slab's last slot is not the end of the world") {
  Bench b;
  b.control->configure(GcThresholds{1 << 20, 1 << 20, 1 << 20});
  uint32_t made = 0;
  for (uint32_t n = 1; n <= 70'000; ++n) made += b.control->find_or_create(kEast, nth(n)) != kNoNeighbour;
  CHECK(made == NeighbourTable::kEntries - 1);
  CHECK(b.control->pin(kEast, nth(80'000)) == kNoNeighbour);
}

TEST_CASE("neighbours that come and go leave nothing behind in which a search could get lost") {
  constexpr uint32_t kStay = 30'000, kWave = 1024;
  NeighbourTable table;
  for (uint32_t n = 1; n <= kStay; ++n) table.insert(NeighbourId(n), kEast, nth(n * 64));
  uint32_t found = 0;
  for (uint32_t next = 0x1000000; next < 0x1000000 + 24 * NeighbourTable::kBuckets; next += kWave) {
    for (uint32_t i = 0; i < kWave; ++i) table.insert(NeighbourId(kStay + 1 + i), kEast, nth(next + i));
    for (uint32_t i = 0; i < kWave; ++i) table.remove(NeighbourId(kStay + 1 + i));
    found += table.find(kEast, nth(next)) != kNoNeighbour;
  }
  CHECK(found == 0);
  for (uint32_t n = 1; n <= kStay; ++n) found += table.find(kEast, nth(n * 64)) == NeighbourId(n);
  CHECK(found == kStay);
}

TEST_CASE("of neighbours that are removed in any order the others are found") {
  constexpr uint32_t kMany = 60'000;
  NeighbourTable table;
  std::vector<uint32_t> order(kMany);
  for (uint32_t n = 0; n < kMany; ++n) {
    order[n] = n + 1;
    table.insert(NeighbourId(n + 1), kEast, nth(n * 7 + 1));
  }
  uint32_t random = 1, wrong = 0;
  for (uint32_t left = kMany; left; --left) {
    random = random * 1664525 + 1013904223;
    std::swap(order[random % left], order[left - 1]);
    const uint32_t gone = order[left - 1];
    table.remove(NeighbourId(gone));
    wrong += table.find(kEast, nth((gone - 1) * 7 + 1)) != kNoNeighbour;
    if (left % 1000) continue;
    for (uint32_t i = 0; i + 1 < left; ++i)
      wrong += table.find(kEast, nth((order[i] - 1) * 7 + 1)) != NeighbourId(order[i]);
  }
  CHECK(wrong == 0);
}

}  // namespace flyover::neighbour
