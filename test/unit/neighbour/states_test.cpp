// SPDX-License-Identifier: BSD-3-Clause
// The state machine, with time moved by hand.
#include "bench.hpp"

namespace flyover::neighbour {

TEST_CASE("an unknown neighbour is asked three times by broadcast, a second apart, and fails a second later") {
  Bench b;
  const uint64_t start = b.w.now_ms;
  b.send(kEast, kHop);
  CHECK(b.state() == "INCOMPLETE");
  CHECK(b.published(kEast, kHop) == "-");
  b.pass(2990);
  CHECK(b.state() == "INCOMPLETE");
  b.pass(10);
  CHECK(b.state() == "FAILED");
  b.pass(5000);
  REQUIRE(b.asked.size() == 3);
  for (size_t i = 0; i < 3; ++i) {
    CHECK(b.asked_at[i] == start + 1000 * i);
    CHECK_FALSE(b.asked[i].known);
    CHECK(b.asked[i].target == kHop);
    CHECK(b.asked[i].interface == kEast);
    CHECK(b.asked[i].waiting_source == Ipv4Address(10, 9, 9, 9));
  }
  CHECK(b.control->look(kEast, kHop)->probes == 6);
  CHECK(b.taken(Lane::IcmpError).size() == 1);
}

TEST_CASE("a failed neighbour is asked anew by the next packet") {
  Bench b;
  b.send(kEast, kHop);
  b.pass(3000);
  REQUIRE(b.state() == "FAILED");
  b.send(kEast, kHop);
  CHECK(b.state() == "INCOMPLETE");
  CHECK(b.asked.size() == 4);
}

TEST_CASE("a confirmed neighbour stays reachable for 0.5 to 1.5 times base_reachable_time, then is stale") {
  std::vector<uint64_t> lives;
  for (int i = 0; i < 40; ++i) {
    Bench b;
    b.send(kEast, kHop);
    b.reply(kEast, kHop, kMacA);
    REQUIRE(b.state() == "REACHABLE");
    CHECK(b.published(kEast, kHop) == kMacA.to_string());
    const uint64_t start = b.w.now_ms;
    while (b.state() == "REACHABLE") b.pass(100);
    lives.push_back(b.w.now_ms - start);
    CHECK(b.state() == "STALE");
    CHECK(b.published(kEast, kHop) == kMacA.to_string());
  }
  const auto [least, most] = std::minmax_element(lives.begin(), lives.end());
  CHECK(*least >= 15000);
  CHECK(*most <= 45200);
  CHECK(*most - *least > 10000);
}

TEST_CASE("a stale neighbour in use is delayed for 5 s, probed three times by unicast, and fails") {
  Bench b;
  b.reply(kEast, kHop, kMacA);
  b.pass(46000);
  REQUIRE(b.state() == "STALE");
  b.pass(3600'000);
  CHECK(b.state() == "STALE");  // nobody sends there: nobody asks
  CHECK(b.asked.empty());

  b.worker_uses(kEast, kHop);
  b.pass(1000);  // at most a second until it is noticed
  REQUIRE(b.state() == "DELAY");
  b.pass(5000);
  REQUIRE(b.state() == "PROBE");
  CHECK(b.published(kEast, kHop) == kMacA.to_string());
  b.pass(3000);
  CHECK(b.state() == "FAILED");
  CHECK(b.published(kEast, kHop) == "-");
  REQUIRE(b.asked.size() == 3);
  CHECK(b.asked_at[1] - b.asked_at[0] == 1000);
  CHECK(b.asked_at[2] - b.asked_at[1] == 1000);
  for (const Solicitation& s : b.asked) CHECK(s.known == kMacA);
}

TEST_CASE("an answer to a unicast probe makes the neighbour reachable again") {
  Bench b;
  b.reply(kEast, kHop, kMacA);
  b.pass(46000);
  b.worker_uses(kEast, kHop);
  b.pass(6100);
  REQUIRE(b.state() == "PROBE");
  b.reply(kEast, kHop, kMacA);
  CHECK(b.state() == "REACHABLE");
  b.pass(10000);
  CHECK(b.state() == "REACHABLE");
}

TEST_CASE("a reachable neighbour in use goes straight to delay when its time is over") {
  Bench b;
  b.reply(kEast, kHop, kMacA);
  for (int s = 0; s < 46 && b.state() == "REACHABLE"; ++s) {
    b.worker_uses(kEast, kHop);
    b.pass(1000);
  }
  CHECK(b.state() == "DELAY");
}

TEST_CASE("traffic keeps a neighbour that answers alive for ever") {
  Bench b;
  b.reply(kEast, kHop, kMacA);
  b.control->set_solicitor([&](const Solicitation& s) {
    CHECK(s.known == kMacA);
    b.reply(kEast, kHop, kMacA);
  });
  for (int s = 0; s < 600; ++s) {
    b.worker_uses(kEast, kHop);
    b.pass(1000);
    REQUIRE(b.published(kEast, kHop) == kMacA.to_string());
  }
}

// What neigh_update makes of what is heard. Flags as ARP gives them.
TEST_CASE("updates change state and address as neigh_update does") {
  using S = State;
  constexpr uint8_t kNone = 0, kOver = NeighbourControl::kOverride, kWeak = NeighbourControl::kWeakOverride,
                    kAdm = NeighbourControl::kAdmin | NeighbourControl::kOverride;
  struct Row {
    S old;
    const MacAddress* heard;
    S next;
    uint8_t flags;
    S after;
    const MacAddress* known;  // null: none
  };
  const auto row = GENERATE(values<Row>({
      // the same address again
      {S::Reachable, &kMacA, S::Stale, kOver, S::Reachable, &kMacA},
      {S::Stale, &kMacA, S::Stale, kOver, S::Stale, &kMacA},
      {S::Stale, &kMacA, S::Reachable, kOver, S::Reachable, &kMacA},
      {S::Delay, &kMacA, S::Stale, kOver, S::Delay, &kMacA},
      {S::Probe, &kMacA, S::Stale, kOver, S::Probe, &kMacA},
      {S::Probe, &kMacA, S::Reachable, kNone, S::Reachable, &kMacA},
      // another one
      {S::Reachable, &kMacB, S::Stale, kOver, S::Stale, &kMacB},
      {S::Reachable, &kMacB, S::Reachable, kOver, S::Reachable, &kMacB},
      {S::Reachable, &kMacB, S::Reachable, kNone, S::Reachable, &kMacA},  // within locktime
      {S::Stale, &kMacB, S::Reachable, kNone, S::Stale, &kMacA},
      {S::Reachable, &kMacB, S::Reachable, kWeak, S::Stale, &kMacA},
      {S::Delay, &kMacB, S::Stale, kOver, S::Stale, &kMacB},
      // not known before
      {S::Incomplete, &kMacA, S::Reachable, kNone, S::Reachable, &kMacA},
      {S::Incomplete, &kMacA, S::Stale, kOver, S::Stale, &kMacA},
      {S::Failed, &kMacA, S::Reachable, kNone, S::Reachable, &kMacA},
      {S::Failed, &kMacA, S::Stale, kOver, S::Stale, &kMacA},
      // the administrator's stay as they are, unless it is the administrator
      {S::Permanent, &kMacB, S::Reachable, kOver, S::Permanent, &kMacA},
      {S::Noarp, &kMacB, S::Reachable, kOver, S::Noarp, &kMacA},
      {S::Permanent, &kMacB, S::Stale, kAdm, S::Stale, &kMacB},
      {S::Reachable, &kMacA, S::Stale, kAdm, S::Stale, &kMacA},
      {S::Reachable, nullptr, S::Permanent, kAdm, S::Permanent, &kMacA},
      {S::Reachable, nullptr, S::Failed, kAdm, S::Failed, nullptr},
  }));
  Bench b;
  // There is a packet-free way into every state for the administrator.
  const bool valid = is_valid(row.old);
  REQUIRE(b.control->write({kEast, kHop, valid ? std::optional(kMacA) : std::nullopt, row.old}, Write::Add));
  REQUIRE(b.state() == name_of(row.old));
  const auto mac = row.heard ? std::optional(*row.heard) : std::nullopt;
  (void)b.control->update(b.control->find(kEast, kHop), mac, row.next, row.flags);
  INFO(name_of(row.old) << " -> " << name_of(row.next) << " flags " << int{row.flags});
  CHECK(b.state() == name_of(row.after));
  const auto view = b.control->look(kEast, kHop);
  CHECK(view->mac == (row.known ? std::optional(*row.known) : std::nullopt));
  CHECK(b.published(kEast, kHop) == (row.known ? row.known->to_string() : "-"));
}

TEST_CASE("an update that changes nothing does not move the window of locktime") {
  Bench b;
  b.reply(kEast, kHop, kMacA);
  const NeighbourId id = b.control->find(kEast, kHop);
  const uint64_t at = b.control->updated_ms(id);
  b.pass(700);
  b.reply(kEast, kHop, kMacA);
  CHECK(b.control->updated_ms(id) == at);
  b.reply(kEast, kHop, kMacB);
  CHECK(b.control->updated_ms(id) == at + 700);
}

TEST_CASE("the settings of an interface are its own") {
  Bench b;
  NeighbourSettings s;
  s.mcast_solicit = 1, s.retrans_time_ms = 200, s.ucast_solicit = 2, s.delay_first_probe_time_ms = 1000;
  b.control->configure(kEast, s);
  b.send(kEast, kHop);
  b.send(kWest, kHop);
  b.pass(200);
  CHECK(b.state(kEast, kHop) == "FAILED");
  CHECK(b.state(kWest, kHop) == "INCOMPLETE");
  b.reply(kEast, kHop, kMacA);
  REQUIRE(b.control->write({kEast, kHop, kMacA, State::Stale}, Write::Replace));
  b.asked.clear();
  b.worker_uses(kEast, kHop);
  b.pass(100);
  CHECK(b.state(kEast, kHop) == "DELAY");
  b.pass(1000);
  CHECK(b.state(kEast, kHop) == "PROBE");
  b.pass(400);
  CHECK(b.state(kEast, kHop) == "FAILED");
  b.drop_all();
}

TEST_CASE("without broadcast probes a neighbour fails at once, in silence") {
  Bench b;
  NeighbourSettings s;
  s.mcast_solicit = 0;
  b.control->configure(kEast, s);
  b.send(kEast, kHop);
  CHECK(b.state() == "FAILED");
  CHECK(b.dropped(DropReason::NeighbourFailed) == 1);
  CHECK(b.taken(Lane::IcmpError).empty());
  CHECK(b.asked.empty());
}

}  // namespace flyover::neighbour
