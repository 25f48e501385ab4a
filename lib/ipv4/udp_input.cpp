// SPDX-License-Identifier: BSD-3-Clause
#include "ipv4/udp_input.hpp"

#include "ipv4/owe.hpp"
#include "ipv4/payload.hpp"
#include "ipv4/protocol_table.hpp"

namespace flyover::ipv4 {
namespace {

Verdict port_unreachable(Packet& p) noexcept {
  return owe(p, DropReason::PortUnreachable, icmp::kDestinationUnreachable, icmp::kPortUnreachable);
}

}  // namespace

Verdict udp_input(Packet& p, Worker& w, void*) noexcept {
  const auto* udp = reinterpret_cast<const UdpHeader*>(need(p, sizeof(UdpHeader)));
  if (!udp) return drop(DropReason::UdpMalformed);
  const uint16_t length = udp->length.host();
  if (length < sizeof(UdpHeader) || length > payload_length(p)) return drop(DropReason::UdpMalformed);
  // What lies behind the UDP length is no part of the datagram, not even when it is quoted.
  p.length = static_cast<uint16_t>(p.ip->header_length() + length);
  if (udp->checksum != Be16() && !transport_checksum_ok(p, length, length)) return drop(DropReason::UdpChecksum);
  const ProtocolHandler* handler = w.tables->protocols->of_udp_port(udp->destination_port.host());
  return handler ? handler->handle(p, w, handler->context) : port_unreachable(p);
}

Verdict udp_lite_input(Packet& p, Worker&, void*) noexcept {
  const auto* udp = reinterpret_cast<const UdpHeader*>(need(p, sizeof(UdpHeader)));
  if (!udp) return drop(DropReason::UdpMalformed);
  const uint16_t length = payload_length(p);
  const uint16_t covered = udp->length == Be16() ? length : udp->length.host();
  if (covered < sizeof(UdpHeader) || covered > length) return drop(DropReason::UdpMalformed);
  if (udp->checksum == Be16() || !transport_checksum_ok(p, length, covered)) return drop(DropReason::UdpChecksum);
  return port_unreachable(p);
}

}  // namespace flyover::ipv4
