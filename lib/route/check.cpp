// SPDX-License-Identifier: BSD-3-Clause
// What Linux asks of a route before it takes it (fib_create_info, fib_check_nh), and its words when it does not.
#include <algorithm>

#include "route/route_control.hpp"

namespace flyover::route {
namespace {

tl::unexpected<Error> no_such_device() { return refused("RTNETLINK answers: No such device"); }
tl::unexpected<Error> invalid_gateway() { return refused("Error: Nexthop has invalid gateway."); }

constexpr uint8_t kEcnBits = 3;
constexpr uint32_t kLargestMtu = 65535 - 15;  // of a route (ip_metrics_convert)

Scope least_scope(RouteType type) {  // fib_props
  switch (type) {
    case RouteType::Local: return Scope::Host;
    case RouteType::Broadcast: return Scope::Link;
    default: return Scope::Universe;
  }
}

// What `ip route add` says when nothing was said.
Scope default_scope(const RouteSpec& spec, RouteType type) {
  const bool direct = spec.gateway.is_any() && spec.legs.empty() && spec.nexthop_id == 0;
  if (type == RouteType::Unicast && direct) return Scope::Link;
  return least_scope(type);
}

bool has_next_hop(const RouteSpec& spec) {
  return !spec.gateway.is_any() || spec.out != kNoInterface || !spec.legs.empty();
}

tl::unexpected<Error> both_ways() {
  return refused("Error: Nexthop specification and nexthop id are mutually exclusive.");
}

Result<> check_words(const RouteSpec& spec) {
  if (spec.nexthop_id != 0 && has_next_hop(spec)) return both_ways();
  if (spec.length > 32) return refused("Error: Invalid prefix length.");
  if (spec.has_host_bits()) return refused("Error: Invalid prefix for given prefix length.");
  if (spec.tos & kEcnBits) return refused("Error: Invalid dsfield (tos): ECN bits must be 0.");
  return {};
}

}  // namespace

Result<Path> RouteControl::check(const RouteSpec& spec) const {
  if (const auto words = check_words(spec); !words) return tl::unexpected(words.error());
  Path path;
  path.type = spec.type.value_or(RouteType::Unicast);
  path.scope = spec.scope.value_or(default_scope(spec, path.type));
  path.table = table_of(spec);
  path.protocol = spec.protocol.value_or(Protocol::Boot);
  path.gateway = spec.gateway, path.source = spec.source;
  path.nexthop_id = spec.nexthop_id;
  path.tos = spec.tos;
  const Table* table = find_table(path.table);
  if (spec.length <= (table ? table->measured : longest_suppressed(path.table))) path.length = spec.length;
  path.mtu = std::min(spec.mtu, kLargestMtu), path.mtu_locked = spec.mtu_locked, path.onlink = spec.onlink;
  if (spec.nexthop_id != 0 && !next_hop(spec.nexthop_id)) return refused("Error: Nexthop id does not exist.");
  if (path.scope < least_scope(path.type)) return refused("Error: Invalid scope.");
  if (is_error(path.type)) {
    if (!spec.gateway.is_any() || spec.out != kNoInterface || !spec.legs.empty())
      return refused("Error: Gateway, device and multipath can not be specified for this route type.");
    path.next_hop_scope = Scope::Universe;
    return path;
  }
  if (path.scope > Scope::Host) return refused("Error: Invalid scope.");
  if (const auto ways = find_ways(spec, path); !ways) return tl::unexpected(ways.error());
  const bool own = path.type == RouteType::Local && spec.source == spec.destination;
  if (!spec.source.is_any() && !own && !is_local(spec.source, path.table))
    return refused("Error: Invalid prefsrc address.");
  return path;
}

// Where the path leads: by one next hop, by several, by an object.
Result<> RouteControl::find_ways(const RouteSpec& spec, Path& path) const {
  if (path.nexthop_id != 0) return check_object(path.nexthop_id, path.scope);
  if (!spec.legs.empty()) {
    auto legs = check_legs(spec, path);
    if (!legs) return tl::unexpected(legs.error());
    if (legs->size() == 1) {
      const Leg& only = legs->front();
      path.out = only.out, path.gateway = only.gateway;
      path.next_hop_scope = only.next_hop_scope, path.onlink = only.onlink;
      return {};
    }
    path.legs = std::move(*legs);
    path.gateway = {}, path.onlink = false;
    path.next_hop_scope = path.legs.front().next_hop_scope;
    return {};
  }
  const auto next_hop = check_next_hop(spec, path);
  if (!next_hop) return tl::unexpected(next_hop.error());
  path.out = next_hop->out, path.next_hop_scope = next_hop->scope;
  return {};
}

// fib_get_nhs, fib_check_nh for each.
Result<std::vector<Leg>> RouteControl::check_legs(const RouteSpec& spec, const Path& path) const {
  const LegSpec& front = spec.legs.front();
  if (spec.out != kNoInterface && spec.out != front.out)
    return refused("Error: Nexthop device index does not match RTA_OIF.");
  if (!spec.gateway.is_any() && spec.gateway != front.gateway)
    return refused("Error: Nexthop gateway does not match RTA_GATEWAY or RTA_VIA.");
  if (path.scope == Scope::Host && spec.legs.size() > 1)
    return refused("Error: Route with host scope can not have multiple nexthops.");
  std::vector<Leg> legs;
  RouteSpec one = spec;
  one.legs = {};
  for (const LegSpec& said : spec.legs) {
    one.gateway = said.gateway, one.out = said.out, one.onlink = said.onlink;
    const auto way = check_next_hop(one, path);
    if (!way) return tl::unexpected(way.error());
    legs.push_back({.out = way->out,
                    .gateway = said.gateway,
                    .next_hop_scope = way->scope,
                    .weight = said.weight,
                    .onlink = said.onlink,
                    .blackhole = false});
  }
  return legs;
}

Result<RouteControl::Way> RouteControl::check_next_hop(const RouteSpec& spec, const Path& path) const {
  if (path.scope == Scope::Host) {
    if (!spec.gateway.is_any()) return refused("Error: Route with host scope can not have a gateway.");
    if (!known_link(spec.out)) return no_such_device();
    return Way{spec.out, Scope::Nowhere};
  }
  if (spec.gateway.is_any()) return check_device(spec);
  return spec.onlink ? check_onlink(spec, path) : check_gateway(spec, path);
}

Result<RouteControl::Way> RouteControl::check_device(const RouteSpec& spec) const {
  if (spec.onlink) return refused("Error: Invalid flags for nexthop - PERVASIVE and ONLINK can not be set.");
  const Link* link = known_link(spec.out);
  if (!link) return no_such_device();
  if (!link->state.up) return refused("Error: Device for nexthop is not up.");
  return Way{spec.out, Scope::Host};
}

Result<RouteControl::Way> RouteControl::check_onlink(const RouteSpec& spec, const Path& path) const {
  if (path.scope >= Scope::Link) return refused("Error: Nexthop has invalid scope.");
  const Link* link = known_link(spec.out);
  if (!link) return refused("Error: Nexthop device required for onlink.");
  if (!link->state.up) return refused("Error: Nexthop device is not up.");
  const bool odd = spec.gateway.is_multicast() || spec.gateway.is_limited_broadcast();
  const Path* taken = path_to({.to = spec.gateway}, *local_, one_with_local(), Scope::Universe);
  if (odd || (taken && (taken->type == RouteType::Local || taken->type == RouteType::Broadcast)))
    return invalid_gateway();
  return Way{spec.out, Scope::Link};
}

// The gateway must itself be reachable by a route of a narrower scope: on a link for ordinary routes.
Result<RouteControl::Way> RouteControl::check_gateway(const RouteSpec& spec, const Path& path) const {
  const Flow flow{.to = spec.gateway, .out = spec.out};
  const Dst& direct = readers_.lookup(flow);
  const bool usual = path.scope == Scope::Universe && path.table == kTableMain && direct.action == Action::Forward &&
                     direct.scope == static_cast<uint8_t>(Scope::Link) &&
                     (spec.out == kNoInterface || spec.out == direct.out);
  if (usual) return Way{direct.out, Scope::Link};

  const Scope least = path.scope < Scope::Link ? Scope::Link : Scope::Host;
  const Path* way = nullptr;
  if (const Table* own = path.table == kTableMain ? nullptr : find_table(path.table))
    way = path_to(flow, *own, nullptr, least);
  if (!way || is_error(way->type)) way = find_way(flow, least);
  if (!way || (way->type != RouteType::Unicast && way->type != RouteType::Local)) return invalid_gateway();
  const std::vector<Leg> legs = legs_of(*way);
  const auto by = std::find_if(legs.begin(), legs.end(),
                               [&](const Leg& leg) { return spec.out == kNoInterface || leg.out == spec.out; });
  const Link* link = by == legs.end() ? nullptr : known_link(by->out);
  if (!link || !link->state.up) return refused("RTNETLINK answers: Network is down");
  return Way{by->out, way->scope};
}

// fib_lookup with a scope and an interface asked for.
const Path* RouteControl::find_way(const Flow& flow, Scope least) const {
  const Path* way = nullptr;
  auto ask = [&](const Table* first, const Table* second) {
    way = first ? path_to(flow, *first, second, least) : nullptr;
    if (way && way->type == RouteType::Throw) way = nullptr;
    return way != nullptr;
  };
  if (!custom_rules_) {
    if (!ask(local_, main_)) ask(find_table(kTableDefault), nullptr);
    return way;
  }
  readers_.rules()->walk(flow, [&](const RuleTable::Row& row) {
    if (row.action != RuleAction::Lookup) return way = nullptr, true;
    if (!ask(find_table(row.table), nullptr)) return false;
    if (is_error(way->type) || way->length > row.suppress_length) return true;
    return way = nullptr, false;
  });
  return way;
}

// fib_table_lookup. On equal prefixes `first` comes before `second`.
const Path* RouteControl::path_to(const Flow& flow, const Table& first, const Table* second, Scope least) const {
  bool missed = false;  // an object's route that leads elsewhere: Linux goes on with shorter prefixes
  auto fitting = [&](const Table& table, const Ipv4Prefix& prefix) -> const Path* {
    for (RouteSet::Index i = table.routes.find(prefix); i != 0; i = table.routes.at(i).next) {
      const Path& path = paths_.at(table.routes.at(i).path);
      if (is_gone(table.routes.at(i))) continue;
      if (path.tos != 0 && path.tos != (flow.tos & kTosMask)) continue;
      if (path.scope < least) continue;
      if (flow.out == kNoInterface || is_error(path.type) || leads_to(path, flow.out)) return &path;
      missed = path.nexthop_id != 0;
      if (missed) return nullptr;
    }
    return nullptr;
  };
  for (int length = 32; length >= 0; --length) {
    const Ipv4Prefix prefix(flow.to, static_cast<uint8_t>(length));
    missed = false;
    if (const Path* path = fitting(first, prefix)) return path;
    if (second && !missed)
      if (const Path* path = fitting(*second, prefix)) return path;
  }
  return nullptr;
}

bool RouteControl::leads_to(const Path& path, InterfaceId out) const {
  if (!path.is_group()) return path.out == out;
  const std::vector<Leg> legs = legs_of(path);
  return std::any_of(legs.begin(), legs.end(), [out](const Leg& leg) { return leg.out == out; });
}

// inet_addr_type_table: an own address, by the table (main and local are one) or else by local.
bool RouteControl::is_local(Ipv4Address a, TableId id) const {
  auto local_by = [&](const Table* first, const Table* second) {
    const Path* path = first ? path_to({.to = a}, *first, second, Scope::Universe) : nullptr;
    return path && path->type == RouteType::Local;
  };
  return (id != kTableMain && id != kTableLocal && local_by(find_table(id), nullptr)) ||
         local_by(local_, one_with_local());
}

}  // namespace flyover::route
