// SPDX-License-Identifier: BSD-3-Clause
#include "ipv4/resolve.hpp"

#include "ipv4/flow.hpp"
#include "ipv4/options.hpp"
#include "ipv4/owe.hpp"

namespace flyover::ipv4 {
namespace {

using route::Action;

constexpr route::Dst kGroup{.action = Action::Multicast};
constexpr route::Dst kBroadcast{.action = Action::Broadcast};

struct SourceCheck {
  DropReason reason = DropReason::Count;  // Count: the source may send
  bool on_link = false;                   // it is a direct neighbour on the receiving interface
  bool failed() const { return reason != DropReason::Count; }
};

// fib_validate_source: may `source` send on p.in a packet that leaves by `out` (none: is for us)?
SourceCheck validate_source(const Packet& p, const Worker& w, InterfaceId out) noexcept {
  const auto& interfaces = *w.tables->interfaces;
  const iface::InterfaceEntry& in = interfaces[p.in];
  const Ipv4Address source = p.ip->source;
  if (in.settings.rp_filter == 0 && (p.in != out || !in.settings.send_redirects)) {
    if (in.settings.accept_local) return {};
    if (in.settings.source_lookup == SourceLookup::Never)
      return {interfaces.is_local(source) ? DropReason::LocalSource : DropReason::Count};
  }
  const bool strict = in.settings.rp_filter == 1;
  const SourceCheck no_answer{in.settings.rp_filter ? DropReason::ReversePathFilter : DropReason::Count};
  const route::RouteTable& routes = *w.tables->routes;
  const route::Dst& found = routes.match(reverse_flow(p, out, routes.rules()));
  const route::NextHopGroup* group = found.action == Action::Group ? found.group.load() : nullptr;
  const route::Dst& back = group ? group->first() : found;
  const bool unicast = back.action == Action::Forward;
  if (!unicast && back.action != Action::Local && back.action != Action::Broadcast) return no_answer;
  if (!unicast && !(back.action == Action::Local && in.settings.accept_local)) return {DropReason::LocalSource};
  const bool on_link = unicast && back.gateway.is_any();
  if (back.out == p.in || (group && group->uses(p.in))) return {DropReason::Count, on_link};
  if (!in.has_addresses) return no_answer;
  if (strict) return {DropReason::ReversePathFilter};
  return {DropReason::Count, interfaces.on_link(p.in, source)};  // by another way, but it might have come directly
}

Verdict to_local(Packet& p, const Worker& w, Action action) noexcept {
  const bool source_free = action != Action::Local && p.ip->source.is_any();  // DHCP's 0.0.0.0 to a broadcast address
  if (!source_free) {
    const SourceCheck check = validate_source(p, w, kNoInterface);
    if (check.failed()) return drop(check.reason);
  }
  const bool unicast_to_all = action == Action::Local && p.l2 != L2Kind::Host;
  if (unicast_to_all && (*w.tables->interfaces)[p.in].settings.drop_unicast_in_l2_multicast)
    return drop(DropReason::UnicastInL2Multicast);
  return divert(Lane::LocalIn);
}

// ip_mc_validate_source, ip_check_mc_rcu: only members listen.
Verdict to_group(Packet& p, Worker& w) noexcept {
  const Ipv4Address source = p.ip->source;
  const auto& interfaces = *w.tables->interfaces;
  if (!interfaces.joined(p.in, p.ip->destination)) return drop(DropReason::MulticastNotJoined);
  const bool odd_loopback = source.is_loopback() && !interfaces[p.in].settings.route_localnet;
  if (source.is_multicast() || source.is_limited_broadcast() || odd_loopback) return drop(DropReason::MartianSource);
  if (source.is_any()) {
    if (!p.ip->destination.is_local_multicast() && p.ip->protocol != protocol::kIgmp)
      return drop(DropReason::MartianSource);
  } else if (const SourceCheck check = validate_source(p, w, kNoInterface); check.failed()) {
    return drop(check.reason);
  }
  p.dst = &kGroup;
  return divert(Lane::LocalIn);
}

Verdict no_forward(Packet& p, const Worker& w) noexcept {
  if (!(*w.tables->interfaces)[p.in].settings.forwarding) return drop(DropReason::ForwardingOff);
  switch (p.dst->action) {
    case Action::Unreachable:
      return owe(p, DropReason::HostUnreachable, icmp::kDestinationUnreachable, icmp::kHostUnreachable);
    case Action::Prohibit: return owe(p, DropReason::Prohibit, icmp::kDestinationUnreachable, icmp::kAdminProhibited);
    case Action::Blackhole: return drop(DropReason::Blackhole);
    default: return owe(p, DropReason::NoRoute, icmp::kDestinationUnreachable, icmp::kNetUnreachable);
  }
}

// ip_route_input_slow
Verdict route_input(Packet& p, Worker& w) noexcept {
  const Ipv4Address source = p.ip->source, destination = p.ip->destination;
  const InterfaceSettings& in = (*w.tables->interfaces)[p.in].settings;
  if (destination.is_multicast()) return to_group(p, w);
  if (source.is_multicast() || source.is_limited_broadcast()) return drop(DropReason::MartianSource);
  if (destination.is_limited_broadcast() || (source.is_any() && destination.is_any())) {
    p.dst = &kBroadcast;
    return to_local(p, w, Action::Broadcast);
  }
  if (source.is_any()) return drop(DropReason::MartianSource);
  if (destination.is_any()) return drop(DropReason::MartianDestination);
  if (!in.route_localnet && destination.is_loopback()) return drop(DropReason::MartianDestination);
  if (!in.route_localnet && source.is_loopback()) return drop(DropReason::MartianSource);

  p.dst = &input_route(p, w);
  switch (p.dst->action) {
    case Action::Broadcast:
      if (!in.bc_forwarding) return to_local(p, w, Action::Broadcast);
      break;
    case Action::Local: return to_local(p, w, Action::Local);
    case Action::Forward:
      if (in.forwarding) break;
      [[fallthrough]];
    default: return no_forward(p, w);
  }
  const SourceCheck check = validate_source(p, w, p.dst->out);
  if (check.failed()) return drop(check.reason);
  // __mkroute_input: a direct neighbour sends through us what it could send to the gateway itself.
  if (check.on_link && p.dst->out == p.in && in.send_redirects)
    p.redirect = in.shared_media || w.tables->interfaces->on_link(p.in, source, p.dst->gateway);
  return go_on();
}

// The lookup has an answer, be it that there is no way: the kernel then looks at the options (ip_rcv_finish_core).
bool has_answer(Verdict v) noexcept {
  return v.exit() != Exit::Drop || v == drop(DropReason::Blackhole) || v == drop(DropReason::ForwardingOff);
}

}  // namespace

const route::Dst& dst_again(const Packet& p, const Worker& w) noexcept {
  const Ipv4Address destination = p.ip->destination;
  if (destination.is_multicast()) return kGroup;
  if (destination.is_limited_broadcast() || destination.is_any()) return kBroadcast;
  return input_route(p, w);
}

Action address_type(Ipv4Address a, const Worker& w) noexcept {
  if (a.is_any() || a.is_limited_broadcast()) return Action::Broadcast;
  if (a.is_multicast()) return Action::Multicast;
  const Action action = w.tables->routes->local(a).action;
  return action == Action::Local || action == Action::Broadcast ? action : Action::Forward;
}

Verdict resolve_unusual(Packet& p, Worker& w) noexcept {
  const Verdict answer = route_input(p, w);
  if (!p.has_options || !has_answer(answer)) return answer;
  const route::Dst* before = p.dst;
  const Verdict v = options::receive(p, w);
  if (!v.goes_on()) return v;
  return p.dst != before && p.dst->action == Action::Forward ? go_on() : answer;
}

}  // namespace flyover::ipv4
