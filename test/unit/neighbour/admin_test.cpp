// SPDX-License-Identifier: BSD-3-Clause
// What the administrator, routes and links do.
#include "bench.hpp"

namespace flyover::neighbour {
namespace {

std::string message(const Result<>& r) { return r ? "" : r.error().message; }

}  // namespace

TEST_CASE("add, change, replace and delete refuse in the kernel's words") {
  Bench b;
  NeighbourControl& c = *b.control;
  CHECK(message(c.remove(kEast, kHop)) == "No such file or directory");
  CHECK(message(c.write({kEast, kHop, kMacA}, Write::Change)) == "No such file or directory");
  CHECK(message(c.write({kEast, kHop, std::nullopt}, Write::Add)) == "No link layer address given");
  CHECK(b.state() == "-");
  CHECK(message(c.write({kEast, kHop, kMacA}, Write::Add)) == "");
  CHECK(b.state() == "PERMANENT");
  CHECK(message(c.write({kEast, kHop, kMacB}, Write::Add)) == "File exists");
  CHECK(message(c.write({kEast, kHop, kMacB}, Write::Replace)) == "");
  CHECK(b.published(kEast, kHop) == kMacB.to_string());
  CHECK(message(c.write({kEast, kHop, std::nullopt, State::Stale}, Write::Change)) == "");
  CHECK(b.state() == "STALE");
  CHECK(b.published(kEast, kHop) == kMacB.to_string());
  CHECK(message(c.remove(kEast, kHop)) == "");
  CHECK(b.state() == "-");
  CHECK(b.table.find(kEast, kHop) == kNoNeighbour);
}

TEST_CASE("deleting a neighbour that is being asked for tells those who wait") {
  Bench b;
  b.send(kEast, kHop);
  REQUIRE(b.control->remove(kEast, kHop));
  CHECK(b.taken(Lane::IcmpError).size() == 1);
  b.pass(5000);
  CHECK(b.asked.size() == 1);
}

TEST_CASE("a static neighbour lets what waited for it go") {
  Bench b;
  b.send(kEast, kHop, 40, 5);
  REQUIRE(b.control->write({kEast, kHop, kMacA}, Write::Replace));
  CHECK(b.taken(Lane::Inject) == std::vector<uint16_t>{5});
}

TEST_CASE("a pinned next hop has a slot that survives deletion, and is not shown until it is used") {
  Bench b;
  const NeighbourId id = b.control->pin(kEast, kHop);
  CHECK(b.control->pin(kEast, kHop) == id);
  CHECK(b.state() == "-");
  CHECK(message(b.control->remove(kEast, kHop)) == "No such file or directory");
  b.send(kEast, kHop);
  b.reply(kEast, kHop, kMacA);
  CHECK(b.control->find(kEast, kHop) == id);
  REQUIRE(b.control->remove(kEast, kHop));
  CHECK(b.state() == "-");
  CHECK(b.table.find(kEast, kHop) == id);
  CHECK(b.published(kEast, kHop) == "-");
  b.control->unpin(id);
  CHECK(b.table.find(kEast, kHop) == id);
  b.control->unpin(id);
  CHECK(b.table.find(kEast, kHop) == kNoNeighbour);
  b.drop_all();
}

TEST_CASE("an unpinned neighbour that is known lives on as any other") {
  Bench b;
  const NeighbourId id = b.control->pin(kEast, kHop);
  b.reply(kEast, kHop, kMacA);
  CHECK(b.control->collectable() == 0);
  b.control->unpin(id);
  CHECK(b.state() == "REACHABLE");
  CHECK(b.control->collectable() == 1);
}

TEST_CASE("a slot is used again only after a grace period") {
  Bench b;
  b.rcu.online(WorkerId(0));
  b.reply(kEast, kHop, kMacA);
  const NeighbourId id = b.control->find(kEast, kHop);
  REQUIRE(b.control->remove(kEast, kHop));
  b.reclaimer.poll();
  b.reply(kEast, kHop, kMacA);
  CHECK(b.control->find(kEast, kHop) != id);
  b.rcu.quiescent(WorkerId(0));
  b.reclaimer.poll();
  b.reply(kWest, kHop, kMacA);
  CHECK(b.control->find(kWest, kHop) == id);
  b.rcu.offline(WorkerId(0));
}

TEST_CASE("flush, carrier loss and link down take what Linux takes") {
  enum class How { Flush, Carrier, Down };
  const auto [how, permanent, noarp, reachable, icmp] = GENERATE(table<How, bool, bool, bool, bool>({
      // how         left: PERMANENT NOARP REACHABLE   those who wait are told
      {How::Flush, true, true, false, true},
      {How::Carrier, true, false, false, false},
      {How::Down, false, false, false, false},
  }));
  Bench b;
  const Ipv4Address p(10, 0, 0, 1), n(10, 0, 0, 2), r(10, 0, 0, 3), i(10, 0, 0, 4);
  REQUIRE(b.control->write({kEast, p, kMacA, State::Permanent}, Write::Add));
  REQUIRE(b.control->write({kEast, n, kMacA, State::Noarp}, Write::Add));
  REQUIRE(b.control->write({kWest, r, kMacA, State::Reachable}, Write::Add));
  b.reply(kEast, r, kMacA);
  b.send(kEast, i);
  if (how == How::Flush) CHECK(b.control->flush(kEast) == 2);
  if (how == How::Carrier) b.control->carrier_lost(kEast);
  if (how == How::Down) b.control->link_down(kEast);
  CHECK((b.state(kEast, p) != "-") == permanent);
  CHECK((b.state(kEast, n) != "-") == noarp);
  CHECK((b.state(kEast, r) != "-") == reachable);
  CHECK(b.state(kEast, i) == "-");
  CHECK(b.state(kWest, r) == "REACHABLE");
  CHECK(b.taken(Lane::IcmpError).size() == icmp);
  CHECK(b.dropped(DropReason::Shutdown) == !icmp);
  b.pass(5000);
  CHECK(b.asked.size() == 1);
}

TEST_CASE("show gives ages, probes and references as ip -s neigh does") {
  Bench b;
  b.send(kEast, kHop);
  b.reply(kEast, kHop, kMacA);
  b.pass(7000);
  auto v = *b.control->look(kEast, kHop);
  CHECK(v.interface == kEast);
  CHECK(v.address == kHop);
  CHECK(v.mac == kMacA);
  CHECK(v.probes == 4);
  CHECK(v.references == 1);
  CHECK(v.used_s == 7);
  CHECK(v.confirmed_s == 7);
  CHECK(v.updated_s == 7);
  REQUIRE(b.control->write({kEast, Ipv4Address(10, 0, 0, 1), kMacA, State::Stale}, Write::Add));
  v = *b.control->look(kEast, Ipv4Address(10, 0, 0, 1));
  CHECK(v.confirmed_s == 60);  // never: Linux says twice base_reachable_time ago
  CHECK(v.references == 0);
  int shown = 0;
  b.control->visit([&](const NeighbourView&) { ++shown; });
  CHECK(shown == 2);
  b.drop_all();
}

}  // namespace flyover::neighbour
