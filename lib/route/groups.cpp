// SPDX-License-Identifier: BSD-3-Clause
// Routes with several next hops, or by a next-hop object: their legs, and what links do to them (fib_rebalance,
// fib_sync_down_dev, fib_sync_up).
#include <algorithm>

#include "route/route_control.hpp"

namespace flyover::route {
namespace {

// `path`: the group's, without its legs.
Path path_of(Path path, const Leg& leg) {
  if (leg.blackhole) path.type = RouteType::Blackhole;
  path.out = leg.out, path.gateway = leg.gateway;
  path.next_hop_scope = leg.next_hop_scope, path.onlink = leg.onlink;
  return path;
}

}  // namespace

std::vector<Leg> RouteControl::legs_of(const Path& path) const {
  if (path.nexthop_id != 0) return legs_of(path.nexthop_id);
  if (!path.legs.empty()) return path.legs;
  if (is_error(path.type)) return {};
  return {{.out = path.out,
           .gateway = path.gateway,
           .next_hop_scope = path.next_hop_scope,
           .onlink = path.onlink,
           .blackhole = false}};
}

uint32_t RouteControl::mtu_of(InterfaceId id) const {
  const Link* link = known_link(id);
  return link ? link->state.mtu : 0;
}

uint32_t RouteControl::take(const Path& path) {
  const uint32_t number = paths_.acquire(path, mtu_of(path.out));
  if (number == 0 || !path.is_group() || is_error(path.type) || groups_.contains(number)) return number;
  if (regroup(number)) {
    Group& group = groups_.at(number);
    group.linkdown = std::all_of(group.legs.begin(), group.legs.end(),
                                 [this](const GroupLeg& leg) { return !has_carrier(leg.leg.out); });
    return number;
  }
  groups_.erase(number);
  release(number);
  return 0;
}

bool RouteControl::release(uint32_t number) {
  if (!paths_.release(number)) return false;
  exceptions_.forget(number);
  return true;
}

void RouteControl::drop(uint32_t number) {
  if (!release(number)) return;
  const auto at = groups_.find(number);
  if (at == groups_.end()) return;
  for (const GroupLeg& leg : at->second.legs) release(leg.path);
  reclaimer_.retire(std::move(at->second.published));
  groups_.erase(at);
  readers_.set_groups(!groups_.empty());
}

// Looks at what the group is made of, anew. False: there is no room for its legs, and nothing has changed.
bool RouteControl::regroup(uint32_t number) {
  Path alone = paths_.at(number);
  const std::vector<Leg> wanted = legs_of(alone);
  alone.legs = {}, alone.nexthop_id = 0;
  std::vector<GroupLeg> legs;
  for (const Leg& leg : wanted) {
    legs.push_back({.leg = leg, .path = paths_.acquire(path_of(alone, leg), mtu_of(leg.out))});
    if (legs.back().path != 0) continue;
    legs.pop_back();
    for (const GroupLeg& taken : legs) release(taken.path);
    return false;
  }
  groups_[number].legs.swap(legs);
  readers_.set_groups(true);
  rebalance(number);
  for (const GroupLeg& old : legs) release(old.path);  // not before packets have stopped to find them
  return true;
}

void RouteControl::rebalance(uint32_t number) {
  for (GroupLeg& leg : groups_.at(number).legs) leg.skipped = leg.dead || passes_over(leg.leg.out);
  publish_group(number);
}

void RouteControl::publish_group(uint32_t number) {
  Group& group = groups_.at(number);
  const Path& path = paths_.at(number);
  std::vector<NextHopGroup::Leg> legs;
  const Dst* first = nullptr;
  for (const GroupLeg& leg : group.legs) {
    const Dst* dst = paths_.slab() + leg.path;
    legs.push_back({.dst = dst, .weight = leg.leg.weight, .chosen = !leg.skipped});
    if (!first && !leg.dead && !passes_over(leg.leg.out)) first = dst;
  }
  if (!first) first = legs.front().dst;
  auto next = std::make_unique<const NextHopGroup>(path.nexthop_id ? GroupKind::Object : GroupKind::Legs, legs, first,
                                                   buckets_of(path.nexthop_id));
  paths_.set_group(number, next.get());
  group.published.swap(next);
  reclaimer_.retire(std::move(next));
  ++counts_.groups_published;
}

bool RouteControl::has_carrier(InterfaceId id) const {
  const Link* link = known_link(id);
  return !link || link->state.running;
}

// ip_ignore_linkdown: no carrier, and the interface's setting says that this matters.
bool RouteControl::passes_over(InterfaceId id) const {
  const Link* link = known_link(id);
  return link && link->state.ignore_linkdown && !link->state.running;
}

// fib_lookup_good_nhc, for any of its legs.
bool RouteControl::usable(uint32_t number) const {
  const auto at = paths_.at(number).is_group() ? groups_.find(number) : groups_.end();
  if (at != groups_.end())
    return std::any_of(at->second.legs.begin(), at->second.legs.end(),
                       [&](const GroupLeg& leg) { return !leg.dead && !passes_over(leg.leg.out); });
  const Path& path = paths_.at(number);
  return path.next_hop_scope == Scope::Nowhere || is_error(path.type) || !passes_over(path.out);
}

// A group of one looks as if it were none.
void RouteControl::show_legs(Route& route, const Path& path) const {
  const auto group = groups_.find(paths_.number_of(path));
  const std::vector<Leg> legs = legs_of(path);
  for (size_t i = 0; i < legs.size(); ++i) {
    const Leg& leg = legs[i];
    const bool dead = group != groups_.end() && i < group->second.legs.size() && group->second.legs[i].dead;
    route.legs.push_back({.gateway = leg.gateway,
                          .out = leg.out,
                          .weight = leg.weight,
                          .onlink = leg.onlink,
                          .dead = dead || passes_over(leg.out),
                          .linkdown = dead || !has_carrier(leg.out)});
    if (leg.blackhole) route.type = RouteType::Blackhole;
  }
  route.linkdown = path.nexthop_id == 0 && group != groups_.end() && group->second.linkdown;
  if (legs.size() != 1) return;
  const RouteLeg only = route.legs.front();
  route.legs.clear();
  route.gateway = only.gateway, route.out = only.out;
  route.onlink = only.onlink, route.dead = only.dead, route.linkdown = only.linkdown;
}

// A path that takes another's place, leg by leg.
void RouteControl::inherit_dead(uint32_t number, uint32_t old) {
  const auto now = groups_.find(number), before = groups_.find(old);
  if (now == groups_.end() || before == groups_.end()) return;
  for (size_t i = 0; i < now->second.legs.size(); ++i) now->second.legs[i].dead |= before->second.legs[i].dead;
  now->second.linkdown = before->second.linkdown;
  rebalance(number);
}

bool RouteControl::has_leg(const Group& group, InterfaceId id) {
  return std::any_of(group.legs.begin(), group.legs.end(), [id](const GroupLeg& leg) { return leg.leg.out == id; });
}

// Legs of the routes' own die with their interface, and the route with the last of them. `all`: with the first.
void RouteControl::kill_legs(InterfaceId id, bool all) {
  std::set<uint32_t> dead, turned;
  for (auto& [number, group] : groups_) {
    if (paths_.at(number).nexthop_id != 0 || !has_leg(group, id)) continue;
    const bool used = usable(number);
    for (GroupLeg& leg : group.legs) leg.dead |= leg.leg.out == id;
    if (all || std::all_of(group.legs.begin(), group.legs.end(), [](const GroupLeg& leg) { return leg.dead; }))
      dead.insert(number);
    rebalance(number);
    if (used != usable(number)) turned.insert(number);
  }
  follow_paths(PathTable::Mark::Turned, turned);
  follow_paths(PathTable::Mark::Dead, dead);
}

void RouteControl::revive_legs(InterfaceId id) {
  std::set<uint32_t> turned;
  for (auto& [number, group] : groups_) {
    if (!has_leg(group, id)) continue;
    const bool used = usable(number);
    for (GroupLeg& leg : group.legs)
      if (leg.leg.out == id) leg.dead = false;
    group.linkdown &= !has_carrier(id);
    rebalance(number);
    if (used != usable(number)) turned.insert(number);
  }
  follow_paths(PathTable::Mark::Turned, turned);
}

void RouteControl::follow_paths(PathTable::Mark mark, const std::set<uint32_t>& paths) {
  if (!paths.empty() && paths_.mark(mark, [&](uint32_t number, const Path&) { return paths.contains(number); }))
    begin_pass();
}

void RouteControl::follow_carrier_of_legs(const LinkState& state) {
  const auto is_out = [&](const GroupLeg& leg) { return leg.dead || leg.leg.out == state.id; };
  for (auto& [number, group] : groups_) {
    if (!has_leg(group, state.id)) continue;
    if (state.running || std::all_of(group.legs.begin(), group.legs.end(), is_out)) group.linkdown = !state.running;
    rebalance(number);
  }
}

// A route becomes usable, or no longer is, and those behind it take over.
void RouteControl::follow_carrier(InterfaceId id) {
  for (auto& [number, group] : groups_)
    if (has_leg(group, id)) publish_group(number);
  const auto leads_there = [&](uint32_t number, const Path& path) {
    const auto group = groups_.find(number);
    return path.out == id || (group != groups_.end() && has_leg(group->second, id));
  };
  if (paths_.mark(PathTable::Mark::Turned, leads_there)) begin_pass();
}

}  // namespace flyover::route
