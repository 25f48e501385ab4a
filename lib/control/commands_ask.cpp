// SPDX-License-Identifier: BSD-3-Clause
// `ask`: a made-up packet through the real pipeline, on a worker of its own that has the tables of this moment and no way out.
#include <cstring>
#include <memory>

#include "control/commands.hpp"
#include "control/packet_text.hpp"
#include "ipv4/own_packet.hpp"
#include "ipv4/pipeline.hpp"
#include "ipv4/worker_turn.hpp"
#include "net/checksum.hpp"
#include "packet/run.hpp"

namespace flyover::control {
namespace {

struct Question {
  ipv4::HeaderFields ip;
  uint16_t source_port = 1024, destination_port = 33434;
};

// What the protocol's own check wants to see: ports and a right checksum.
void fill_payload(Ipv4Header& ip, const Question& q) {
  uint8_t* l4 = ip.payload();
  std::memset(l4, 0, q.ip.payload);
  uint64_t sum = pseudo_header_sum(ip.source, ip.destination, ip.protocol, q.ip.payload);
  uint8_t* at = nullptr;
  if (ip.protocol == protocol::kIcmp) {
    *reinterpret_cast<IcmpHeader*>(l4) = {.type = icmp::kEcho, .code = 0, .checksum = {}, .rest = Be32(uint32_t{1})};
    at = l4 + 2;
    sum = 0;
  } else if (ip.protocol == protocol::kUdp) {
    *reinterpret_cast<UdpHeader*>(l4) = {Be16(q.source_port), Be16(q.destination_port), Be16(q.ip.payload), {}};
    at = l4 + 6;
  } else if (ip.protocol == protocol::kTcp && q.ip.payload >= sizeof(TcpHeader)) {
    auto& tcp = *reinterpret_cast<TcpHeader*>(l4);
    tcp.source_port = Be16(q.source_port), tcp.destination_port = Be16(q.destination_port);
    tcp.offset = 5 << 4, tcp.flags = TcpHeader::kSyn;
    at = l4 + 16;
  }
  if (!at) return;
  const Be16 checksum = checksum_finish(checksum_add(sum, l4, q.ip.payload));
  std::memcpy(at, &checksum, sizeof checksum);
}

// Runs the packet; what was recorded on its way.
Result<std::vector<TraceStop>> follow(Router& router, const Question& q, InterfaceId in) {
  const Worker& clock = router.slow_worker();
  auto w = std::make_unique<Worker>(clock.id);  // to hook functions and handlers it is the control thread's
  w->pool = clock.pool;
  w->now_ms = clock.now_ms;
  w->now_s = 0;
  w->tables = router.snapshot().load();  // and no plan: what is sent goes nowhere
  Packet p;
  if (!ipv4::make_packet(p, q.ip, *w)) return refused("Error: there is no mbuf for a packet of this length.");
  fill_payload(*p.ip, q);
  const MacAddress ours = MacAddress::from_word((*w->tables->interfaces)[in].mac_word);
  *rte_pktmbuf_mtod(p.mbuf, EthernetHeader*) = {ours, {}, ethertype::kIpv4};
  w->trace.arm(1, {}, 0);
  ipv4::receive(*w, &p.mbuf, 1, in);
  pipeline::drain_lanes(*w);
  flush_all(*w);
  bury(*w);
  std::vector<TraceStop> stops;
  w->trace.read([&](const TraceRecord& r) { stops.push_back({router.workers(), r}); });
  return stops;
}

}  // namespace

Reply Commands::ask(const Parsed& p, const Style& style) {
  const auto number = [&](std::string_view word, uint64_t otherwise) {
    return p.get<uint64_t>(word).value_or(otherwise);
  };
  Question q;
  q.ip.source = *p.get<Ipv4Address>("from"), q.ip.destination = *p.get<Ipv4Address>("to");
  q.ip.protocol = protocol::kIcmp;
  if (p.has("proto")) {
    const auto protocol = ip_protocol(p.text("proto"));
    if (!protocol) return Reply::failure({"Error: \"proto\" value is invalid", ErrorKind::Usage});
    q.ip.protocol = *protocol;
  }
  q.ip.ttl = static_cast<uint8_t>(number("ttl", 64)), q.ip.tos = static_cast<uint8_t>(number("tos", 0));
  q.ip.fragment = p.has("df") ? Ipv4Header::kDontFragment : 0;
  q.ip.payload = static_cast<uint16_t>(number("length", 84) - sizeof(Ipv4Header));
  q.source_port = static_cast<uint16_t>(number("sport", q.source_port));
  q.destination_port = static_cast<uint16_t>(number("dport", q.destination_port));

  InterfaceId in;
  if (p.has("iif")) {
    const auto id = device(p, "iif");
    if (!id) return Reply::failure(id.error());
    in = *id;
  } else if (const auto back = router_.routes().lookup({.to = q.ip.source})) {
    in = back->out;
  }
  if (in == kNoInterface)
    return Reply::failure({"Error: no route to the source: say where the packet comes in with \"iif\"."});
  const auto stops = follow(router_, q, in);
  if (!stops) return Reply::failure(stops.error());
  return rows_reply(style, print_trace, trace_rows(router_, *stops, 1));
}

}  // namespace flyover::control
