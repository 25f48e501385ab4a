// SPDX-License-Identifier: BSD-3-Clause
// What Linux asks of a route before it takes it (fib_create_info, fib_check_nh), and its words when it does not.
#include "route/route_control.hpp"

namespace flyover::route {
namespace {

tl::unexpected<Error> no_such_device() { return refused("RTNETLINK answers: No such device"); }
tl::unexpected<Error> invalid_gateway() { return refused("Error: Nexthop has invalid gateway."); }

constexpr uint8_t kEcnBits = 3;

Scope least_scope(RouteType type) {  // fib_props
  switch (type) {
    case RouteType::Local: return Scope::Host;
    case RouteType::Broadcast: return Scope::Link;
    default: return Scope::Universe;
  }
}

// What `ip route add` says when nothing was said.
Scope default_scope(const RouteSpec& spec, RouteType type) {
  if (type == RouteType::Unicast && spec.gateway.is_any()) return Scope::Link;
  return least_scope(type);
}

Result<> check_words(const RouteSpec& spec) {
  if (spec.length > 32) return refused("Error: Invalid prefix length.");
  if (spec.has_host_bits()) return refused("Error: Invalid prefix for given prefix length.");
  if (spec.tos & kEcnBits) return refused("Error: Invalid dsfield (tos): ECN bits must be 0.");
  if (spec.multipath) return refused("Error: routes with several next hops are not supported yet.");
  if (spec.nexthop_id != 0) return refused("Error: Nexthop id does not exist.");
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
  path.tos = spec.tos;
  const Table* table = find_table(path.table);
  if (spec.length <= (table ? table->measured : longest_suppressed(path.table))) path.length = spec.length;
  path.mtu = spec.mtu, path.mtu_locked = spec.mtu_locked, path.onlink = spec.onlink;
  if (path.scope < least_scope(path.type)) return refused("Error: Invalid scope.");
  if (is_error(path.type)) {
    if (!spec.gateway.is_any() || spec.out != kNoInterface)
      return refused("Error: Gateway, device and multipath can not be specified for this route type.");
    path.next_hop_scope = Scope::Universe;
    return path;
  }
  if (path.scope > Scope::Host) return refused("Error: Invalid scope.");
  const auto next_hop = check_next_hop(spec, path);
  if (!next_hop) return tl::unexpected(next_hop.error());
  path.out = next_hop->out, path.next_hop_scope = next_hop->scope;
  const bool own = path.type == RouteType::Local && spec.source == spec.destination;
  if (!spec.source.is_any() && !own && !is_local(spec.source, path.table))
    return refused("Error: Invalid prefsrc address.");
  return path;
}

Result<RouteControl::NextHop> RouteControl::check_next_hop(const RouteSpec& spec, const Path& path) const {
  if (path.scope == Scope::Host) {
    if (!spec.gateway.is_any()) return refused("Error: Route with host scope can not have a gateway.");
    if (!known_link(spec.out)) return no_such_device();
    return NextHop{spec.out, Scope::Nowhere};
  }
  if (spec.gateway.is_any()) return check_device(spec);
  return spec.onlink ? check_onlink(spec, path) : check_gateway(spec, path);
}

Result<RouteControl::NextHop> RouteControl::check_device(const RouteSpec& spec) const {
  if (spec.onlink) return refused("Error: Invalid flags for nexthop - PERVASIVE and ONLINK can not be set.");
  const Link* link = known_link(spec.out);
  if (!link) return no_such_device();
  if (!link->state.up) return refused("Error: Device for nexthop is not up.");
  return NextHop{spec.out, Scope::Host};
}

Result<RouteControl::NextHop> RouteControl::check_onlink(const RouteSpec& spec, const Path& path) const {
  if (path.scope >= Scope::Link) return refused("Error: Nexthop has invalid scope.");
  const Link* link = known_link(spec.out);
  if (!link) return refused("Error: Nexthop device required for onlink.");
  if (!link->state.up) return refused("Error: Nexthop device is not up.");
  const bool odd = spec.gateway.is_multicast() || spec.gateway.is_limited_broadcast();
  const Path* taken = path_to({.to = spec.gateway}, *local_, one_with_local(), Scope::Universe);
  if (odd || (taken && (taken->type == RouteType::Local || taken->type == RouteType::Broadcast)))
    return invalid_gateway();
  return NextHop{spec.out, Scope::Link};
}

// The gateway must itself be reachable by a route of a narrower scope: on a link for ordinary routes.
Result<RouteControl::NextHop> RouteControl::check_gateway(const RouteSpec& spec, const Path& path) const {
  const Flow flow{.to = spec.gateway, .out = spec.out};
  const Dst& direct = readers_.lookup({.to = spec.gateway});
  const bool usual = path.scope == Scope::Universe && path.table == kTableMain && direct.action == Action::Forward &&
                     direct.scope == static_cast<uint8_t>(Scope::Link) &&
                     (spec.out == kNoInterface || spec.out == direct.out);
  if (usual) return NextHop{direct.out, Scope::Link};

  const Scope least = path.scope < Scope::Link ? Scope::Link : Scope::Host;
  const Path* way = nullptr;
  if (const Table* own = path.table == kTableMain ? nullptr : find_table(path.table))
    way = path_to(flow, *own, nullptr, least);
  if (!way || is_error(way->type)) way = find_way(flow, least);
  if (!way || (way->type != RouteType::Unicast && way->type != RouteType::Local)) return invalid_gateway();
  const Link* link = known_link(way->out);
  if (!link || !link->state.up) return refused("RTNETLINK answers: Network is down");
  return NextHop{way->out, way->scope};
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
  auto fitting = [&](const Table& table, const Ipv4Prefix& prefix) -> const Path* {
    for (RouteSet::Index i = table.routes.find(prefix); i != 0; i = table.routes.at(i).next) {
      const Path& path = paths_.at(table.routes.at(i).path);
      if (path.tos != 0 && path.tos != (flow.tos & kTosMask)) continue;
      if (path.scope >= least && (flow.out == kNoInterface || is_error(path.type) || path.out == flow.out))
        return &path;
    }
    return nullptr;
  };
  for (int length = 32; length >= 0; --length) {
    const Ipv4Prefix prefix(flow.to, static_cast<uint8_t>(length));
    if (const Path* path = fitting(first, prefix)) return path;
    if (second)
      if (const Path* path = fitting(*second, prefix)) return path;
  }
  return nullptr;
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
