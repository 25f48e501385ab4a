// SPDX-License-Identifier: BSD-3-Clause
#include "ipv4/output.hpp"

#include "ipv4/own_packet.hpp"
#include "router.hpp"

using namespace flyover;
using namespace flyover::test;
using route::Action;

namespace {

// What the stage says about a packet that the router made.
struct Made {
  Verdict verdict;
  Packet row;
};

Made route_out(Router& r, const char* source, const char* destination) {
  Packet p;
  REQUIRE(ipv4::make_packet(
      p, {.source = ip4(source), .destination = ip4(destination), .protocol = 1, .id = 7, .payload = 8}, r.worker));
  const Verdict v = ipv4::ResolveOutput::step(p, r.worker);
  CHECK(ipv4_checksum_ok(*p.ip));
  Made made{v, p};
  return made;
}

void finish(Router& r, const Made& made) {
  discard(made.row.mbuf, DropReason::Shutdown, r.worker);
  r.check_conservation();
}

}  // namespace

TEST_CASE("own packets are routed, and speak from the route's address", "[output]") {
  struct Row {
    const char *source, *destination, *speaks_from;
    InterfaceId out;
  };
  const Row rows[] = {
      {"10.0.0.1", "10.0.1.2", "10.0.0.1", kPort[1]},  // a source that is set stays
      {"0.0.0.0", "10.0.1.2", "10.0.1.1", kPort[1]},   // on link: the subnet's own address
      {"0.0.0.0", "20.1.2.3", "10.0.1.1", kPort[1]},   // by gateway: the interface's first
      {"0.0.0.0", "50.0.0.1", "10.0.0.1", kPort[2]},   // the route's src
      {"0.0.0.0", "10.0.0.255", "10.0.0.1", kPort[0]},
  };
  for (const Row& row : rows) {
    INFO(row.destination);
    Router r;
    r.route(net4("50.0.0.0/8"), {.action = Action::Forward,
                                 .out = kPort[2],
                                 .mtu = route::Live<uint16_t>(900),
                                 .gateway = ip4("10.0.2.2"),
                                 .source = ip4("10.0.0.1")});
    const Made made = route_out(r, row.source, row.destination);
    CHECK(made.verdict == go_on());
    CHECK(made.row.ip->source == ip4(row.speaks_from));
    CHECK(made.row.out == row.out);
    REQUIRE(made.row.dst != nullptr);
    finish(r, made);
  }
}

TEST_CASE("a packet to ourselves comes in again by lo", "[output]") {
  for (const char* source : {"0.0.0.0", "10.0.0.1"}) {
    Router r;
    const Made made = route_out(r, source, "10.0.1.1");
    CHECK(made.verdict == divert(Lane::LocalIn));
    CHECK(made.row.in == kLoopback);
    CHECK(made.row.ip->source == (ip4(source).is_any() ? ip4("10.0.1.1") : ip4(source)));
    finish(r, made);
  }
}

TEST_CASE("error routes end own packets without an error", "[output]") {
  const std::pair<Action, DropReason> rows[] = {{Action::Blackhole, DropReason::Blackhole},
                                                {Action::Unreachable, DropReason::HostUnreachable},
                                                {Action::Prohibit, DropReason::Prohibit},
                                                {Action::Throw, DropReason::NoRoute}};
  for (const auto& [action, reason] : rows) {
    Router r;
    r.route(net4("40.0.0.0/8"), {.action = action});
    const Made made = route_out(r, "10.0.0.1", "40.0.0.1");
    CHECK(made.verdict == drop(reason));
    finish(r, made);
  }
  Router r;
  const Made made = route_out(r, "10.0.0.1", "99.0.0.1");
  CHECK(made.verdict == drop(DropReason::NoRoute));
  finish(r, made);
}

TEST_CASE("a Dst that the maker has looked up is used", "[output]") {
  Router r;
  Packet p;
  REQUIRE(ipv4::make_packet(p, {.source = ip4("10.0.0.1"), .destination = ip4("99.0.0.1"), .payload = 0}, r.worker));
  p.dst = &r.routes.lookup({.to = ip4("20.0.0.1")});
  CHECK(ipv4::ResolveOutput::step(p, r.worker) == go_on());
  CHECK(p.out == kPort[1]);
  finish(r, {go_on(), p});
}

TEST_CASE("identifications count up per pair and protocol, and are never 0", "[output]") {
  Router r;
  const Ipv4Address a = ip4("10.0.0.1"), b = ip4("10.0.0.2");
  uint16_t last = ipv4::next_id(r.worker, a, b, 1);
  for (int i = 0; i < 70'000; ++i) {
    const uint16_t id = ipv4::next_id(r.worker, a, b, 1);
    REQUIRE(id != 0);
    REQUIRE(id == (last == 0xffff ? 1 : last + 1));
    last = id;
  }
  Router other;
  int same = 0;
  for (int i = 0; i < 100; ++i) {
    const Ipv4Address c(0x0a000000U + static_cast<uint32_t>(i));
    same += ipv4::next_id(r.worker, a, c, 1) == ipv4::next_id(other.worker, a, c, 1);
  }
  CHECK(same < 10);  // two routers, or two pairs, do not start alike
}

TEST_CASE("an empty pool, or an mbuf that is too small, makes no packet", "[output]") {
  Router r;
  Packet p;
  CHECK_FALSE(ipv4::make_packet(p, {.payload = 4000}, r.worker));
  std::vector<rte_mbuf*> all;
  while (rte_mbuf* m = rte_pktmbuf_alloc(r.pool.raw())) all.push_back(m);
  CHECK_FALSE(ipv4::make_packet(p, {.payload = 8}, r.worker));
  CHECK(r.worker.counters.created == 0);
  for (rte_mbuf* m : all) rte_pktmbuf_free(m);
}
