// SPDX-License-Identifier: BSD-3-Clause
#include "ipv4/icmp_input.hpp"

#include <cstring>

#include "ipv4/icmp_limits.hpp"
#include "ipv4/options_echo.hpp"
#include "ipv4/output.hpp"
#include "ipv4/own_packet.hpp"
#include "ipv4/payload.hpp"
#include "ipv4/protocol_table.hpp"
#include "packet/run.hpp"
#include "route/route_table.hpp"

namespace flyover::icmp {
namespace {

using route::Action;

constexpr uint8_t kLastType = 18;  // NR_ICMP_TYPES

bool to_many(const Packet& p) noexcept {
  return p.dst->action == Action::Broadcast || p.dst->action == Action::Multicast;
}

// icmp_reply: who answers whom, and whether it may.
struct Reply {
  ipv4::HeaderFields ip;
  ipv4::ReplyOptions options;
};

// The limits count replies only where icmp_ratemask names them, which by default it does not.
bool limits_allow(Worker& w, uint8_t type, Ipv4Address to) noexcept {
  if (exempt(type, 0, w.tables->settings)) return true;
  if (!global_credit(w)) {
    ++w.counters.icmp_limited_global;
    return false;
  }
  if (!peer_allows(w.peers.at(to, w.now_ms), w.now_ms, w.tables->settings)) {
    ++w.counters.icmp_limited_peer;
    return false;
  }
  spend_global(w);
  return true;
}

bool prepare(Reply& reply, const Packet& p, Worker& w, uint8_t type) noexcept {
  if (p.has_options && !ipv4::reply_options(p, p.ip->header_length(), w, reply.options)) return false;
  const Ipv4Address source = ipv4::known_as(p, w);
  const Ipv4Address destination = reply.options.first_hop.is_any() ? p.ip->source : reply.options.first_hop;
  if (!limits_allow(w, type, destination)) return false;
  reply.options.fill(source, p.ip->source, w.day_ms());
  reply.ip = {.source = source,
              .destination = destination,
              .protocol = protocol::kIcmp,
              .tos = p.ip->tos,
              .ttl = w.tables->settings.ip_default_ttl,
              .id = ipv4::next_id(w, source, destination, protocol::kIcmp),
              .options = reply.options.view()};
  return true;
}

// The request becomes its own reply: the data stays where it is, and a header that is no longer than the old one goes before it.
Verdict answer_echo(Packet& p, Worker& w) noexcept {
  if (w.tables->settings.icmp_echo_ignore_all) return drop(DropReason::IcmpIgnored);
  Reply reply;
  if (!prepare(reply, p, w, kEchoReply)) return drop(DropReason::IcmpIgnored);
  reply.ip.payload = ipv4::payload_length(p);
  auto* header = reinterpret_cast<IcmpHeader*>(p.ip->payload());
  header->type = kEchoReply;
  header->checksum = checksum_update(header->checksum, Be16(uint16_t{kEcho << 8}), Be16(uint16_t{kEchoReply << 8}));
  rte_pktmbuf_adj(p.mbuf, static_cast<uint16_t>(p.ip->header_length() - reply.ip.header_length()));
  auto* ip = reinterpret_cast<Ipv4Header*>(reinterpret_cast<uint8_t*>(header) - reply.ip.header_length());
  ipv4::write_header(*ip, reply.ip);
  p = Packet{.mbuf = p.mbuf,
             .ip = ip,
             .length = reply.ip.total_length(),
             .passes = p.passes,
             .trace = p.trace,
             .has_options = reply.options.length != 0};
  ++w.counters.consumed;
  ++w.counters.created;
  return divert(Lane::Output);
}

struct TimestampMessage {  // RFC 792
  IcmpHeader icmp;
  Be32 originate, receive, transmit;
};
static_assert(sizeof(TimestampMessage) == 20);

Verdict answer_timestamp(Packet& p, Worker& w) noexcept {
  const auto* request = reinterpret_cast<const TimestampMessage*>(ipv4::need(p, sizeof(IcmpHeader) + sizeof(Be32)));
  if (!request) return drop(DropReason::IcmpMalformed);
  Reply reply;
  if (!prepare(reply, p, w, kTimestampReply)) return drop(DropReason::IcmpIgnored);
  reply.ip.payload = sizeof(TimestampMessage);
  Packet out;
  if (!ipv4::make_packet(out, reply.ip, w)) return drop(DropReason::NoBuffer);
  auto* message = reinterpret_cast<TimestampMessage*>(out.ip->payload());
  const Be32 now(w.day_ms());
  *message = {.icmp = {.type = kTimestampReply, .code = 0, .checksum = {}, .rest = request->icmp.rest},
              .originate = request->originate,
              .receive = now,
              .transmit = now};
  message->icmp.checksum = checksum_finish(checksum_add(0, message, sizeof *message));
  enter(Lane::Output, out, w);
  use_up(p.mbuf, w);
  return consumed();
}

bool is_about_path(const Owed& error) noexcept {
  return error.type == kRedirect || (error.type == kDestinationUnreachable && error.code == kFragmentationNeeded);
}

// icmp_unreach, icmp_redirect: the quoted header says whose packet it was.
Verdict take_error(Packet& p, Worker& w, const IcmpHeader& header) noexcept {
  const Owed error{.type = header.type, .code = header.code, .info = header.rest.host()};
  const uint8_t* bytes = ipv4::need(p, sizeof(IcmpHeader) + sizeof(Ipv4Header));
  if (!bytes) return drop(DropReason::IcmpMalformed);
  const uint16_t inner_header = reinterpret_cast<const Ipv4Header*>(bytes + sizeof(IcmpHeader))->header_length();
  if (error.type != kRedirect && inner_header < sizeof(Ipv4Header)) return drop(DropReason::IcmpMalformed);
  const bool fragment_timeout = error.type == kTimeExceeded && error.code == kReassemblyTimeExceeded;
  constexpr uint8_t last_unreachable = 15;
  if (fragment_timeout || (error.type == kDestinationUnreachable && error.code > last_unreachable))
    return drop(DropReason::IcmpIgnored);
  bytes = ipv4::need(p, static_cast<uint16_t>(sizeof(IcmpHeader) + inner_header + 8));
  if (!bytes) return drop(DropReason::IcmpMalformed);
  const auto* inner = reinterpret_cast<const Ipv4Header*>(bytes + sizeof(IcmpHeader));
  const ipv4::ErrorHandler& handler = w.tables->protocols->of_errors(inner->protocol);
  if (!handler.handle) return drop(DropReason::IcmpIgnored);
  const bool ours = handler.handle(p, *inner, error, w, handler.context);
  if (ours && is_about_path(error) && w.tables->routes->local(inner->source).action == Action::Local)
    return punt(PuntReason::PathError);
  if (inner->protocol == protocol::kIcmp) return drop(DropReason::IcmpIgnored);
  use_up(p.mbuf, w);
  return consumed();
}

}  // namespace

bool is_own_reply(const Packet&, const Ipv4Header& inner, const Owed&, Worker&, void*) noexcept {
  return reinterpret_cast<const uint8_t*>(&inner)[inner.header_length()] == kEchoReply;
}

Verdict input(Packet& p, Worker& w, void*) noexcept {
  const auto* header = reinterpret_cast<const IcmpHeader*>(ipv4::need(p, sizeof(IcmpHeader)));
  if (checksum_fold(ipv4::payload_sum(p, ipv4::payload_length(p))) != 0xffff) return drop(DropReason::IcmpChecksum);
  if (!header) return drop(DropReason::IcmpMalformed);
  if (header->type > kLastType) return drop(DropReason::IcmpIgnored);
  if (to_many(p)) {
    const bool query = header->type == kEcho || header->type == kTimestamp;
    if (!query || w.tables->settings.icmp_echo_ignore_broadcasts) return drop(DropReason::IcmpIgnored);
  }
  switch (header->type) {
    case kEcho: return answer_echo(p, w);
    case kTimestamp: return answer_timestamp(p, w);
    case kDestinationUnreachable:
    case kSourceQuench:
    case kTimeExceeded:
    case kParameterProblem:
    case kRedirect: return take_error(p, w, *header);
    default: return drop(DropReason::IcmpIgnored);
  }
}

}  // namespace flyover::icmp
