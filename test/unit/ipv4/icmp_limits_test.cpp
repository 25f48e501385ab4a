// SPDX-License-Identifier: BSD-3-Clause
// How many errors and redirects leave, and when. The numbers are Linux's (docs/differences.md, test/oracle/cases/i_rates.py).
#include "ipv4/icmp_limits.hpp"
#include "ipv4/icmp_error.hpp"
#include "ipv4/output.hpp"
#include "ipv4/owe.hpp"
#include "router.hpp"

using namespace flyover;
using namespace flyover::test;

namespace {

Bytes udp_from(const char* source, const char* destination, uint16_t length = 28) {
  Bytes bytes(length);
  auto& ip = *reinterpret_cast<Ipv4Header*>(bytes.data());
  ip.version_ihl = 0x45;
  ip.total_length = Be16(length);
  ip.ttl = 64;
  ip.protocol = protocol::kUdp;
  ip.source = ip4(source);
  ip.destination = ip4(destination);
  set_ipv4_checksum(ip);
  return bytes;
}

struct Limits {
  Router router;
  Worker& w = router.worker;

  Limits() {
    router.snapshot.settings = Settings{};
    w.icmp_credit = 0;
    w.now_ms = 100'000;
  }
  void owe(const char* source, DropReason reason, uint8_t type, uint8_t code) {
    Packet p = router.packet(udp_from(source, "99.0.0.1"));
    (void)ipv4::owe(p, reason, type, code);
    router.step<icmp::Error>(p);
    drain();
  }
  void ttl(const char* source) { owe(source, DropReason::TtlExpired, icmp::kTimeExceeded, icmp::kTtlExceeded); }
  void no_route(const char* source) {
    owe(source, DropReason::NoRoute, icmp::kDestinationUnreachable, icmp::kNetUnreachable);
  }
  void drain() {
    router.drain<ipv4::ResolveOutput>(Lane::Output);
    bury(w);
  }
  // How many more have been sent since the last call.
  size_t fresh() {
    const size_t count = router.sent.size() - seen;
    seen = router.sent.size();
    return count;
  }
  size_t seen = 0;
};

}  // namespace

TEST_CASE("one peer gets six errors at once", "[limits]") {
  Limits t;
  for (int i = 0; i < 200; ++i) t.ttl("10.64.0.1");
  CHECK(t.fresh() == 6);
  CHECK(t.w.counters.icmp_sent == 6);
  CHECK(t.w.counters.icmp_limited_peer == 194);
  t.ttl("10.64.0.2");
  CHECK(t.fresh() == 1);
  t.router.check_conservation();
}

TEST_CASE("one peer gets an error each second", "[limits]") {
  Limits t;
  for (int i = 0; i < 6; ++i) t.ttl("10.64.0.1");
  t.fresh();
  for (int i = 0; i < 200; ++i) {  // fifty a second, four seconds
    t.w.now_ms += 20;
    t.ttl("10.64.0.1");
  }
  CHECK(t.fresh() == 4);
}

TEST_CASE("error routes charge the same bucket twice: two errors", "[limits]") {
  Limits t;
  for (int i = 0; i < 200; ++i) t.no_route("10.64.0.1");
  CHECK(t.fresh() == 2);
  for (int i = 0; i < 10; ++i) t.ttl("10.64.0.1");
  CHECK(t.fresh() == 0);
}

TEST_CASE("time exceeded first, then no route", "[limits]") {
  Limits t;
  for (int i = 0; i < 3; ++i) t.ttl("10.64.0.1");
  for (int i = 0; i < 10; ++i) t.no_route("10.64.0.1");
  CHECK(t.fresh() == 3 + 1);
}

TEST_CASE("without icmp_ratelimit error routes still have their own limit", "[limits]") {
  Limits t;
  t.router.snapshot.settings.icmp_ratelimit = 0;
  for (int i = 0; i < 20; ++i) t.ttl("10.64.0.1");
  CHECK(t.fresh() == 20);
  for (int i = 0; i < 20; ++i) t.no_route("10.64.0.2");
  CHECK(t.fresh() == 5);
}

TEST_CASE("fragmentation needed has no limit and charges nobody", "[limits]") {
  Limits t;
  for (int i = 0; i < 200; ++i)
    t.owe("10.64.0.1", DropReason::FragmentationNeeded, icmp::kDestinationUnreachable, icmp::kFragmentationNeeded);
  CHECK(t.fresh() == 200);
  for (int i = 0; i < 10; ++i) t.ttl("10.64.0.1");
  CHECK(t.fresh() == 6);
}

TEST_CASE("a type that is not in icmp_ratemask has no limit", "[limits]") {
  Limits t;
  t.router.snapshot.settings.icmp_ratemask = 6168 & ~(1U << icmp::kTimeExceeded);
  for (int i = 0; i < 60; ++i) t.ttl("10.64.0.1");
  CHECK(t.fresh() == 60);
}

TEST_CASE("all peers together: a burst of 50, each message costs 0 to 2", "[limits]") {
  Limits t;
  size_t least = 400, most = 0;
  for (int round = 0; round < 20; ++round) {
    t.w.now_ms += 10'000;
    for (int i = 0; i < 400; ++i) t.ttl(("10.64." + std::to_string(round) + "." + std::to_string(i % 200)).c_str());
    const size_t count = t.fresh();
    least = std::min(least, count);
    most = std::max(most, count);
  }
  CHECK(least >= 26);  // 2 each
  CHECK(most > least);
  CHECK(most < 120);
  CHECK(t.w.counters.icmp_limited_global > 0);
}

TEST_CASE("all peers together: 1000 a second, filled every 20 ms", "[limits]") {
  Limits t;
  CHECK(icmp::global_credit(t.w));
  CHECK(t.w.icmp_credit == 50);
  t.w.icmp_credit = -1;
  t.w.now_ms += 19;
  CHECK_FALSE(icmp::global_credit(t.w));
  t.w.now_ms += 1;
  CHECK(icmp::global_credit(t.w));
  CHECK(t.w.icmp_credit == 19);
}

TEST_CASE("what the peer's limit refuses costs the global bucket nothing", "[limits]") {
  Limits t;
  for (int i = 0; i < 1000; ++i) t.ttl("10.64.0.1");
  CHECK(t.w.icmp_credit >= 50 - 12);
}

TEST_CASE("redirects: nine, each later than the last, then silence", "[redirect]") {
  Limits t;
  const auto redirected = [&] {
    Packet p = t.router.packet(udp_from("10.0.0.100", "40.0.0.1"));
    icmp::redirect(p, t.w);
    t.drain();
    discard(p.mbuf, DropReason::Blackhole, t.w);
    return t.fresh() == 1;
  };
  t.router.gateway("40.0.0.0/8", "10.0.0.3", 0);
  std::vector<uint64_t> at;
  const uint64_t begin = t.w.now_ms;
  for (; t.w.now_ms < begin + 30'000; t.w.now_ms += 10)
    if (redirected()) at.push_back(t.w.now_ms - begin);
  // More than 20 ms << n after the last, in steps of 10 ms.
  CHECK(at == std::vector<uint64_t>{0, 50, 140, 310, 640, 1290, 2580, 5150, 10280});
  t.w.now_ms += 20'470;  // since the last packet, not the last redirect
  CHECK_FALSE(redirected());
  t.w.now_ms += 20'481;
  CHECK(redirected());
  CHECK(t.w.counters.redirects_sent == 10);
  t.drain();
  t.router.check_conservation();
}

TEST_CASE("a redirect takes the credit for errors away", "[redirect]") {
  Limits t;
  t.router.gateway("40.0.0.0/8", "10.0.0.3", 0);
  const Packet p = t.router.packet(udp_from("10.0.0.100", "40.0.0.1"));
  icmp::redirect(p, t.w);
  discard(p.mbuf, DropReason::Blackhole, t.w);
  t.drain();
  CHECK(t.fresh() == 1);
  t.ttl("10.0.0.100");
  CHECK(t.fresh() == 0);
  t.w.now_ms += 1000;
  t.ttl("10.0.0.100");
  CHECK(t.fresh() == 1);
}

TEST_CASE("a redirect names the better first hop and leaves the packet alone", "[redirect]") {
  Limits t;
  t.router.gateway("40.0.0.0/8", "10.0.0.3", 0);
  Bytes bytes = udp_from("10.0.0.100", "40.0.0.1");
  const Packet p = t.router.packet(bytes);
  icmp::redirect(p, t.w);
  CHECK(std::equal(bytes.begin(), bytes.end(), reinterpret_cast<const uint8_t*>(p.ip)));
  discard(p.mbuf, DropReason::Blackhole, t.w);
  t.drain();
  REQUIRE(t.router.sent.size() == 1);
  const Bytes& ip = t.router.sent[0].ip;
  CHECK(to_hex({ip.begin() + 12, ip.begin() + 22}) == "0a0000010a0000640501");
  CHECK(to_hex({ip.begin() + 24, ip.begin() + 28}) == "0a000003");
  CHECK(Bytes(ip.begin() + 28, ip.end()) == bytes);
  CHECK(ip[1] == 0xc0);
  CHECK(t.router.sent[0].out == kPort[0]);
}
