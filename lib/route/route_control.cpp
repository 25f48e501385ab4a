// SPDX-License-Identifier: BSD-3-Clause
#include "route/route_control.hpp"

#include <algorithm>

namespace flyover::route {
namespace {

tl::unexpected<Error> file_exists() { return refused("RTNETLINK answers: File exists"); }

// fib_nh_match: of several next hops those that are said, in their order; without any, the first.
bool same_ways(const RouteSpec& spec, const Path& path) {
  if (spec.nexthop_id != 0) return spec.nexthop_id == path.nexthop_id;
  const bool said = spec.out != kNoInterface || !spec.gateway.is_any();
  if (path.nexthop_id != 0) return !said && spec.legs.empty();
  const auto fits = [](const LegSpec& said, const auto& leg) {
    return (said.out == kNoInterface || said.out == leg.out) && (said.gateway.is_any() || said.gateway == leg.gateway);
  };
  const LegSpec first{.gateway = spec.gateway, .out = spec.out};
  if (said) return path.legs.empty() ? fits(first, path) : fits(first, path.legs.front());
  if (spec.legs.empty()) return true;
  if (path.legs.empty()) return fits(spec.legs.front(), path);
  return spec.legs.size() >= path.legs.size() &&
         std::equal(path.legs.begin(), path.legs.end(), spec.legs.begin(),
                    [&](const Leg& leg, const LegSpec& s) { return fits(s, leg); });
}

bool fits(const RouteSpec& spec, const RouteSet::Entry& entry, const Path& path) {
  return (!spec.type || *spec.type == path.type) && (!spec.scope || *spec.scope == path.scope) &&
         (!spec.protocol || *spec.protocol == path.protocol) && (spec.source.is_any() || spec.source == path.source) &&
         (spec.metric == 0 || spec.metric == entry.metric) && (spec.mtu == 0 || spec.mtu == path.mtu);
}

}  // namespace

RouteControl::RouteControl(Reclaimer& reclaimer, PinNeighbour pin, UnpinNeighbour unpin)
    : reclaimer_(reclaimer),
      paths_(reclaimer, std::move(pin), std::move(unpin)),
      exceptions_(reclaimer, paths_),
      main_(&make_table(kTableMain)),
      local_(&make_table(kTableLocal)),
      merged_(reclaimer, {&local_->routes, &main_->routes}, [this](uint32_t path) { return usable(path); }),
      readers_(&merged_.plain(), paths_.slab(), &exceptions_.table()) {
  settle();
}

Result<> RouteControl::add(const RouteSpec& spec) { return insert(spec, Mode::Add); }
Result<> RouteControl::append(const RouteSpec& spec) { return insert(spec, Mode::Append); }
Result<> RouteControl::prepend(const RouteSpec& spec) { return insert(spec, Mode::Prepend); }
Result<> RouteControl::replace(const RouteSpec& spec) { return insert(spec, Mode::Replace); }
Result<> RouteControl::change(const RouteSpec& spec) { return insert(spec, Mode::Change); }

Result<> RouteControl::insert(const RouteSpec& spec, Mode mode) {
  finish_pass();
  const auto path = check(spec);
  if (!path) return tl::unexpected(path.error());
  const uint32_t number = take(*path);
  if (number == 0 || !make_room(path->table)) {
    if (number != 0) drop(number);
    return refused("RTNETLINK answers: Cannot allocate memory");
  }
  auto done = place(make_table(path->table), spec, mode, number);
  if (!done) drop(number);
  const bool custom = done && spec.protocol != Protocol::Kernel;
  had_custom_local_ |= custom && spec.type == RouteType::Local;
  had_custom_broadcast_ |= custom && spec.type == RouteType::Broadcast;
  if (done && !local_throws_ && spec.type == RouteType::Throw && path->table == kTableLocal) {
    local_throws_ = true;
    rules_stale_ |= custom_rules_;
  }
  settle();
  return done;
}

// Finds the path's place among the routes of its prefix; from there on it is the table's.
Result<> RouteControl::place(Table& table, const RouteSpec& spec, Mode mode, uint32_t path) {
  const Ipv4Prefix prefix = spec.prefix();
  RouteSet& routes = table.routes;
  const auto comes_before = [&](const RouteSet::Entry& e) {
    return e.tos > spec.tos || (e.tos == spec.tos && e.metric < spec.metric);
  };
  const auto is_alike = [&](const RouteSet::Entry& e) { return e.tos == spec.tos && e.metric == spec.metric; };
  RouteSet::Index before = 0, first = routes.find(prefix);
  for (; first != 0 && comes_before(routes.at(first)); first = routes.at(first).next) before = first;
  RouteSet::Index last = before, same = 0;
  for (auto i = first; i != 0 && is_alike(routes.at(i)); i = routes.at(i).next) {
    if (routes.at(i).path == path) same = i;
    last = i;
  }
  const bool taken = last != before;
  if (!taken && mode == Mode::Change) return refused("RTNETLINK answers: No such file or directory");
  if (taken && mode == Mode::Add) return file_exists();
  if (taken && (mode == Mode::Replace || mode == Mode::Change)) {
    if (same != 0 && same != first) return file_exists();
    const uint32_t old = routes.at(first).path;
    routes.replace(first, path);
    publish(table, prefix);
    drop(old);  // not before packets have stopped to find it
    return {};
  }
  if (same != 0) return file_exists();
  const RouteSet::Index after = mode == Mode::Append ? last : before;
  const auto no_memory = [] { return refused("RTNETLINK answers: Cannot allocate memory"); };
  if (!routes.insert(prefix, after, spec.tos, spec.metric, path)) return no_memory();
  if (custom_rules_ && !nested_ &&
      nests(table, prefix)) {  // before packets find it: local and main are not as good as one any more
    rules_stale_ = true;
    while (!settle()) continue;
  }
  if (publish(table, prefix)) return {};
  routes.erase(after == 0 ? routes.find(prefix) : routes.at(after).next);
  publish(table, prefix);
  return no_memory();
}

void RouteControl::prefetch(TableId id, std::span<const Ipv4Prefix> prefixes) const {
  const Table* table = find_table(id);
  if (!table) return;
  for (const Ipv4Prefix& p : prefixes) table->routes.prefetch(p);
  if (table == main_ || table == local_)
    merged_.prefetch(prefixes);
  else if (table->fibs)
    table->fibs->prefetch(prefixes);
  for (const Ipv4Prefix& p : prefixes) table->routes.prefetch_entries(p);
}

Result<> RouteControl::remove(const RouteSpec& spec) {
  if (spec.nexthop_id != 0) {
    if (!spec.gateway.is_any() || spec.out != kNoInterface || !spec.legs.empty())
      return refused("Error: Nexthop specification and nexthop id are mutually exclusive.");
    if (!next_hop(spec.nexthop_id)) return refused("Error: Nexthop id does not exist.");
  }
  if (spec.has_host_bits()) return refused("Error: Invalid prefix for given prefix length.");
  Table* table = find_table(table_of(spec));
  if (!table) return refused("Error: FIB table does not exist.");
  for (auto i = table->routes.find(spec.prefix()); i != 0; i = table->routes.at(i).next) {
    const RouteSet::Entry& entry = table->routes.at(i);
    const Path& path = paths_.at(entry.path);
    if (is_gone(entry) || entry.tos != spec.tos || !fits(spec, entry, path) || !same_ways(spec, path)) continue;
    erase(*table, i);
    settle();
    return {};
  }
  return refused("RTNETLINK answers: No such process");
}

void RouteControl::erase(Table& table, RouteSet::Index i) {
  const Ipv4Prefix prefix = table.routes.at(i).prefix();
  const uint32_t path = table.routes.at(i).path;
  table.routes.erase(i);
  publish(table, prefix);
  drop(path);
}

TableId RouteControl::table_of(const RouteSpec& spec) {
  if (spec.table.value() != 0) return spec.table;
  return spec.type == RouteType::Local || spec.type == RouteType::Broadcast ? kTableLocal : kTableMain;
}

RouteControl::Table* RouteControl::find_table(TableId id) const {
  const auto found = by_id_.find(id.value());
  return found == by_id_.end() ? nullptr : found->second;
}

// A table stays when its last route goes, as in Linux; but for the last place, those without routes give way.
bool RouteControl::make_room(TableId id) {
  if (tables_.size() < kMaxTables || find_table(id)) return true;
  const auto stays = [&](const auto& t) { return t.get() == main_ || t.get() == local_ || t->routes.size() != 0; };
  const auto empty = std::stable_partition(tables_.begin(), tables_.end(), stays);
  std::vector<std::unique_ptr<Table>> gone(std::make_move_iterator(empty), std::make_move_iterator(tables_.end()));
  tables_.erase(empty, tables_.end());
  for (const auto& table : gone) by_id_.erase(table->id.value());
  rules_stale_ |= readers_.rules() != nullptr;
  while (!settle()) continue;  // packets do not come to them any more
  for (auto& table : gone) reclaimer_.retire(std::unique_ptr<const Table>(std::move(table)));
  return tables_.size() < kMaxTables;
}

// Linux keeps its tables in 256 lists by the low byte of their number, the youngest first.
RouteControl::Table& RouteControl::make_table(TableId id) {
  if (Table* table = find_table(id)) return *table;
  const auto at = std::find_if(tables_.begin(), tables_.end(),
                               [&](const auto& t) { return (t->id.value() & 255) >= (id.value() & 255); });
  Table& made = **tables_.insert(at, std::make_unique<Table>(Table{id, {}, {}, longest_suppressed(id)}));
  by_id_.emplace(id.value(), &made);
  return made;
}

void RouteControl::make_fibs(Table& table) {
  table.fibs = std::make_unique<TableFibs>(reclaimer_, std::vector<const RouteSet*>{&table.routes},
                                           [this](uint32_t path) { return usable(path); });
  filling_ = true;
}

// Tells the packets; false when a Fib has no room.
bool RouteControl::publish(Table& table, const Ipv4Prefix& prefix) {
  ++counts_.prefixes_published;
  bool done = true;
  if (&table == main_ || &table == local_) {
    done = merged_.update(prefix);
    filling_ |= !merged_.ready();
  } else if (!table.fibs) {
    make_fibs(table);
    rules_stale_ |= is_named(table.id);
  }
  if (table.fibs) {
    done = table.fibs->update(prefix) && done;
    filling_ |= !table.fibs->ready();
  }
  if (table.id == kTableDefault) readers_.set_default(table.routes.size() ? &table.fibs->plain() : nullptr);
  rules_stale_ |= reads_tos() != reads_tos_;
  readers_.changed();
  return done;
}

Route RouteControl::described(const Path& path, const Ipv4Prefix& prefix) const {
  Route route{.table = path.table,
              .prefix = prefix,
              .type = path.type,
              .scope = path.scope,
              .protocol = path.protocol,
              .gateway = path.gateway,
              .out = path.out,
              .source = path.source,
              .tos = path.tos,
              .mtu = path.mtu,
              .mtu_locked = path.mtu_locked,
              .onlink = path.onlink,
              .nexthop_id = path.nexthop_id,
              .legs = {}};
  if (path.is_group()) {
    show_legs(route, path);
  } else {
    const Link* link = known_link(path.out);
    route.linkdown = link && !link->state.running && path.next_hop_scope != Scope::Nowhere;
    route.dead = route.linkdown && passes_over(path.out);
  }
  return route;
}

Route RouteControl::shown(const Table& table, RouteSet::Index i) const {
  const RouteSet::Entry& entry = table.routes.at(i);
  Route route = described(paths_.at(entry.path), entry.prefix());
  route.metric = entry.metric;
  route.dst = DstId(entry.path);
  return route;
}

std::optional<RouteControl::Place> RouteControl::visit(std::optional<TableId> only, std::optional<Place> after,
                                                       const Visitor& visitor) const {
  std::optional<Place> stopped;
  for (const auto& table : tables_) {
    if (only && table->id != *only) continue;
    if (after && after->table != table->id) continue;  // not there yet
    table->routes.walk(after ? std::optional(after->prefix) : std::nullopt, [&](RouteSet::Index first) {
      bool more = true;
      for (auto i = first; i != 0; i = table->routes.at(i).next)
        if (!is_gone(table->routes.at(i))) more = visitor(shown(*table, i)) && more;
      if (!more) stopped = Place{table->id, table->routes.at(first).prefix()};
      return more;
    });
    if (stopped) break;
    after.reset();
  }
  return stopped;
}

void RouteControl::visit_prefix(TableId id, const Ipv4Prefix& prefix, const Visitor& visitor) const {
  const Table* table = find_table(id);
  if (!table) return;
  for (auto i = table->routes.find(prefix); i != 0; i = table->routes.at(i).next)
    if (!is_gone(table->routes.at(i)) && !visitor(shown(*table, i))) return;
}

// To where packets go: the path's own next hop, or the first of the group's on this interface, or its only one.
void RouteControl::lead(Route& route, uint32_t number, InterfaceId out) const {
  route.dst = DstId(number);
  route.gateway = paths_.at(number).next_hop();
  const auto group = groups_.find(number);
  if (group == groups_.end()) return;
  const std::vector<GroupLeg>& legs = group->second.legs;
  for (const GroupLeg& leg : legs) {
    if (out == kNoInterface ? legs.size() != 1 : leg.leg.out != out) continue;
    route.gateway = leg.leg.next_hop(), route.out = leg.leg.out, route.dst = DstId(leg.path);
    return;
  }
}

std::optional<Route> RouteControl::lookup(const Flow& flow) const {
  const Ipv4Prefix host(flow.to, 32);
  if (flow.out != kNoInterface) {
    const Path* way = find_way(flow, Scope::Universe);
    if (!way) return std::nullopt;
    Route route = described(*way, host);
    lead(route, paths_.number_of(*way), flow.out);
    route.legs.clear();
    return route;
  }
  const Dst& dst = readers_.match(flow);
  if (const DstId id = readers_.id_of(dst); id != kNoDst) {
    Route route = described(paths_.at(id.value()), host);
    lead(route, id.value(), kNoInterface);
    return route;
  }
  // A rule has said so itself.
  if (dst.action == Action::Prohibit) return Route{.prefix = host, .type = RouteType::Prohibit};
  if (dst.action == Action::Blackhole) return Route{.prefix = host, .type = RouteType::Blackhole};
  return std::nullopt;
}

size_t RouteControl::size(TableId id) const {
  const Table* table = find_table(id);
  return table ? table->routes.size() : 0;
}

}  // namespace flyover::route
