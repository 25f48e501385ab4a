// SPDX-License-Identifier: BSD-3-Clause
#include "ipv4/flow.hpp"

#include <cstring>
#include <utility>

#include "ipv4/payload.hpp"

namespace flyover::ipv4 {
namespace {

// Where four bytes stand that count as ports (proto_ports_offset); none: -1.
int ports_at(uint8_t protocol) noexcept {
  constexpr uint8_t dccp = 33, esp = 50, ah = 51, sctp = 132, udp_lite = 136;
  switch (protocol) {
    case protocol::kTcp:
    case protocol::kUdp:
    case dccp:
    case esp:
    case sctp:
    case udp_lite: return 0;
    case ah: return 4;
    default: return -1;
  }
}

}  // namespace

void read_ports(route::Flow& flow, const Packet& p) noexcept {
  flow.protocol = p.ip->protocol;
  const int at = ports_at(flow.protocol);
  if (at < 0 || !p.mbuf || p.ip->is_fragment()) return;
  Be16 ports[2];
  if (payload_length(p) < static_cast<size_t>(at) + sizeof ports) return;
  const auto offset = static_cast<uint32_t>(ip_offset(p) + p.ip->header_length() + at);
  const void* bytes = rte_pktmbuf_read(p.mbuf, offset, sizeof ports, ports);
  if (!bytes) return;
  if (bytes != ports) std::memcpy(ports, bytes, sizeof ports);
  flow.source_port = ports[0].host(), flow.destination_port = ports[1].host();
}

route::Flow reverse_flow(const Packet& p, InterfaceId in, const route::RuleTable* rules) noexcept {
  route::Flow flow = input_flow(p, rules);
  std::swap(flow.to, flow.from);
  std::swap(flow.source_port, flow.destination_port);
  flow.in = in == kNoInterface ? kLoopback : in;
  flow.mark = 0;
  return flow;
}

}  // namespace flyover::ipv4
