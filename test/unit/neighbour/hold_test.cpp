// SPDX-License-Identifier: BSD-3-Clause
// Packets that wait: order, bounds, what becomes of them.
#include <numeric>

#include "bench.hpp"
#include "packet/charge.hpp"

namespace flyover::neighbour {
namespace {

std::vector<uint16_t> range(uint16_t first, uint16_t last) {
  std::vector<uint16_t> v(static_cast<size_t>(last - first + 1));
  std::iota(v.begin(), v.end(), first);
  return v;
}

}  // namespace

TEST_CASE("of 300 packets of 54 bytes that wait, the last 256 leave in order when the answer comes") {
  Bench b;
  for (uint16_t i = 0; i < 300; ++i) b.send(kEast, kHop, 40, i);
  CHECK(b.control->held() == 256);
  CHECK(b.dropped(DropReason::NeighbourQueueFull) == 44);
  CHECK(b.asked.size() == 1);
  b.reply(kEast, kHop, kMacA);
  CHECK(b.taken(Lane::Inject) == range(44, 299));
  CHECK(b.control->held() == 0);
}

TEST_CASE("how many packets of a length wait is what Linux 6.18 lets wait") {
  const auto [frame, held] = GENERATE(table<uint16_t, uint32_t>({{54, 256},
                                                                 {240, 256},
                                                                 {241, 166},
                                                                 {688, 166},
                                                                 {689, 92},
                                                                 {1514, 92},
                                                                 {1712, 92},
                                                                 {1713, 48},
                                                                 {3760, 48},
                                                                 {3761, 25},
                                                                 {5000, 23},
                                                                 {8000, 23},
                                                                 {9014, 16}}));
  CHECK(212992 / charge_of(frame) == held);
  if (frame > 2000) return;  // one segment is enough here
  Bench b;
  for (uint16_t i = 0; i < 300; ++i) b.send(kEast, kHop, static_cast<uint16_t>(frame - sizeof(EthernetHeader)), i);
  CHECK(b.control->held() == held);
  b.control->link_down(kEast);
}

TEST_CASE("every packet that waited for a neighbour that fails owes a host unreachable") {
  Bench b;
  for (uint16_t i = 0; i < 5; ++i) b.send(kEast, kHop, 40, i);
  b.pass(3000);
  CHECK(b.taken(Lane::IcmpError) == range(0, 4));
  CHECK(b.last_owed.reason == DropReason::NeighbourFailed);
  CHECK(b.last_owed.type == icmp::kDestinationUnreachable);
  CHECK(b.last_owed.code == icmp::kHostUnreachable);
}

TEST_CASE("packets for a neighbour that was resolved meanwhile go on at once") {
  Bench b;
  b.reply(kEast, kHop, kMacA);
  b.send(kEast, kHop, 40, 7);
  CHECK(b.taken(Lane::Inject) == range(7, 7));
  CHECK(b.asked.empty());
}

TEST_CASE("an answer that does not prove reachability still lets packets go, and is then asked about") {
  Bench b;
  b.send(kEast, kHop, 40, 7);
  (void)b.control->update(b.control->find(kEast, kHop), kMacA, State::Stale, NeighbourControl::kOverride);
  CHECK(b.taken(Lane::Inject) == range(7, 7));
  CHECK(b.state() == "DELAY");
}

TEST_CASE("more packets than a lane has room for leave over several turns, in order, and nothing overtakes them") {
  Bench b;
  NeighbourSettings s;
  s.unres_qlen_bytes = 4 << 20;
  b.control->configure(kEast, s);
  for (uint16_t i = 0; i < 1000; ++i) b.send(kEast, kHop, 40, i);
  b.reply(kEast, kHop, kMacA);
  for (uint16_t i = 1000; i < 1010; ++i) b.send(kEast, kHop, 40, i);
  CHECK(b.control->held() > 0);
  std::vector<uint16_t> order;
  for (int turn = 0; turn < 10; ++turn) {
    const auto some = b.taken(Lane::Inject);
    order.insert(order.end(), some.begin(), some.end());
    b.poll();
  }
  CHECK(order == range(0, 1009));
  CHECK(b.w.counters.dropped() == 0);
}

TEST_CASE("all neighbours together hold no more than the limit; the newest packet goes") {
  Bench b(100);
  for (uint16_t i = 0; i < 150; ++i) b.send(kEast, Ipv4Address(0x0a000100U + i), 40, i);
  CHECK(b.control->held() == 100);
  CHECK(b.dropped(DropReason::HoldQueueFull) == 50);
  CHECK(b.asked.size() == 150);  // they are asked for all the same
  b.reply(kEast, Ipv4Address(0x0a000100U), kMacA);
  CHECK(b.taken(Lane::Inject) == range(0, 0));
  b.send(kEast, Ipv4Address(0x0a000195U), 40, 1);
  CHECK(b.control->held() == 100);
  b.pass(3000);
  CHECK(b.taken(Lane::IcmpError).size() == 100);
}

TEST_CASE("packets wait in an eighth of the pool's mbufs at most") {
  Bench b(4096);
  NeighbourSettings s;
  s.unres_qlen_bytes = 100'000'000;
  b.control->configure(kEast, s);
  for (uint16_t i = 0; i < 1030; ++i) b.send(kEast, kHop, 40, i);
  CHECK(b.control->held() == 1024);
  CHECK(b.dropped(DropReason::HoldQueueFull) == 6);
  b.pass(3000);
  CHECK(b.taken(Lane::IcmpError).size() == 256);  // what the lane has room for
}

TEST_CASE("a packet longer than the whole queue may be waits alone") {
  Bench b;
  NeighbourSettings s;
  s.unres_qlen_bytes = 0;
  b.control->configure(kEast, s);
  for (uint16_t i = 0; i < 3; ++i) b.send(kEast, kHop, 40, i);
  CHECK(b.control->held() == 1);
  CHECK(b.dropped(DropReason::NeighbourQueueFull) == 2);
  b.reply(kEast, kHop, kMacA);
  CHECK(b.taken(Lane::Inject) == range(2, 2));
}

TEST_CASE("what waits when the control ends is dropped as shutdown") {
  Bench b;
  for (uint16_t i = 0; i < 3; ++i) b.send(kEast, kHop, 40, i);
  b.control = std::make_unique<NeighbourControl>(b.table, b.reclaimer, b.w, 1);
  CHECK(b.dropped(DropReason::Shutdown) == 3);
}

}  // namespace flyover::neighbour
