// SPDX-License-Identifier: BSD-3-Clause
#include "ipv4/asked.hpp"

#include "ipv4/resolve.hpp"

namespace flyover::ipv4 {
namespace {

struct Bytes {
  Ipv4Header ip;
  uint8_t payload[8];  // a UDP header, or what its ports would be in others
};

Bytes bytes_of(const Asked& asked) {
  Bytes bytes{};
  bytes.ip.version_ihl = 0x45;
  bytes.ip.tos = asked.tos;
  bytes.ip.total_length = Be16(sizeof bytes);
  bytes.ip.protocol = asked.protocol;
  bytes.ip.source = asked.from;
  bytes.ip.destination = asked.to;
  const Be16 ports[2] = {Be16(asked.source_port), Be16(asked.destination_port)};
  if (asked.protocol == protocol::kIcmp) {
    bytes.payload[0] = 8;  // an echo request
  } else {
    std::memcpy(bytes.payload, ports, sizeof ports);
  }
  return bytes;
}

}  // namespace

Answer ask_input(const Asked& asked, Worker& w) noexcept {
  Bytes bytes = bytes_of(asked);
  rte_mbuf mbuf{};  // belongs to no pool, and goes nowhere
  mbuf.buf_addr = &bytes;
  mbuf.buf_len = mbuf.data_len = sizeof bytes;
  mbuf.pkt_len = sizeof bytes;
  mbuf.nb_segs = 1;
  Packet p;
  p.mbuf = &mbuf;
  p.ip = &bytes.ip;
  p.in = asked.in;
  p.mark = asked.mark;
  p.length = sizeof bytes;
  Answer answer;
  answer.flow = input_flow(p, w.tables->routes->rules());
  answer.leg = &select_leg(w.tables->routes->match(answer.flow), p, w);
  answer.verdict = resolve_unusual(p, w);
  answer.dst = p.dst;
  answer.owed = p.owed.reason;
  answer.redirect = p.redirect;
  return answer;
}

}  // namespace flyover::ipv4
