// SPDX-License-Identifier: BSD-3-Clause
#include "ipv4/protocol_table.hpp"

#include "ipv4/deliver.hpp"
#include "ipv4/output.hpp"
#include "router.hpp"

using namespace flyover;
using namespace flyover::test;

namespace {

struct Heard {
  int count = 0;
  uint16_t length = 0;
  Owed error;
  uint8_t inner_protocol = 0;
};

Verdict listen(Packet& p, Worker& w, void* context) noexcept {
  auto& heard = *static_cast<Heard*>(context);
  ++heard.count;
  heard.length = p.length;
  use_up(p.mbuf, w);
  return consumed();
}

bool listen_error(const Packet&, const Ipv4Header& inner, const Owed& error, Worker&, void* context) noexcept {
  auto& heard = *static_cast<Heard*>(context);
  ++heard.count;
  heard.error = error;
  heard.inner_protocol = inner.protocol;
  return false;
}

Bytes packet_to_us(uint8_t protocol, const Bytes& payload) {
  Bytes bytes(20);
  auto& ip = *reinterpret_cast<Ipv4Header*>(bytes.data());
  ip.version_ihl = 0x45;
  ip.total_length = Be16(static_cast<uint16_t>(20 + payload.size()));
  ip.ttl = 64;
  ip.protocol = protocol;
  ip.source = ip4("10.0.0.2");
  ip.destination = ip4("10.0.0.1");
  set_ipv4_checksum(ip);
  bytes.insert(bytes.end(), payload.begin(), payload.end());
  return bytes;
}

Bytes udp_to(uint16_t port) {
  return packet_to_us(17,
                      {0x10, 0, static_cast<uint8_t>(port >> 8), static_cast<uint8_t>(port), 0, 12, 0, 0, 1, 2, 3, 4});
}

Bytes icmp_error(uint8_t type, uint8_t code, uint32_t rest, uint8_t inner_protocol) {
  Bytes bytes(8);
  auto& header = *reinterpret_cast<IcmpHeader*>(bytes.data());
  header = {.type = type, .code = code, .checksum = {}, .rest = Be32(rest)};
  const Bytes inner = packet_to_us(inner_protocol, Bytes(8));
  bytes.insert(bytes.end(), inner.begin(), inner.end());
  reinterpret_cast<IcmpHeader*>(bytes.data())->checksum = checksum_finish(checksum_add(0, bytes.data(), bytes.size()));
  return packet_to_us(1, bytes);
}

}  // namespace

TEST_CASE("a protocol's handler gets its packets until it is removed", "[protocol]") {
  Router r;
  Heard heard;
  REQUIRE(r.protocols.add_protocol(89, {listen, &heard}));
  CHECK_FALSE(r.protocols.add_protocol(89, {listen, &heard}));
  CHECK_FALSE(r.protocols.add_protocol(protocol::kIcmp, {listen, &heard}));
  r.step<ipv4::Deliver>(r.packet(packet_to_us(89, Bytes(30))));
  CHECK(heard.count == 1);
  CHECK(heard.length == 50);
  CHECK(r.worker.counters.delivered == 1);
  REQUIRE(r.protocols.remove_protocol(89));
  CHECK_FALSE(r.protocols.remove_protocol(89));
  const Packet p = r.packet(packet_to_us(89, Bytes(30)));
  Packet row = p;
  CHECK(ipv4::Deliver::step(row, r.worker) == divert(Lane::IcmpError));
  CHECK(row.owed.reason == DropReason::ProtocolUnreachable);
  discard(p.mbuf, DropReason::ProtocolUnreachable, r.worker);
  r.check_conservation();
}

TEST_CASE("a UDP port's handler gets its datagrams, checked", "[protocol]") {
  Router r;
  Heard heard, other;
  REQUIRE(r.protocols.add_udp_port(4500, {listen, &heard}));
  REQUIRE(r.protocols.add_udp_port(1701, {listen, &other}));
  REQUIRE(r.protocols.add_udp_port(65535, {listen, &other}));
  CHECK_FALSE(r.protocols.add_udp_port(4500, {listen, &other}));
  r.step<ipv4::Deliver>(r.packet(udp_to(4500)));
  CHECK(heard.count == 1);
  r.step<ipv4::Deliver>(r.packet(udp_to(1701)));
  r.step<ipv4::Deliver>(r.packet(udp_to(65535)));
  CHECK(other.count == 2);
  Bytes wrong = udp_to(4500);
  wrong[26] = 1;
  r.step<ipv4::Deliver>(r.packet(wrong));
  CHECK(heard.count == 1);
  CHECK(r.dropped(DropReason::UdpChecksum) == 1);
  REQUIRE(r.protocols.remove_udp_port(4500));
  CHECK_FALSE(r.protocols.remove_udp_port(4500));
  CHECK(r.protocols.of_udp_port(4500) == nullptr);
  CHECK(r.protocols.of_udp_port(1701) != nullptr);
  r.check_conservation();
}

TEST_CASE("ICMP errors go to whoever speaks the quoted protocol", "[protocol]") {
  struct Row {
    uint8_t type, code, inner;
    uint32_t rest;
    int heard;
    const char* about;
  };
  const Row rows[] = {
      {3, 1, 47, 0, 1, "host unreachable"},
      {3, 4, 47, 1400, 1, "fragmentation needed, with its mtu"},
      {3, 15, 47, 0, 1, "the last code of unreachable"},
      {3, 16, 47, 0, 0, "no such code"},
      {4, 0, 47, 0, 1, "source quench"},
      {5, 1, 47, 0x0a000003, 1, "redirect, with its gateway"},
      {11, 0, 47, 0, 1, "time exceeded"},
      {11, 1, 47, 0, 0, "reassembly time exceeded is nobody's"},
      {12, 0, 47, 20U << 24, 1, "parameter problem"},
      {3, 1, 50, 0, 0, "another protocol"},
  };
  for (const Row& row : rows) {
    INFO(row.about);
    Router r;
    Heard heard;
    REQUIRE(r.protocols.add_protocol(47, {listen, &heard}, {listen_error, &heard}));
    r.step<ipv4::Deliver>(r.packet(icmp_error(row.type, row.code, row.rest, row.inner)));
    CHECK(heard.count == row.heard);
    if (heard.count) {
      CHECK(heard.error.type == row.type);
      CHECK(heard.error.code == row.code);
      CHECK(heard.error.info == row.rest);
      CHECK(heard.inner_protocol == 47);
    }
    CHECK(r.dropped(DropReason::IcmpIgnored) == (row.heard ? 0U : 1U));
    r.check_conservation();
  }
}

TEST_CASE("timestamps say milliseconds since midnight", "[protocol]") {
  Router r;
  r.worker.now_ms = 5'000;
  r.snapshot.utc_offset_ms = int64_t{86'400'000} * 20'000 + 3'600'000;  // a day, one o'clock
  Bytes request = {13, 3, 0, 0, 0xab, 0xcd, 0, 9, 0, 0, 0, 77, 1, 2, 3, 4, 5, 6, 7, 8};
  for (const size_t length : {size_t{20}, size_t{12}}) {  // the second: cut behind the first time, as Linux takes it
    Bytes cut(request.begin(), request.begin() + static_cast<ptrdiff_t>(length));
    const Be16 sum = checksum_finish(checksum_add(0, cut.data(), cut.size()));
    std::memcpy(&cut[2], &sum, 2);
    r.step<ipv4::Deliver>(r.packet(packet_to_us(1, cut)));
  }
  Bytes short_one = {13, 0, 0xf2, 0xff, 0, 0, 0, 0, 0, 0, 0};
  r.step<ipv4::Deliver>(r.packet(packet_to_us(1, short_one)));
  CHECK(r.dropped(DropReason::IcmpMalformed) == 1);
  r.drain<ipv4::ResolveOutput>(Lane::Output);
  REQUIRE(r.sent.size() == 2);
  for (const Sent& s : r.sent) {
    CHECK(s.ip.size() == 40);
    CHECK(to_hex({s.ip.begin() + 20, s.ip.begin() + 22}) == "0e00");
    CHECK(to_hex({s.ip.begin() + 24, s.ip.end()}) == "abcd00090000004d0037020800370208");  // 3605000
    CHECK(checksum_fold(checksum_add(0, s.ip.data() + 20, 20)) == 0xffff);
  }
  r.check_conservation();
}
