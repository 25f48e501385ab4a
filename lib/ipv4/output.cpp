// SPDX-License-Identifier: BSD-3-Clause
#include "ipv4/output.hpp"

#include "iface/interface_table.hpp"
#include "net/checksum.hpp"

namespace flyover::ipv4 {
namespace {

using route::Action;

void fill_source(Packet& p, const Worker& w) noexcept {
  const bool to_us = p.dst->action == Action::Local && p.dst->source.is_any();
  p.ip->source = to_us ? p.ip->destination : source_for(*p.dst, w);
  set_ipv4_checksum(*p.ip);
}

// __mkroute_output: 127.0.0.0/8 stays inside unless the port's route_localnet lets it out.
bool must_stay_inside(const Packet& p, const Worker& w) noexcept {
  const iface::InterfaceEntry& out = (*w.tables->interfaces)[p.dst->out];
  return p.dst->action != Action::Local && p.ip->source.is_loopback() && !out.loopback && !out.settings.route_localnet;
}

// __ip_dev_find: an address that is ours by another table than local is nobody's source.
bool is_nobodys(Ipv4Address source, const Worker& w) noexcept {
  const route::RouteTable& routes = *w.tables->routes;
  return routes.local_elsewhere() && source != kDummyAddress && !w.tables->interfaces->is_local(source) &&
         routes.local(source).action != Action::Local;
}

}  // namespace

Ipv4Address source_for(const route::Dst& dst, const Worker& w) noexcept {
  if (!dst.source.is_any()) return dst.source;
  return w.tables->interfaces->select_source(dst.out, dst.gateway, static_cast<iface::Scope>(dst.scope));
}

Ipv4Address known_as(const Packet& p, const Worker& w) noexcept {
  if (p.dst->action == Action::Local) return p.ip->destination;
  const Ipv4Address sender = p.ip->source;
  if (sender.is_any()) return w.tables->interfaces->select_source(p.in, sender, iface::Scope::Link);
  const route::Dst& back = w.tables->routes->lookup({.to = sender, .tos = p.ip->tos});
  if (back.action == Action::Forward || back.action == Action::Local || back.action == Action::Broadcast)
    return source_for(back, w);
  return w.tables->interfaces->select_source(p.in, sender, iface::Scope::Universe);
}

Verdict output_unusual(Packet& p, Worker& w) noexcept {
  switch (p.dst->action) {
    case Action::Blackhole: return drop(DropReason::Blackhole);
    case Action::Unreachable: return drop(DropReason::HostUnreachable);
    case Action::Prohibit: return drop(DropReason::Prohibit);
    case Action::None:
    case Action::Group:
    case Action::Throw: return drop(DropReason::NoRoute);
    case Action::Forward:
    case Action::Local:
    case Action::Broadcast:
    case Action::Multicast: break;
  }
  if (p.ip->source.is_any()) fill_source(p, w);
  if (must_stay_inside(p, w) || is_nobodys(p.ip->source, w)) return drop(DropReason::MartianSource);
  if (p.dst->action == Action::Local) {
    p.in = kLoopback;
    p.l2 = L2Kind::Host;
    return divert(Lane::LocalIn);
  }
  p.out = p.dst->out;
  return go_on();
}

}  // namespace flyover::ipv4
