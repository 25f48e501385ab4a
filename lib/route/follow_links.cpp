// SPDX-License-Identifier: BSD-3-Clause
// The routes that come and go with links and addresses (fib_add_ifaddr, fib_del_ifaddr, fib_sync_down_dev).
#include <algorithm>

#include "route/route_control.hpp"

namespace flyover::route {
namespace {

bool same_route(const RouteSpec& a, const RouteSpec& b) {
  return a.type == b.type && a.prefix() == b.prefix() && a.source == b.source;
}

}  // namespace

RouteControl::Link& RouteControl::link(InterfaceId id) {
  if (id.value() >= links_.size()) links_.resize(id.value() + size_t{1});
  return links_[id.value()];
}

const RouteControl::Link* RouteControl::known_link(InterfaceId id) const {
  return id.value() < links_.size() && links_[id.value()].known ? &links_[id.value()] : nullptr;
}

void RouteControl::link_changed(const LinkState& state) {
  Link& link = this->link(state.id);
  if (!link.known) finish_pass();  // packets may still find routes to one that had this number
  const LinkState old = link.known ? link.state : LinkState{.id = state.id, .mtu = state.mtu};
  const bool renamed = !link.known || state.name != old.name;
  link.state = state;
  link.known = true;
  rules_stale_ |= renamed && custom_rules_;
  if (state.mtu != old.mtu) {
    paths_.interface_mtu_changed(state.id, state.mtu);
    exceptions_.interface_mtu_changed(state.id, old.mtu, state.mtu);
  }
  const auto ignored = [](const LinkState& s) { return s.ignore_linkdown && !s.running; };
  const bool carrier_changed = state.running != old.running && old.up && state.up;
  if (old.up && !state.up) {  // own addresses stay own
    purge([&](const Path& p) { return p.out == state.id && p.next_hop_scope != Scope::Nowhere; });
    kill_legs(state.id, false);
  }
  if (old.up && (!state.up || !state.running)) flush_objects(state.id);
  if (ignored(state) != ignored(old)) follow_carrier(state.id);
  if (carrier_changed) follow_carrier_of_legs(state);
  if (!old.up && state.up)
    for (const AddressFacts& address : link.addresses)
      for (const RouteSpec& spec : routes_of(link, address)) static_cast<void>(append(spec));
  if (!old.up && state.up) revive_legs(state.id);
  settle();
}

void RouteControl::link_removed(InterfaceId id) {
  Link& link = this->link(id);
  while (!link.addresses.empty()) address_removed(id, AddressFacts(link.addresses.back()));
  purge([&](const Path& p) { return p.out == id; });
  kill_legs(id, true);
  flush_objects(id);
  link = {};
  rules_stale_ |= custom_rules_;
  settle();
}

void RouteControl::address_added(InterfaceId id, const AddressFacts& address) {
  if (address.local.is_any()) return;  // 0.0.0.0 is no address
  Link& link = this->link(id);
  link.addresses.push_back(address);
  for (const RouteSpec& spec : routes_of(link, address)) static_cast<void>(append(spec));  // those that are there stay
  if (link.state.up) revive_legs(id);
  settle();
}

void RouteControl::address_removed(InterfaceId id, const AddressFacts& address) {
  Link& link = this->link(id);
  const std::vector<RouteSpec> going = routes_of(link, address);
  const auto at = std::find_if(link.addresses.begin(), link.addresses.end(), [&](const AddressFacts& a) {
    return a.local == address.local && a.subnet() == address.subnet();
  });
  if (at != link.addresses.end()) link.addresses.erase(at);
  std::vector<RouteSpec> staying;
  for (const AddressFacts& other : link.addresses)
    for (const RouteSpec& spec : routes_of(link, other)) staying.push_back(spec);
  for (const RouteSpec& spec : going)
    if (std::none_of(staying.begin(), staying.end(), [&](const RouteSpec& s) { return same_route(s, spec); }))
      static_cast<void>(remove(spec));

  if (!is_local(address.local, kTableLocal))
    purge([&](const Path& p) { return p.table == kTableMain && p.source == address.local; });
  if (link.addresses.empty()) {
    purge([&](const Path& p) { return p.out == id; });
    kill_legs(id, false);
  }
  settle();
}

// Routes whose path is gone go without a word, wherever they are, and do not come back by themselves.
void RouteControl::purge(const std::function<bool(const Path&)>& gone) {
  if (paths_.mark(PathTable::Mark::Dead, [&](uint32_t, const Path& path) { return gone(path); })) begin_pass();
}

std::vector<RouteSpec> RouteControl::routes_of(const Link& link, const AddressFacts& address) {
  // A secondary address speaks with the primary's voice.
  Ipv4Address source = address.local;
  if (address.secondary) {
    const auto primary = std::find_if(link.addresses.begin(), link.addresses.end(), [&](const AddressFacts& a) {
      return !a.secondary && a.subnet() == address.subnet();
    });
    if (primary == link.addresses.end()) return {};
    source = primary->local;
  }
  std::vector<RouteSpec> routes;
  auto make = [&](RouteType type, Ipv4Prefix prefix, uint32_t metric) {
    const bool own = type == RouteType::Local;
    routes.push_back({.destination = prefix.network(),
                      .length = prefix.length(),
                      .type = type,
                      .out = link.state.id,
                      .table = type == RouteType::Unicast ? kTableMain : kTableLocal,
                      .metric = metric,
                      .source = source,
                      .scope = own ? Scope::Host : Scope::Link,
                      .protocol = Protocol::Kernel});
  };
  make(RouteType::Local, Ipv4Prefix(address.local, 32), 0);
  if (!link.state.up) return routes;
  if (!address.broadcast.is_any() && !address.broadcast.is_limited_broadcast())
    make(RouteType::Broadcast, Ipv4Prefix(address.broadcast, 32), 0);
  const Ipv4Prefix subnet = address.subnet();
  const bool own_only = subnet.network() == address.local && subnet.length() == 32;
  if (subnet.network().is_any() || address.secondary || own_only) return routes;
  if (!address.no_prefix_route)
    make(link.state.loopback ? RouteType::Local : RouteType::Unicast, subnet, address.metric);
  if (subnet.length() < 31) make(RouteType::Broadcast, Ipv4Prefix(subnet.broadcast(), 32), 0);
  return routes;
}

}  // namespace flyover::route
