// SPDX-License-Identifier: BSD-3-Clause
// Next-hop objects: what routes and groups share by number (net/ipv4/nexthop.c).
#include <algorithm>
#include <limits>

#include "route/route_control.hpp"

namespace flyover::route {
namespace {

constexpr uint32_t kIdleTimerMs = 120000;  // NH_RES_DEFAULT_IDLE_TIMER

bool lists(const NextHop& group, uint32_t id) {
  return std::any_of(group.group.begin(), group.group.end(), [id](const NextHopMember& m) { return m.id == id; });
}

// As much as a timer can hold: 49 days.
uint32_t in_ms(uint32_t seconds) {
  return static_cast<uint32_t>(std::min<uint64_t>(uint64_t{seconds} * 1000, std::numeric_limits<uint32_t>::max()));
}

}  // namespace

const NextHop* RouteControl::next_hop(uint32_t id) const {
  const auto at = objects_.find(id);
  return at == objects_.end() ? nullptr : &at->second.shape;
}

std::optional<NextHop> RouteControl::shown_next_hop(uint32_t id) const {
  const auto at = objects_.find(id);
  if (at == objects_.end()) return std::nullopt;
  NextHop view = at->second.shape;
  if (const ResilientTable* table = at->second.resilient.get()) {
    view.buckets = table->size();
    view.idle_timer_ms = table->idle_timer_ms();
    view.unbalanced_timer_ms = table->unbalanced_timer_ms();
    view.unbalanced_ms = table->unbalanced_ms(now_ms_);
  }
  return view;
}

std::vector<uint32_t> RouteControl::next_hop_ids() const {
  std::vector<uint32_t> ids;
  for (const auto& [id, object] : objects_) ids.push_back(id);
  return ids;
}

std::vector<BucketView> RouteControl::buckets(uint32_t id) const {
  std::vector<BucketView> views;
  const auto at = objects_.find(id);
  if (at == objects_.end() || !at->second.resilient) return views;
  const ResilientTable& table = *at->second.resilient;
  for (uint16_t i = 0; i < table.size(); ++i)
    views.push_back({.index = i, .next_hop = table.member_id(i), .idle_ms = table.idle_ms(i, now_ms_)});
  return views;
}

void RouteControl::tick(uint64_t now_ms) {
  now_ms_ = now_ms;
  exceptions_.expire(now_ms);
  if (resilient_ == 0) return;
  for (auto& [id, object] : objects_)
    if (object.resilient) object.resilient->tick(now_ms);
}

// ---- what Linux asks of an object (rtm_to_nh_config, nh_check_attr_group, nexthop_create) ----

Result<NextHop> RouteControl::check_single(const NextHopSpec& spec) const {
  NextHop object{.id = spec.id, .gateway = spec.gateway, .out = spec.out, .group = {}};
  object.protocol = spec.protocol.value_or(Protocol::Unspecified);
  object.onlink = spec.onlink, object.blackhole = spec.blackhole;
  if (spec.blackhole) {
    if (!spec.gateway.is_any() || spec.out != kNoInterface)
      return refused("Error: Blackhole attribute can not be used with gateway, oif, encap or fdb.");
    object.out = kLoopback;
    const Link* lo = known_link(kLoopback);
    if (!lo || !lo->state.up) return refused("Error: Device for nexthop is not up.");
    return object;
  }
  if (spec.out == kNoInterface)
    return refused(spec.gateway.is_any() ? "Error: Invalid address family."
                                         : "Error: Device attribute required for non-blackhole and non-fdb nexthops.");
  const Link* link = known_link(spec.out);
  if (!link) return refused("Error: Invalid device index.");
  if (!link->state.up) return refused("Error: Nexthop device is not up.");
  if (!link->state.running) return refused("Error: Carrier for nexthop device is down.");
  if (spec.onlink && spec.gateway.is_any())
    return refused("Error: ONLINK flag can not be set for nexthop without a gateway.");
  Path path;
  path.table = kTableMain, path.scope = Scope::Universe;
  const auto way = check_next_hop({.gateway = spec.gateway, .out = spec.out, .onlink = spec.onlink}, path);
  if (!way) return tl::unexpected(way.error());
  object.scope = way->scope;
  return object;
}

Result<> RouteControl::check_members(const NextHopSpec& spec) const {
  for (auto m = spec.group.begin(); m != spec.group.end(); ++m)
    if (std::any_of(m + 1, spec.group.end(), [&](const NextHopMember& other) { return other.id == m->id; }))
      return refused("Error: Nexthop id can not be used twice in a group.");
  for (const NextHopMember& m : spec.group) {
    const NextHop* member = next_hop(m.id);
    if (!member) return refused("Error: Invalid nexthop id.");
    if (!member->group.empty())
      return refused(member->resilient ? "Error: Resilient group can not be a nexthop within a group."
                                       : "Error: Hash-threshold group can not be a nexthop within a group.");
    if (member->blackhole && spec.group.size() > 1)
      return refused("Error: Blackhole nexthop can not be used in a group with more than 1 path.");
  }
  if (spec.buckets == 0) return refused("Error: Number of buckets needs to be non-0.");
  return {};
}

Result<NextHop> RouteControl::check_next_hop_spec(const NextHopSpec& spec) const {
  if (spec.group.empty()) return check_single(spec);
  if (!spec.gateway.is_any() || spec.out != kNoInterface || spec.blackhole)
    return refused("Error: Invalid family for group.");
  if (const auto good = check_members(spec); !good) return tl::unexpected(good.error());
  NextHop object{.id = spec.id, .group = spec.group};
  object.protocol = spec.protocol.value_or(Protocol::Unspecified);
  object.resilient = spec.resilient;
  return object;
}

// fib_check_nexthop: does it fit a route of this scope?
Result<> RouteControl::check_object(uint32_t id, Scope scope) const {
  const NextHop* object = next_hop(id);
  if (!object) return refused("Error: Nexthop id does not exist.");
  return fits_scope(*object, scope);
}

Result<> RouteControl::fits_scope(const NextHop& object, Scope scope) const {
  if (!object.group.empty() && scope == Scope::Host)
    return refused("Error: Route with host scope can not have multiple nexthops.");
  const NextHop& one = object.group.empty() ? object : *next_hop(object.group.front().id);
  if (scope == Scope::Host && !one.gateway.is_any())
    return refused("Error: Route with host scope can not have a gateway.");
  if (one.onlink && scope >= Scope::Link) return refused("Error: Scope mismatch with nexthop.");
  return {};
}

// ---- operations ----

Result<> RouteControl::add_next_hop(const NextHopSpec& said) {
  finish_pass();
  NextHopSpec spec = said;
  auto shape = check_next_hop_spec(spec);
  if (!shape) return tl::unexpected(shape.error());
  while (shape->id == 0)
    if (!objects_.contains(++last_id_)) shape->id = last_id_;
  if (objects_.contains(shape->id)) return refused("RTNETLINK answers: File exists");
  return make_object(std::move(*shape), spec);
}

Result<> RouteControl::make_object(NextHop shape, const NextHopSpec& spec) {
  Object object;
  if (shape.resilient) {
    if (!spec.buckets) return refused("Error: Number of buckets not specified for nexthop group insertion.");
    object.resilient = std::make_unique<ResilientTable>(*spec.buckets, shape.group,
                                                        spec.idle_timer_s ? in_ms(*spec.idle_timer_s) : kIdleTimerMs,
                                                        in_ms(spec.unbalanced_timer_s.value_or(0)), now_ms_);
    ++resilient_;
  }
  const uint32_t id = shape.id;
  object.shape = std::move(shape);
  objects_.emplace(id, std::move(object));
  return {};
}

Result<> RouteControl::replace_next_hop(const NextHopSpec& spec) {
  finish_pass();
  auto shape = check_next_hop_spec(spec);
  if (!shape) return tl::unexpected(shape.error());
  if (spec.id == 0) return refused("Error: Replace requires nexthop id.");
  const auto at = objects_.find(spec.id);
  if (at == objects_.end()) return make_object(std::move(*shape), spec);
  Object& object = at->second;
  if (const auto good = check_users(object.shape, *shape); !good) return good;
  if (const auto good = check_kind(object, *shape, spec); !good) return good;
  object.shape = std::move(*shape);
  if (ResilientTable* table = object.resilient.get()) {
    table->set_timers(spec.idle_timer_s ? in_ms(*spec.idle_timer_s) : table->idle_timer_ms(),
                      spec.unbalanced_timer_s ? in_ms(*spec.unbalanced_timer_s) : table->unbalanced_timer_ms());
    table->change(object.shape.group, now_ms_);
  }
  follow_object(spec.id);
  return {};
}

// Routes by it, and by the groups that it is in, have to do with what it becomes.
Result<> RouteControl::check_users(const NextHop& old, const NextHop& next) const {
  const auto in = [&](uint32_t id) { return id == old.id || lists(objects_.at(id).shape, old.id); };
  for (const auto& [id, object] : objects_)
    if (next.blackhole && lists(object.shape, old.id) && object.shape.group.size() > 1)
      return refused("Error: Blackhole nexthop can not be a member of a group with more than one path.");
  for (const auto& [number, group] : groups_) {
    const Path& path = paths_.at(number);
    if (path.nexthop_id == 0 || !in(path.nexthop_id)) continue;
    if (const auto good = fits_scope(next, path.scope); !good) return good;
  }
  return {};
}

Result<> RouteControl::check_kind(const Object& old, const NextHop& next, const NextHopSpec& spec) {
  if (old.shape.group.empty())
    return next.group.empty() ? Result<>() : refused("Error: Can not replace a nexthop with a nexthop group.");
  if (next.group.empty()) return refused("Error: Can not replace a nexthop group with a nexthop.");
  if (next.resilient != old.shape.resilient)
    return refused("Error: Can not replace a nexthop group with one of a different type.");
  if (next.resilient && spec.buckets && *spec.buckets != old.resilient->size())
    return refused("Error: Can not change number of buckets of a resilient nexthop group.");
  return {};
}

Result<> RouteControl::remove_next_hop(uint32_t id) {
  finish_pass();
  if (id == 0) return refused("Error: Invalid nexthop id.");
  if (!next_hop(id)) return refused("RTNETLINK answers: No such file or directory");
  remove_objects({id});
  settle();
  return {};
}

// Their routes go with them. A group goes on without a member; the last ones take it along.
void RouteControl::remove_objects(std::set<uint32_t> gone) {
  std::vector<uint32_t> smaller;
  for (auto& [id, object] : objects_) {
    std::set<uint32_t> leaving;
    for (const NextHopMember& m : object.shape.group)
      if (gone.contains(m.id)) leaving.insert(m.id);
    if (leaving.empty()) continue;
    if (leaving.size() == object.shape.group.size()) {
      gone.insert(id);
      continue;
    }
    for (const uint32_t member : leaving) leave_group(object, member);
    smaller.push_back(id);
  }
  for (const uint32_t id : smaller) follow_object(id);
  purge([&](const Path& path) { return path.nexthop_id != 0 && gone.contains(path.nexthop_id); });
  for (const uint32_t id : gone) {
    if (objects_.at(id).resilient) --resilient_;
    objects_.erase(id);
  }
}

// One after the other, as in Linux: who gets which bucket depends on it.
void RouteControl::leave_group(Object& group, uint32_t member) const {
  std::erase_if(group.shape.group, [member](const NextHopMember& m) { return m.id == member; });
  if (group.resilient) group.resilient->change(group.shape.group, now_ms_);
}

// One publication for each path that leads there, however many routes share it.
void RouteControl::follow_object(uint32_t id) {
  std::vector<uint32_t> numbers;
  for (const auto& [number, group] : groups_) {
    const uint32_t by = paths_.at(number).nexthop_id;
    if (const NextHop* object = next_hop(by); object && (by == id || lists(*object, id))) numbers.push_back(number);
  }
  for (const uint32_t number : numbers) static_cast<void>(regroup(number));
}

// nexthop_flush_dev: an interface that is down, or without carrier, has no next hops; a blackhole needs none.
void RouteControl::flush_objects(InterfaceId id) {
  std::set<uint32_t> gone;
  for (const auto& [number, object] : objects_)
    if (object.shape.group.empty() && !object.shape.blackhole && object.shape.out == id) gone.insert(number);
  if (!gone.empty()) remove_objects(std::move(gone));
}

std::vector<Leg> RouteControl::legs_of(uint32_t id) const {
  const NextHop* object = next_hop(id);
  if (!object) return {};
  std::vector<Leg> legs;
  const auto add = [&](const NextHop& one, uint16_t weight) {
    legs.push_back({.out = one.out,
                    .gateway = one.gateway,
                    .next_hop_scope = one.scope,
                    .weight = weight,
                    .onlink = one.onlink,
                    .blackhole = one.blackhole});
  };
  if (object->group.empty()) add(*object, 1);
  for (const NextHopMember& m : object->group) add(*next_hop(m.id), m.weight);
  return legs;
}

std::shared_ptr<const Buckets> RouteControl::buckets_of(uint32_t id) const {
  const auto at = objects_.find(id);
  return at != objects_.end() && at->second.resilient ? at->second.resilient->published() : nullptr;
}

}  // namespace flyover::route
