// SPDX-License-Identifier: BSD-3-Clause
#include "ipv4/tcp_input.hpp"

#include "ipv4/options_echo.hpp"
#include "ipv4/own_packet.hpp"
#include "ipv4/payload.hpp"
#include "packet/run.hpp"
#include "route/dst.hpp"

namespace flyover::ipv4 {
namespace {

constexpr uint8_t kEcnMask = 3;  // RFC 3168: control packets are not ECN-capable

TcpHeader reset_for(const Packet& p, const TcpHeader& tcp) noexcept {
  TcpHeader reset{.source_port = tcp.destination_port,
                  .destination_port = tcp.source_port,
                  .offset = 5 << 4,
                  .flags = TcpHeader::kRst};
  if (tcp.flags & TcpHeader::kAck) {
    reset.sequence = tcp.acknowledgement;
    return reset;
  }
  const uint32_t ends = (tcp.flags & TcpHeader::kSyn ? 1 : 0) + (tcp.flags & TcpHeader::kFin ? 1 : 0);
  reset.flags |= TcpHeader::kAck;
  reset.acknowledgement = Be32(tcp.sequence.host() + ends + payload_length(p) - tcp.header_length());
  return reset;
}

void send_reset(const Packet& p, const TcpHeader& tcp, Worker& w) noexcept {
  ReplyOptions options;
  if (p.has_options && !reply_options(p, p.ip->header_length(), w, options)) return;
  const Ipv4Address source = p.ip->destination;
  options.fill(source, p.ip->source, w.day_ms());
  Packet reply;
  if (!make_packet(reply,
                   {.source = source,
                    .destination = options.first_hop.is_any() ? p.ip->source : options.first_hop,
                    .protocol = protocol::kTcp,
                    .tos = static_cast<uint8_t>(p.ip->tos & ~kEcnMask),
                    .ttl = w.tables->settings.ip_default_ttl,
                    .fragment = Ipv4Header::kDontFragment,
                    .options = options.view(),
                    .payload = sizeof(TcpHeader)},
                   w))
    return;
  auto* header = reinterpret_cast<TcpHeader*>(reply.ip->payload());
  *header = reset_for(p, tcp);
  header->checksum = checksum_finish(
      checksum_add(pseudo_header_sum(source, p.ip->source, protocol::kTcp, sizeof *header), header, sizeof *header));
  enter(Lane::Output, reply, w);
}

}  // namespace

Verdict tcp_input(Packet& p, Worker& w, void*) noexcept {
  if (p.l2 != L2Kind::Host) return drop(DropReason::TcpNoSocket);
  const auto* tcp = reinterpret_cast<const TcpHeader*>(need(p, sizeof(TcpHeader)));
  if (!tcp || tcp->header_length() < sizeof(TcpHeader) || tcp->header_length() > payload_length(p))
    return drop(DropReason::TcpMalformed);
  if (!transport_checksum_ok(p, payload_length(p), payload_length(p))) return drop(DropReason::TcpChecksum);
  const bool for_us_alone = p.dst->action == route::Action::Local;
  if (for_us_alone && !(tcp->flags & TcpHeader::kRst)) send_reset(p, *tcp, w);
  return drop(DropReason::TcpNoSocket);
}

}  // namespace flyover::ipv4
