// SPDX-License-Identifier: BSD-3-Clause
#include "ipv4/options.hpp"

#include <cstring>

#include "iface/interface_table.hpp"
#include "ipv4/flow.hpp"
#include "ipv4/option_bytes.hpp"
#include "ipv4/output.hpp"
#include "ipv4/owe.hpp"
#include "ipv4/resolve.hpp"
#include "ipv4/select_leg.hpp"
#include "net/checksum.hpp"
#include "route/route_table.hpp"

namespace flyover::ipv4::options {
namespace {

using route::Action;

// Packet::option_work: what receive() leaves for forward() to do.
constexpr uint8_t kChanged = 1;      // the checksum is stale
constexpr uint8_t kNeedAddress = 2;  // the last recorded address is to be that of the way out
constexpr uint8_t kNeedStampAddress = 4;
constexpr uint8_t kHit = 8;  // the source route names the next destination: p.next_hop
constexpr uint8_t kStrict = 16;

// The options of one header, in order. Ends at the first that is malformed: `bad` points at the byte that says so.
struct Parse {
  uint8_t* header = nullptr;
  uint8_t *route = nullptr, *record = nullptr, *stamp = nullptr, *security = nullptr;
  const uint8_t* bad = nullptr;
  uint8_t work = 0;
};

bool parse_route(Parse& r, uint8_t* o) noexcept {
  if (o[1] < 3) return r.bad = o + 1, false;
  if (o[2] < 4) return r.bad = o + 2, false;
  if (r.route) return r.bad = o, false;  // RFC 1812 5.2.4.1: one of both kinds at most
  if (o[0] == kStrictRoute) r.work |= kStrict;
  r.route = o;
  return true;
}

bool parse_record(Parse& r, uint8_t* o, const Packet& p, const Worker& w) noexcept {
  if (r.record) return r.bad = o, false;
  if (o[1] < 3) return r.bad = o + 1, false;
  if (o[2] < 4) return r.bad = o + 2, false;
  if (o[2] <= o[1]) {
    if (o[2] + 3 > o[1]) return r.bad = o + 2, false;
    store(o + o[2] - 1, known_as(p, w));
    o[2] = static_cast<uint8_t>(o[2] + 4);
    r.work |= kNeedAddress | kChanged;
  }
  r.record = o;
  return true;
}

// There is room for at least one entry's first half.
bool stamp_entry(Parse& r, uint8_t* o, const Packet& p, const Worker& w) noexcept {
  const uint8_t flag = o[3] & 15;
  uint8_t* slot = o + o[2] - 1;
  if (flag == kTimesOnly) {
    store(slot, w.day_ms());
    o[2] = static_cast<uint8_t>(o[2] + 4);
    return r.work |= kChanged, true;
  }
  if (flag != kTimesAndAddresses && flag != kTimesOfGiven) return true;
  if (o[2] + 7 > o[1]) return r.bad = o + 2, false;
  if (flag == kTimesAndAddresses) {
    store(slot, known_as(p, w));
    r.work |= kNeedStampAddress;
  } else if (is_foreign(load_address(slot), w)) {
    return true;
  }
  store(slot + 4, w.day_ms());
  o[2] = static_cast<uint8_t>(o[2] + 8);
  return r.work |= kChanged, true;
}

bool parse_stamp(Parse& r, uint8_t* o, const Packet& p, const Worker& w) noexcept {
  if (r.stamp) return r.bad = o, false;
  if (o[1] < 4) return r.bad = o + 1, false;
  if (o[2] < 5) return r.bad = o + 2, false;
  if (o[2] <= o[1]) {
    if (o[2] + 3 > o[1]) return r.bad = o + 2, false;
    if (!stamp_entry(r, o, p, w)) return false;
  } else if ((o[3] & 15) != kTimesOfGiven) {
    if (o[3] >> 4 == 15) return r.bad = o + 3, false;  // RFC 791: the overflow counter itself overflows
    o[3] = static_cast<uint8_t>(o[3] + 16);
    r.work |= kChanged;
  }
  r.stamp = o;
  return true;
}

bool parse_one(Parse& r, uint8_t* o, const Packet& p, const Worker& w) noexcept {
  switch (o[0]) {
    case kLooseRoute:
    case kStrictRoute: return parse_route(r, o);
    case kRecordRoute: return parse_record(r, o, p, w);
    case kTimestamp: return parse_stamp(r, o, p, w);
    case kRouterAlert: return o[1] >= 4 || (r.bad = o + 1, false);
    case kCommercialSecurity:  // no domain of interpretation is configured: cipso_v4_validate
      if (r.security) return r.bad = o, false;
      r.security = o;
      return r.bad = o + (o[1] < 8 ? 1 : 2), false;
    default: return true;
  }
}

Parse parse(Packet& p, const Worker& w) noexcept {
  Parse r;
  r.header = reinterpret_cast<uint8_t*>(p.ip);
  uint8_t* const end = r.header + p.ip->header_length();
  for (uint8_t* o = p.ip->options(); o < end;) {
    if (*o == kEnd) {
      for (; o < end; ++o)  // RFC 791: what follows is padding, and leaves as zeroes
        if (*o != kEnd) *o = kEnd, r.work |= kChanged;
      break;
    }
    if (*o == kNoOperation) {
      ++o;
      continue;
    }
    if (end - o < 2 || o[1] < 2 || o[1] > end - o) return r.bad = o, r;
    if (!parse_one(r, o, p, w)) return r;
    o += o[1];
  }
  return r;
}

// The first option of this kind; it is there.
template <class Wanted>
uint8_t* find(Ipv4Header& ip, Wanted wanted) noexcept {
  uint8_t* found = nullptr;
  for (uint8_t* o : Walk(ip))
    if (!found && wanted(*o)) found = o;
  check(found != nullptr, "an option that receive() saw is gone");
  return found;
}

// What ip_route_input says of the next hop; null: the packet cannot go there.
const route::Dst* route_to(Ipv4Address hop, const Packet& p, const Worker& w) noexcept {
  const InterfaceSettings& in = (*w.tables->interfaces)[p.in].settings;
  if (hop.is_any() || hop.is_limited_broadcast() || hop.is_multicast()) return nullptr;
  if (hop.is_loopback() && !in.route_localnet) return nullptr;
  const route::RouteTable& routes = *w.tables->routes;
  route::Flow flow = input_flow(p, routes.rules());
  flow.to = hop;
  const route::Dst& dst = routes.except(select_leg(routes.match(flow), p, w), hop, route::Use::Forward);
  return dst.action == Action::Local || (dst.action == Action::Forward && in.forwarding) ? &dst : nullptr;
}

// ip_options_rcv_srr
Verdict follow_route(Packet& p, uint8_t* o, Worker& w) noexcept {
  if (p.l2 != L2Kind::Host) return drop(DropReason::SourceRouted);
  const bool strict = p.option_work & kStrict;
  if (p.dst->action == Action::Forward) {  // not for us: a loose route may lead through here, a strict one may not
    if (!strict) return go_on();
    if (!(*w.tables->interfaces)[p.in].settings.forwarding) return drop(DropReason::ForwardingOff);
    return owe(p, DropReason::SourceRouted, icmp::kParameterProblem, 0, 16U << 24);
  }
  if (p.dst->action != Action::Local) return drop(DropReason::SourceRouted);
  const auto* header = reinterpret_cast<const uint8_t*>(p.ip);
  for (unsigned at = o[2]; at <= o[1]; at += 4) {
    if (at + 3 > o[1])
      return owe(p, DropReason::SourceRouted, icmp::kParameterProblem, 0, static_cast<uint32_t>(o + 2 - header) << 24);
    const Ipv4Address hop = load_address(o + at - 1);
    const route::Dst* dst = route_to(hop, p, w);
    if (!dst) return drop(DropReason::SourceRouted);
    p.dst = dst;
    p.option_work |= kChanged;
    if (dst->action != Action::Local) {
      p.next_hop = hop;
      p.option_work |= kHit;
      return go_on();
    }
    p.ip->destination = hop;  // ours again: the one behind it is next
  }
  return go_on();
}

}  // namespace

Verdict receive(Packet& p, Worker& w) noexcept {
  const Parse r = parse(p, w);
  p.option_work = r.work;
  if (r.bad)
    return owe(p, DropReason::IpOptionInvalid, icmp::kParameterProblem, 0,
               static_cast<uint32_t>(r.bad - r.header) << 24);
  if (!r.route) return go_on();
  const iface::InterfaceEntry& in = (*w.tables->interfaces)[p.in];
  if (in.has_addresses && !in.settings.accept_source_route) return drop(DropReason::SourceRouted);
  return follow_route(p, r.route, w);
}

bool read_again(Packet& p, Worker& w) noexcept { return parse(p, w).bad == nullptr; }

bool strict_route_failed(const Packet& p) noexcept { return p.option_work & kStrict && !p.dst->gateway.is_any(); }

void forward(Packet& p, Worker& w) noexcept {
  if (!(p.option_work & (kChanged | kNeedAddress | kHit))) return;
  const Ipv4Address here = source_for(*p.dst, w);
  if (p.option_work & kNeedAddress) {
    uint8_t* o = find(*p.ip, [](uint8_t type) { return type == kRecordRoute; });
    store(o + o[2] - 5, here);
  }
  if (p.option_work & kHit) {
    uint8_t* o = find(*p.ip, is_route);
    unsigned at = o[2];
    while (load_address(o + at - 1) != p.next_hop) at += 4;  // receive() took it from there
    p.ip->destination = p.next_hop;
    store(o + at - 1, here);
    o[2] = static_cast<uint8_t>(at + 4);
    if (p.option_work & kNeedStampAddress) {
      uint8_t* stamp = find(*p.ip, [](uint8_t type) { return type == kTimestamp; });
      store(stamp + stamp[2] - 9, here);
    }
  }
  p.option_work = 0;
  set_ipv4_checksum(*p.ip);
}

bool source_routed(Ipv4Header& ip) noexcept {
  for (uint8_t* o : Walk(ip))
    if (is_route(*o)) return true;
  return false;
}

void keep_copied(Ipv4Header& ip) noexcept {
  for (uint8_t* o : Walk(ip))
    if (!(*o & kCopied)) std::memset(o, kNoOperation, o[1]);
}

}  // namespace flyover::ipv4::options
