// SPDX-License-Identifier: BSD-3-Clause
#include "ipv4/icmp_error.hpp"

#include <algorithm>
#include <cstring>

#include "iface/interface_table.hpp"
#include "ipv4/icmp_limits.hpp"
#include "ipv4/options.hpp"
#include "ipv4/options_echo.hpp"
#include "ipv4/output.hpp"
#include "ipv4/own_packet.hpp"
#include "ipv4/payload.hpp"
#include "ipv4/resolve.hpp"
#include "ipv4/select_leg.hpp"
#include "net/checksum.hpp"
#include "packet/run.hpp"
#include "route/route_table.hpp"

namespace flyover::icmp {
namespace {

using route::Action;

constexpr uint16_t kMostBytes = 576;        // RFC 1812 4.3.2.3
constexpr uint8_t kInternetControl = 0xc0;  // IPTOS_PREC_INTERNETCONTROL
constexpr uint8_t kTosBits = 0x1e;          // IPTOS_TOS_MASK: without precedence and the lowest bit

// Queries and their answers may be answered by an error; errors, and types that nobody knows, may not.
bool is_icmp_error(const Packet& p) noexcept {
  constexpr uint32_t queries = 1U << 0 | 1U << 8 | 0x3fU << 13;
  const uint16_t header = p.ip->header_length();
  if (p.length <= header) return true;
  uint8_t room;
  const auto* type = static_cast<const uint8_t*>(rte_pktmbuf_read(p.mbuf, ipv4::ip_offset(p) + header, 1, &room));
  return !type || *type > 18 || !(queries >> *type & 1);
}

// `to`: where the packet itself was going.
bool may_be_answered(const Packet& p, const route::Dst& to) noexcept {
  const Ipv4Address source = p.ip->source;
  if (p.in == kNoInterface || p.l2 != L2Kind::Host) return false;
  if (to.action == Action::Broadcast || to.action == Action::Multicast) return false;
  if (source.is_any() || source.is_multicast() || source.is_limited_broadcast()) return false;
  if (p.ip->fragment_offset() != 0) return false;
  return p.ip->protocol != protocol::kIcmp || !is_icmp_error(p);
}

bool by_error_route(DropReason r) noexcept {
  return r == DropReason::NoRoute || r == DropReason::HostUnreachable || r == DropReason::Prohibit;
}

// Who speaks, as far as that does not depend on the way back; any: it does.
Ipv4Address speaker(const Packet& p, const route::Dst& to, const Worker& w) noexcept {
  if (to.action == Action::Local) return p.ip->destination;
  if (!w.tables->settings.icmp_errors_use_inbound_ifaddr) return kAnyAddress;
  return w.tables->interfaces->select_source(p.in, p.ip->source, iface::Scope::Link);
}

uint8_t tos_of_error(const Packet& p) noexcept {
  return static_cast<uint8_t>((p.ip->tos & kTosBits) | kInternetControl);
}

// The ICMP header, and as much of the packet as fits behind it.
void write_message(Packet& error, const Packet& about, const Owed& owed, uint16_t quoted) noexcept {
  auto* header = reinterpret_cast<IcmpHeader*>(error.ip->payload());
  *header = IcmpHeader{.type = owed.type, .code = owed.code, .checksum = {}, .rest = Be32(owed.info)};
  auto* quote = reinterpret_cast<uint8_t*>(header + 1);
  const void* bytes = rte_pktmbuf_read(about.mbuf, ipv4::ip_offset(about), quoted, quote);
  if (bytes != quote) std::memcpy(quote, bytes, quoted);
  header->checksum = checksum_finish(checksum_add(0, header, sizeof(IcmpHeader) + quoted));
}

bool can_carry(const route::Dst& back) noexcept {
  return back.action == Action::Forward || back.action == Action::Local || back.action == Action::Broadcast;
}

// How the error travels: who speaks to whom, on which route, with which options.
struct Way {
  const route::Dst* back = nullptr;
  Ipv4Address source, destination;
  ipv4::ReplyOptions options;
};

// icmp_route_lookup. False: an option leaves no room for the reply, or there is no way back.
bool find_way(Way& way, const Packet& p, const route::Dst& to, const Owed& owed, const Worker& w) noexcept {
  const bool bad_option = owed.reason == DropReason::IpOptionInvalid;
  const auto valid = static_cast<uint16_t>(bad_option ? owed.info >> 24 : p.ip->header_length());
  if (p.has_options && !ipv4::reply_options(p, valid, w, way.options)) return false;
  way.destination = way.options.first_hop.is_any() ? p.ip->source : way.options.first_hop;
  way.source = speaker(p, to, w);
  const route::Dst& found =
      w.tables->routes->match({.to = way.destination,
                               .from = way.source,
                               .tos = tos_of_error(p),
                               .protocol = protocol::kIcmp,
                               .destination_port = static_cast<uint16_t>(owed.type << 8 | owed.code)});
  way.back = &found;
  // Of several next hops it takes the one of the flow that it is about (ip_route_output_key_hash with the packet).
  if (found.action == Action::Group) way.back = &ipv4::select_own_leg(found, way.source, ipv4::flow_hash(p, w), w);
  way.back = &w.tables->routes->except(*way.back, way.destination, route::Use::Own);
  if (!can_carry(*way.back)) return false;
  if (way.source.is_any()) way.source = ipv4::source_for(*way.back, w);
  if (way.source.is_any()) way.source = ipv4::kDummyAddress;
  return true;
}

// As much of the packet as goes into 576 bytes, or into the way's MTU. 0: not even a header.
uint16_t quotable(const Packet& p, const Way& way) noexcept {
  const int most = way.back->mtu ? std::min<int>(way.back->mtu, kMostBytes) : kMostBytes;
  const int room = most - static_cast<int>(sizeof(Ipv4Header) + way.options.length + sizeof(IcmpHeader));
  return room <= static_cast<int>(sizeof(Ipv4Header)) ? 0 : static_cast<uint16_t>(std::min<int>(room, p.length));
}

bool emit(const Packet& p, const Owed& owed, Way& way, Worker& w) noexcept {
  const uint16_t quoted = quotable(p, way);
  if (quoted == 0) return false;
  way.options.fill(way.source, p.ip->source, w.day_ms());
  Packet error;
  if (!ipv4::make_packet(error,
                         {.source = way.source,
                          .destination = way.destination,
                          .protocol = protocol::kIcmp,
                          .tos = tos_of_error(p),
                          .ttl = w.tables->settings.ip_default_ttl,
                          .id = ipv4::next_id(w, way.source, way.destination, protocol::kIcmp),
                          .options = way.options.view(),
                          .payload = static_cast<uint16_t>(sizeof(IcmpHeader) + quoted)},
                         w))
    return false;
  write_message(error, p, owed, quoted);
  error.dst = way.back;
  ++w.counters.icmp_sent;
  enter(Lane::Output, error, w);
  return true;
}

}  // namespace

// What waited for its next hop was a unicast packet of somebody else's, whatever its destination has become since.
constexpr route::Dst kUnicast{.action = Action::Forward};

void tell_sender(Packet& p, Worker& w) noexcept {
  const bool unanswered = p.owed.reason == DropReason::NeighbourFailed;
  if (unanswered) {
    p.dst = &kUnicast;
    if (p.has_options && !ipv4::options::read_again(p, w)) return void(++w.counters.icmp_suppressed);
  }
  send_error(p, p.owed, w);
}

// The order is the kernel's: what is refused early must not be charged for.
void send_error(const Packet& p, const Owed& owed, Worker& w) noexcept {
  const Snapshot& t = *w.tables;
  WorkerCounters& c = w.counters;
  if (by_error_route(owed.reason) && !error_route_allows(w.peers.at(p.ip->source, w.now_ms), w.now_ms, t.settings))
    return void(++c.icmp_limited_peer);
  const route::Dst& to = p.dst ? *p.dst : ipv4::dst_again(p, w);
  if (!may_be_answered(p, to)) return void(++c.icmp_suppressed);
  const bool limited = !exempt(owed.type, owed.code, t.settings) && p.in != kLoopback;
  if (limited && !global_credit(w)) return void(++c.icmp_limited_global);
  Way way;
  if (!find_way(way, p, to, owed, w)) return void(++c.icmp_suppressed);
  if (limited) {
    const bool by_wire = way.back->action != Action::Local;
    if (by_wire && !peer_allows(w.peers.at(way.destination, w.now_ms), w.now_ms, t.settings))
      return void(++c.icmp_limited_peer);
    spend_global(w);
  }
  if (!emit(p, owed, way, w)) ++c.icmp_suppressed;
}

void redirect(const Packet& p, Worker& w) noexcept {
  if (!redirect_due(w.peers.at(p.ip->source, w.now_ms), w.now_ms, w.tables->settings)) return;
  const Ipv4Address better = p.dst->gateway.is_any() ? p.ip->destination : p.dst->gateway;
  constexpr uint8_t for_host = 1;
  const uint64_t before = w.counters.icmp_sent;
  send_error(p, Owed{.type = kRedirect, .code = for_host, .info = better.host()}, w);
  w.counters.redirects_sent += w.counters.icmp_sent - before;
}

}  // namespace flyover::icmp
