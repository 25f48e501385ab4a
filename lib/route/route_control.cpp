// SPDX-License-Identifier: BSD-3-Clause
#include "route/route_control.hpp"

#include <algorithm>

namespace flyover::route {
namespace {

tl::unexpected<Error> file_exists() { return refused("RTNETLINK answers: File exists"); }

bool fits(const RouteSpec& spec, const RouteSet::Entry& entry, const Path& path) {
  return (!spec.type || *spec.type == path.type) && (!spec.scope || *spec.scope == path.scope) &&
         (!spec.protocol || *spec.protocol == path.protocol) && (spec.source.is_any() || spec.source == path.source) &&
         (spec.metric == 0 || spec.metric == entry.metric) && (spec.out == kNoInterface || spec.out == path.out) &&
         (spec.gateway.is_any() || spec.gateway == path.gateway) && (spec.mtu == 0 || spec.mtu == path.mtu);
}

}  // namespace

RouteControl::RouteControl(Reclaimer& reclaimer, PinNeighbour pin, UnpinNeighbour unpin)
    : reclaimer_(reclaimer),
      paths_(reclaimer, std::move(pin), std::move(unpin)),
      main_(&make_table(kTableMain)),
      local_(&make_table(kTableLocal)),
      merged_(reclaimer, {&local_->routes, &main_->routes}),
      readers_(&merged_.plain(), paths_.slab()) {}

Result<> RouteControl::add(const RouteSpec& spec) { return insert(spec, Mode::Add); }
Result<> RouteControl::append(const RouteSpec& spec) { return insert(spec, Mode::Append); }
Result<> RouteControl::prepend(const RouteSpec& spec) { return insert(spec, Mode::Prepend); }
Result<> RouteControl::replace(const RouteSpec& spec) { return insert(spec, Mode::Replace); }
Result<> RouteControl::change(const RouteSpec& spec) { return insert(spec, Mode::Change); }

Result<> RouteControl::insert(const RouteSpec& spec, Mode mode) {
  const auto path = check(spec);
  if (!path) return tl::unexpected(path.error());
  const Link* link = known_link(path->out);
  const uint32_t number = paths_.acquire(*path, link ? link->state.mtu : 0);
  if (number == 0) return refused("RTNETLINK answers: Cannot allocate memory");
  auto done = place(make_table(path->table), spec, mode, number);
  if (!done) paths_.release(number);
  const bool custom = done && spec.protocol != Protocol::Kernel;
  had_custom_local_ |= custom && spec.type == RouteType::Local;
  had_custom_broadcast_ |= custom && spec.type == RouteType::Broadcast;
  if (done && !local_throws_ && spec.type == RouteType::Throw && path->table == kTableLocal) {
    local_throws_ = true;
    if (custom_rules_) publish_rules();
  }
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
    paths_.release(old);  // not before packets have stopped to find it
    return {};
  }
  if (same != 0) return file_exists();
  const RouteSet::Index after = mode == Mode::Append ? last : before;
  const auto no_memory = [] { return refused("RTNETLINK answers: Cannot allocate memory"); };
  if (!routes.insert(prefix, after, spec.tos, spec.metric, path)) return no_memory();
  if (publish(table, prefix)) return {};
  routes.erase(after == 0 ? routes.find(prefix) : routes.at(after).next);
  publish(table, prefix);
  return no_memory();
}

Result<> RouteControl::remove(const RouteSpec& spec) {
  if (spec.has_host_bits()) return refused("Error: Invalid prefix for given prefix length.");
  Table* table = find_table(table_of(spec));
  if (!table) return refused("Error: FIB table does not exist.");
  for (auto i = table->routes.find(spec.prefix()); i != 0; i = table->routes.at(i).next) {
    const RouteSet::Entry& entry = table->routes.at(i);
    if (entry.tos != spec.tos || !fits(spec, entry, paths_.at(entry.path))) continue;
    erase(*table, i);
    return {};
  }
  return refused("RTNETLINK answers: No such process");
}

void RouteControl::erase(Table& table, RouteSet::Index i) {
  const Ipv4Prefix prefix = table.routes.at(i).prefix();
  const uint32_t path = table.routes.at(i).path;
  table.routes.erase(i);
  publish(table, prefix);
  paths_.release(path);
}

TableId RouteControl::table_of(const RouteSpec& spec) {
  if (spec.table.value() != 0) return spec.table;
  return spec.type == RouteType::Local || spec.type == RouteType::Broadcast ? kTableLocal : kTableMain;
}

RouteControl::Table* RouteControl::find_table(TableId id) const {
  for (const auto& table : tables_)
    if (table->id == id) return table.get();
  return nullptr;
}

// Linux keeps its tables in 256 lists by the low byte of their number, the youngest first.
RouteControl::Table& RouteControl::make_table(TableId id) {
  if (Table* table = find_table(id)) return *table;
  const auto at = std::find_if(tables_.begin(), tables_.end(),
                               [&](const auto& t) { return (t->id.value() & 255) >= (id.value() & 255); });
  return **tables_.insert(at, std::make_unique<Table>(Table{id, {}, {}, longest_suppressed(id)}));
}

// Tells the packets; false when a Fib has no room.
bool RouteControl::publish(Table& table, const Ipv4Prefix& prefix) {
  bool done = true;
  if (&table == main_ || &table == local_) {
    done = merged_.update(prefix);
  } else if (!table.fibs) {
    table.fibs = std::make_unique<TableFibs>(reclaimer_, std::vector<const RouteSet*>{&table.routes});
    if (readers_.rules()) publish_rules();
  }
  if (table.fibs) done = table.fibs->update(prefix) && done;
  if (table.id == kTableDefault) readers_.set_default(table.routes.size() ? &table.fibs->plain() : nullptr);
  if (!custom_rules_ && reads_tos() != reads_tos_) publish_rules();
  return done;
}

Route RouteControl::described(const Path& path, const Ipv4Prefix& prefix) const {
  const Link* link = known_link(path.out);
  return {.table = path.table,
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
          .linkdown = link && !link->state.running && path.next_hop_scope != Scope::Nowhere};
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
      for (auto i = first; i != 0; i = table->routes.at(i).next) more = visitor(shown(*table, i)) && more;
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
    if (!visitor(shown(*table, i))) return;
}

std::optional<Route> RouteControl::lookup(const Flow& flow) const {
  const Ipv4Prefix host(flow.to, 32);
  if (flow.out != kNoInterface) {
    const Path* way = find_way(flow, Scope::Universe);
    return way ? std::optional(described(*way, host)) : std::nullopt;
  }
  const Dst& dst = readers_.lookup(flow);
  if (const DstId id = readers_.id_of(dst); id != kNoDst) return described(paths_.at(id.value()), host);
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
