// SPDX-License-Identifier: BSD-3-Clause
// What ARP answers, learns and asks. The rows are what Linux 6.18 did with the same frame and the same settings.
#include "arp_bench.hpp"

namespace flyover::ipv4 {
namespace {

constexpr const char *kA = "02:00:00:00:00:aa", *kC = "02:00:00:00:00:cc", *kOld = "02:00:00:00:00:11",
                     *kZero = "00:00:00:00:00:00", *kAll = "ff:ff:ff:ff:ff:ff", *kUs = "02:00:00:00:01:00";

// A request of ours, as the bench puts it in words.
std::string asks(const char* to, const char* source, const char* target) {
  return fmt::format("request {}>{} sip {} tha {} tip {}", kUs, to, source, kZero, target);
}

enum class Fate { Used, Ignored, Malformed, OtherHost };

void check_fate(const ArpBench& b, Fate fate) {
  CHECK(b.w.counters.consumed == (fate == Fate::Used));
  CHECK(b.dropped(DropReason::ArpIgnored) == (fate == Fate::Ignored));
  CHECK(b.dropped(DropReason::ArpMalformed) == (fate == Fate::Malformed));
  CHECK(b.dropped(DropReason::OtherHost) == (fate == Fate::OtherHost));
}

}  // namespace

TEST_CASE("frames from somebody unknown") {
  struct Row {
    const char* name;
    Said said;
    bool answered;
    const char* known;  // what is known of the sender then
    Fate fate;
  };
  const Fate used = Fate::Used, ignored = Fate::Ignored, malformed = Fate::Malformed;
  const auto row = GENERATE_COPY(values<Row>({
      {"request for us", {}, true, "STALE 02:00:00:00:00:aa", used},
      {"request for us by unicast", {.to = kUs}, true, "STALE 02:00:00:00:00:aa", used},
      {"request for us by multicast", {.to = "01:00:5e:00:00:01"}, true, "STALE 02:00:00:00:00:aa", used},
      {"request for another port's address", {.target = "10.0.1.1"}, true, "STALE 02:00:00:00:00:aa", used},
      {"sender of another subnet", {.sender = "192.168.7.7"}, true, "STALE 02:00:00:00:00:aa", used},
      {"request for a neighbour", {.target = "10.0.0.77"}, false, "-", ignored},
      {"request for a host behind us", {.target = "10.0.1.77"}, false, "-", ignored},
      {"probe for our address", {.sender = "0.0.0.0"}, true, "-", used},
      {"probe for another's address", {.sender = "0.0.0.0", .target = "10.0.0.77"}, false, "-", ignored},
      {"reply from 0.0.0.0", {.operation = 2, .sender = "0.0.0.0", .to = kUs}, false, "-", ignored},
      {"sender claims our address", {.sender = "10.0.0.1"}, false, "-", ignored},
      {"sender claims our other address", {.sender = "10.0.1.1"}, false, "-", ignored},
      {"sender is the subnet's broadcast address", {.sender = "10.0.0.255"}, true, "-", used},
      {"sender is 255.255.255.255", {.sender = "255.255.255.255"}, false, "-", ignored},
      {"sender is a group", {.sender = "224.0.0.5"}, false, "-", ignored},
      {"sender is loopback", {.sender = "127.0.0.5"}, false, "-", ignored},
      {"sender is the subnet's first address", {.sender = "10.0.0.0"}, true, "STALE 02:00:00:00:00:aa", used},
      {"sender is of class E", {.sender = "240.1.1.1"}, true, "STALE 02:00:00:00:00:aa", used},
      {"sender is of 0/8", {.sender = "0.1.2.3"}, true, "STALE 02:00:00:00:00:aa", used},
      {"target is loopback", {.target = "127.0.0.1"}, false, "-", ignored},
      {"target is a group", {.target = "224.0.0.1"}, false, "-", ignored},
      {"target is the subnet's broadcast address", {.target = "10.0.0.255"}, false, "-", ignored},
      {"target is 255.255.255.255", {.target = "255.255.255.255"}, false, "-", ignored},
      {"target is 0.0.0.0", {.target = "0.0.0.0"}, false, "-", ignored},
      {"a multicast MAC", {.sender_mac = "01:02:03:04:05:06"}, true, "STALE 01:02:03:04:05:06", used},
      {"the broadcast MAC", {.sender_mac = kAll}, true, "STALE ff:ff:ff:ff:ff:ff", used},
      {"the zero MAC", {.sender_mac = kZero}, true, "STALE 00:00:00:00:00:00", used},
      {"our own MAC", {.sender_mac = kUs}, true, "STALE 02:00:00:00:01:00", used},
      {"a MAC that is not the frame's", {.sender_mac = kC}, true, "STALE 02:00:00:00:00:cc", used},
      {"hardware type IEEE 802", {.hardware = 6}, true, "STALE 02:00:00:00:00:aa", used},
      {"hardware type 7", {.hardware = 7}, false, "-", malformed},
      {"protocol IPv6", {.protocol = 0x86dd}, false, "-", malformed},
      {"hardware length 8", {.hardware_length = 8}, false, "-", malformed},
      {"protocol length 16", {.protocol_length = 16}, false, "-", malformed},
      {"reverse ARP", {.operation = 3}, false, "-", ignored},
      {"operation 0", {.operation = 0}, false, "-", ignored},
      {"one byte too short", {.length = 41}, false, "-", malformed},
      {"padded to 60 bytes", {.length = 60}, true, "STALE 02:00:00:00:00:aa", used},
      {"padded to 202 bytes", {.length = 202}, true, "STALE 02:00:00:00:00:aa", used},
      {"for another host's MAC", {.to = "02:00:00:00:00:77"}, false, "-", Fate::OtherHost},
      {"reply that nobody asked for", {.operation = 2, .target_mac = kUs, .to = kUs}, false, "-", ignored},
      {"broadcast reply that nobody asked for", {.operation = 2, .target = "10.0.0.9"}, false, "-", ignored},
      {"gratuitous request", {.target = "10.0.0.9"}, false, "-", ignored},
  }));
  ArpBench b;
  b.hear(row.said);
  INFO(row.name);
  CHECK(b.known(row.said.sender) == row.known);
  check_fate(b, row.fate);
  REQUIRE(b.out.size() == row.answered);
  if (row.answered)
    CHECK(b.out[0] == fmt::format("reply {}>{} sip {} tha {} tip {}", kUs, row.said.sender_mac, row.said.target,
                                  row.said.sender_mac, row.said.sender));
}

TEST_CASE("a request is understood however its bytes lie in segments, and with a priority tag") {
  const auto first = GENERATE(values<uint16_t>({14, 15, 20, 22, 41}));
  ArpBench b;
  b.hear({}, first);
  CHECK(b.known("10.0.0.9") == "STALE 02:00:00:00:00:aa");
  b.hear({.sender = "10.0.0.10"}, 0, true);
  CHECK(b.known("10.0.0.10") == "STALE 02:00:00:00:00:aa");
  CHECK(b.out.size() == 2);
}

TEST_CASE("frames from somebody known") {
  using neighbour::State;
  struct Row {
    const char* name;
    State state;  // with the MAC kOld
    uint32_t age_ms;
    Said said;
    const char* known;
  };
  const auto row = GENERATE(values<Row>({
      {"reply within locktime", State::Stale, 0, {.operation = 2, .to = kUs}, "STALE 02:00:00:00:00:11"},
      {"reply of the same MAC",
       State::Stale,
       0,
       {.operation = 2, .sender_mac = kOld, .to = kUs},
       "REACHABLE 02:00:00:00:00:11"},
      {"reply after locktime", State::Stale, 1100, {.operation = 2, .to = kUs}, "REACHABLE 02:00:00:00:00:aa"},
      {"broadcast reply after locktime", State::Stale, 1100, {.operation = 2}, "STALE 02:00:00:00:00:aa"},
      {"broadcast reply within locktime", State::Stale, 0, {.operation = 2}, "STALE 02:00:00:00:00:11"},
      {"gratuitous request", State::Stale, 0, {.target = "10.0.0.9"}, "STALE 02:00:00:00:00:aa"},
      {"gratuitous reply to itself",
       State::Stale,
       0,
       {.operation = 2, .target = "10.0.0.9", .target_mac = kA},
       "STALE 02:00:00:00:00:aa"},
      {"gratuitous reply to zero", State::Stale, 0, {.operation = 2, .target = "10.0.0.9"}, "STALE 02:00:00:00:00:11"},
      {"gratuitous reply to all",
       State::Stale,
       0,
       {.operation = 2, .target = "10.0.0.9", .target_mac = kAll},
       "STALE 02:00:00:00:00:11"},
      {"request for us", State::Stale, 0, {}, "STALE 02:00:00:00:00:aa"},
      {"request for another, within locktime", State::Stale, 0, {.target = "10.0.0.77"}, "STALE 02:00:00:00:00:11"},
      {"request for another, later", State::Stale, 1100, {.target = "10.0.0.77"}, "STALE 02:00:00:00:00:aa"},
      {"request for another, same MAC",
       State::Stale,
       1100,
       {.target = "10.0.0.77", .sender_mac = kOld},
       "STALE 02:00:00:00:00:11"},
      {"permanent: request for us", State::Permanent, 0, {}, "PERMANENT 02:00:00:00:00:11"},
      {"permanent: reply", State::Permanent, 1100, {.operation = 2, .to = kUs}, "PERMANENT 02:00:00:00:00:11"},
      {"reachable: request for us", State::Reachable, 0, {.sender_mac = kOld}, "REACHABLE 02:00:00:00:00:11"},
      {"reachable: request for us, new MAC", State::Reachable, 0, {}, "STALE 02:00:00:00:00:aa"},
      {"reachable: broadcast reply",
       State::Reachable,
       0,
       {.operation = 2, .sender_mac = kOld},
       "REACHABLE 02:00:00:00:00:11"},
      {"reachable: reply within locktime",
       State::Reachable,
       0,
       {.operation = 2, .to = kUs},
       "REACHABLE 02:00:00:00:00:11"},
      {"probe: request for us", State::Probe, 0, {.sender_mac = kOld}, "PROBE 02:00:00:00:00:11"},
      {"probe: request for us, new MAC", State::Probe, 0, {.sender_mac = kC}, "STALE 02:00:00:00:00:cc"},
      {"failed: reply", State::Failed, 0, {.operation = 2, .to = kUs}, "REACHABLE 02:00:00:00:00:aa"},
      {"failed: request for another", State::Failed, 0, {.target = "10.0.0.77"}, "STALE 02:00:00:00:00:aa"},
      {"reply with a multicast MAC",
       State::Stale,
       1100,
       {.operation = 2, .sender_mac = "01:02:03:04:05:06", .to = kUs},
       "REACHABLE 01:02:03:04:05:06"},
  }));
  ArpBench b;
  REQUIRE(b.control->write({kEast, b.ip("10.0.0.9"), MacAddress::parse(kOld), row.state}, neighbour::Write::Add));
  if (row.age_ms) b.pass(row.age_ms);
  b.hear(row.said);
  INFO(row.name);
  CHECK(b.known("10.0.0.9") == row.known);
}

TEST_CASE("arp_accept says who is remembered without having been asked") {
  struct Row {
    const char* name;
    Said said;
    const char* known[3];  // by arp_accept
  };
  const char *stale = "STALE 02:00:00:00:00:aa", *reachable = "REACHABLE 02:00:00:00:00:aa";
  const auto row = GENERATE_COPY(values<Row>({
      {"reply", {.operation = 2, .to = kUs}, {"-", reachable, reachable}},
      {"broadcast reply", {.operation = 2}, {"-", stale, stale}},
      {"gratuitous request", {.target = "10.0.0.9"}, {"-", stale, stale}},
      {"gratuitous reply", {.operation = 2, .target = "10.0.0.9", .target_mac = kA}, {"-", stale, stale}},
      {"gratuitous reply to zero", {.operation = 2, .target = "10.0.0.9"}, {"-", stale, stale}},
      {"request for another", {.target = "10.0.0.77"}, {"-", "-", "-"}},
      {"gratuitous, another subnet's", {.sender = "192.168.7.7", .target = "192.168.7.7"}, {"-", stale, "-"}},
      {"reply, another subnet's", {.operation = 2, .sender = "192.168.7.7", .to = kUs}, {"-", reachable, "-"}},
      {"gratuitous, our own", {.sender = "10.0.0.1"}, {"-", "-", "-"}},
      {"gratuitous, a group", {.sender = "224.0.0.5", .target = "224.0.0.5"}, {"-", "-", "-"}},
      {"gratuitous, a broadcast address", {.sender = "10.0.0.255", .target = "10.0.0.255"}, {"-", "-", "-"}},
  }));
  const uint8_t accept = GENERATE(range(0, 3));
  ArpBench b;
  b.east_settings.arp_accept = accept;
  b.publish();
  b.hear(row.said);
  INFO(row.name << ", arp_accept " << int{accept});
  CHECK(b.known(row.said.sender) == row.known[accept]);
  CHECK(b.out.empty());
}

TEST_CASE("arp_ignore says which of our addresses are answered for") {
  struct Row {
    const char *sender, *target;
    bool answered[5];  // by arp_ignore: 0, 1, 2, 3, 8
  };
  const auto row = GENERATE(values<Row>({
      {"10.0.0.9", "10.0.0.1", {true, true, true, true, false}},
      {"10.0.0.9", "10.0.1.1", {true, false, false, true, false}},    // of another port
      {"192.168.7.7", "10.0.0.1", {true, true, false, true, false}},  // a sender of another subnet
      {"10.0.0.9", "10.0.5.1", {true, true, false, true, false}},     // our other subnet
      {"10.0.5.9", "10.0.5.1", {true, true, true, true, false}},      // both in it
      {"10.0.0.9", "10.0.0.200", {true, false, false, true, false}},  // on lo
      {"10.0.0.9", "10.6.0.1", {true, true, false, true, false}},     // scope link
      {"10.0.0.9", "10.7.0.1", {true, true, false, false, false}},    // scope host
      {"0.0.0.0", "10.0.0.1", {true, true, true, true, false}},       // probes
      {"0.0.0.0", "10.0.1.1", {true, false, false, true, false}},
  }));
  const auto [index, ignore] = GENERATE(table<int, uint8_t>({{0, 0}, {1, 1}, {2, 2}, {3, 3}, {4, 8}, {0, 4}, {0, 9}}));
  ArpBench b;
  b.own("10.0.5.1", 24, kEast, b.east_addresses);
  b.own("10.6.0.1", 24, kEast, b.east_addresses, iface::Scope::Link);
  b.own("10.7.0.1", 24, kEast, b.east_addresses, iface::Scope::Host);
  b.own("10.0.0.200", 32, kLoopback, b.lo_addresses);
  b.east_settings.arp_ignore = ignore;
  b.publish();
  b.hear({.sender = row.sender, .target = row.target});
  INFO(row.sender << " asks for " << row.target << ", arp_ignore " << int{ignore});
  CHECK(b.out.size() == row.answered[index]);
}

TEST_CASE("proxy_arp and proxy_arp_pvlan answer for others") {
  struct Row {
    const char* name;
    Said said;
    bool proxy, pvlan, forwarding, answered;
    uint8_t rp_filter = 0;
  };
  const auto row = GENERATE(values<Row>({
      {"off", {.target = "10.2.0.1"}, false, false, true, false},
      {"behind another port, by a gateway", {.target = "10.2.0.1"}, true, false, true, true},
      {"behind another port, connected", {.target = "10.0.1.77"}, true, false, true, true},
      {"same port, connected", {.target = "10.0.0.77"}, true, false, true, false},
      {"same port, by a gateway", {.target = "10.3.0.1"}, true, false, true, false},
      {"blackhole", {.target = "10.4.0.1"}, true, false, true, false},
      {"unreachable", {.target = "10.5.0.1"}, true, false, true, false},
      {"no route", {.target = "99.0.0.1"}, true, false, true, false},
      {"another port's broadcast address", {.target = "10.0.1.255"}, true, false, true, false},
      {"sender of another subnet", {.sender = "192.168.7.7", .target = "10.2.0.1"}, true, false, true, true},
      {"a probe", {.sender = "0.0.0.0", .target = "10.2.0.1"}, true, false, true, false},
      {"gratuitous", {.sender = "10.2.0.1", .target = "10.2.0.1"}, true, false, true, true},
      {"no forwarding", {.target = "10.2.0.1"}, true, false, false, false},
      {"no forwarding, but ours", {.target = "10.0.0.1"}, false, false, false, true},
      {"rp_filter refuses the sender", {.sender = "192.168.7.7", .target = "10.2.0.1"}, true, false, true, false, 1},
      {"rp_filter refuses who asks for us", {.sender = "192.168.7.7"}, false, false, true, false, 1},
      {"pvlan: same port", {.target = "10.0.0.77"}, false, true, true, true},
      {"pvlan: same port by a gateway", {.target = "10.3.0.1"}, false, true, true, true},
      {"pvlan: gratuitous", {.target = "10.0.0.9"}, false, true, true, false},
      {"pvlan: another port", {.target = "10.2.0.1"}, false, true, true, false},
      {"pvlan: no forwarding", {.target = "10.0.0.77"}, false, true, false, false},
  }));
  ArpBench b;
  b.east_settings.proxy_arp = row.proxy;
  b.east_settings.proxy_arp_pvlan = row.pvlan;
  b.east_settings.forwarding = row.forwarding;
  b.east_settings.rp_filter = row.rp_filter;
  b.publish();
  b.control->configure(kEast, NeighbourSettings{.proxy_delay_ms = 0});
  b.hear(row.said);
  INFO(row.name);
  CHECK(b.out.size() == row.answered);
  CHECK(b.known(row.said.sender) == (row.answered ? "STALE 02:00:00:00:00:aa" : "-"));
}

TEST_CASE("a proxy answers broadcast requests after a random time, unicast ones at once") {
  std::vector<uint64_t> waits;
  for (int i = 0; i < 30; ++i) {
    ArpBench b;
    b.east_settings.proxy_arp = true;
    b.publish();
    b.hear({.target = "10.2.0.1", .to = kUs});
    CHECK(b.out.size() == 1);
    b.hear({.sender = "10.0.0.10", .target = "10.2.0.1"});
    const uint64_t start = b.w.now_ms;
    while (b.out.size() < 2 && b.w.now_ms < start + 1000) b.pass_arp(10);
    waits.push_back(b.w.now_ms - start);
  }
  const auto [least, most] = std::minmax_element(waits.begin(), waits.end());
  CHECK(*most <= 810);
  CHECK(*most - *least > 200);
}

TEST_CASE("answers that wait are bounded by proxy_qlen, and forgotten when the link goes down") {
  ArpBench b;
  b.east_settings.proxy_arp = true;
  b.publish();
  for (int i = 0; i < 200; ++i) {
    const std::string sender = fmt::format("10.0.0.{}", 20 + i);
    b.hear({.sender = sender.c_str(), .target = "10.2.0.1"});
  }
  CHECK(b.arp.delayed() == 65);  // Linux: one more than it says
  CHECK(b.dropped(DropReason::ArpQueueFull) == 135);
  CHECK(b.control->entries() == 200);
  b.arp.link_down(kWest);
  b.pass_arp(400);
  CHECK(b.out.size() > 10);
  CHECK(b.out.size() < 60);
  b.arp.link_down(kEast);
  const size_t before = b.out.size();
  b.pass_arp(1000);
  CHECK(b.out.size() == before);
}

TEST_CASE("who asks is not answered when there is no room to remember him") {
  ArpBench b;
  b.control->configure(neighbour::GcThresholds{0, 0, 2});
  b.hear({.sender = "10.0.0.10"});
  b.hear({.sender = "10.0.0.11"});
  b.hear({.sender = "10.0.0.12"});
  CHECK(b.out.size() == 2);
  CHECK(b.control->stats().table_fulls == 1);
}

TEST_CASE("a request without an mbuf for the answer is dropped as such") {
  ArpBench b;
  std::vector<rte_mbuf*> all;
  while (rte_mbuf* m = rte_pktmbuf_alloc(b.w.pool)) all.push_back(m);
  rte_pktmbuf_free(all.back());  // for the request
  all.pop_back();
  b.hear({});
  CHECK(b.dropped(DropReason::NoBuffer) == 1);
  for (rte_mbuf* m : all) rte_pktmbuf_free(m);
}

// ---- asking ----

TEST_CASE("arp_announce says with which of our addresses we ask") {
  struct Row {
    const char *from, *next_hop;
    const char* source[3];  // by arp_announce
  };
  const auto row = GENERATE(values<Row>({
      {"10.0.0.1", "10.0.0.9", {"10.0.0.1", "10.0.0.1", "10.0.0.1"}},
      {"10.0.0.2", "10.0.0.9", {"10.0.0.2", "10.0.0.2", "10.0.0.1"}},  // a secondary address
      {"10.0.1.1", "10.0.0.9", {"10.0.1.1", "10.0.0.1", "10.0.0.1"}},  // another port's
      {"10.8.0.2", "10.0.0.9", {"10.8.0.2", "10.0.0.1", "10.0.0.1"}},  // of another subnet
      {"10.8.0.2", "10.8.0.9", {"10.8.0.2", "10.8.0.2", "10.8.0.1"}},
      {"10.9.9.9", "10.0.0.9", {"10.0.0.1", "10.0.0.1", "10.0.0.1"}},  // a packet in transit
      {"10.9.9.9", "10.8.0.9", {"10.8.0.1", "10.8.0.1", "10.8.0.1"}},
      {"10.9.9.9", "10.9.9.77", {"10.0.0.1", "10.0.0.1", "10.0.0.1"}},  // a next hop outside of every subnet
  }));
  const uint8_t announce = GENERATE(range(0, 3));
  ArpBench b;
  b.own("10.0.0.2", 24, kEast, b.east_addresses, iface::Scope::Universe, true);
  b.own("10.8.0.1", 24, kEast, b.east_addresses);
  b.own("10.8.0.2", 24, kEast, b.east_addresses, iface::Scope::Universe, true);
  b.east_settings.arp_announce = announce;
  b.publish();
  b.source = b.ip(row.from);
  b.send(kEast, b.ip(row.next_hop));
  flush_all(b.w);
  INFO(row.from << " to " << row.next_hop << ", arp_announce " << int{announce});
  REQUIRE(b.out.size() == 1);
  CHECK(b.out[0] == asks(kAll, row.source[announce], row.next_hop));
}

TEST_CASE("a port without an address asks with another's, and with none when there is none") {
  ArpBench b;
  b.east_addresses.clear();
  b.publish();
  b.send(kEast, b.ip("10.9.9.77"));
  flush_all(b.w);
  REQUIRE(b.out.size() == 1);
  CHECK(b.out[0] == asks(kAll, "10.0.1.1", "10.9.9.77"));
  b.forget_west();
  b.send(kEast, b.ip("10.9.9.78"));
  flush_all(b.w);
  REQUIRE(b.out.size() == 2);
  CHECK(b.out[1] == asks(kAll, "0.0.0.0", "10.9.9.78"));
}

TEST_CASE("a probe of a neighbour in use goes to its MAC") {
  ArpBench b;
  REQUIRE(b.control->write({kEast, b.ip("10.0.0.9"), MacAddress::parse(kA), neighbour::State::Probe},
                           neighbour::Write::Add));
  b.poll_arp();
  REQUIRE(b.out.size() == 1);
  CHECK(b.out[0] == asks(kA, "10.0.0.1", "10.0.0.9"));
}

TEST_CASE("an answer lets the packets that waited go") {
  struct Row {
    const char* name;
    Said said;
    const char* known;
  };
  const auto row = GENERATE(values<Row>({
      {"reply", {.operation = 2, .to = kUs}, "REACHABLE 02:00:00:00:00:aa"},
      {"broadcast reply", {.operation = 2}, "DELAY 02:00:00:00:00:aa"},
      {"request for us", {}, "DELAY 02:00:00:00:00:aa"},
      {"request for another", {.target = "10.0.0.77"}, "DELAY 02:00:00:00:00:aa"},
  }));
  ArpBench b;
  b.send(kEast, b.ip("10.0.0.9"), 40, 1);
  b.send(kEast, b.ip("10.0.0.9"), 40, 2);
  b.hear(row.said);
  INFO(row.name);
  CHECK(b.taken(Lane::Inject) == std::vector<uint16_t>{1, 2});
  CHECK(b.known("10.0.0.9") == row.known);
}

TEST_CASE("gratuitous requests announce every address") {
  ArpBench b;
  b.own("10.0.0.3", 24, kEast, b.east_addresses, iface::Scope::Universe, true);
  b.publish();
  b.arp.announce(kEast);
  flush_all(b.w);
  REQUIRE(b.out.size() == 2);
  CHECK(b.out[0] == asks(kAll, "10.0.0.1", "10.0.0.1"));
  CHECK(b.out[1] == asks(kAll, "10.0.0.3", "10.0.0.3"));
}

}  // namespace flyover::ipv4
