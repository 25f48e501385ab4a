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
      main_fib_(reclaimer),
      readers_(&main_fib_, paths_.slab()),
      main_(&make_table(kTableMain)),
      local_(&make_table(kTableLocal)) {}

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
  had_custom_local_ |= done && spec.type == RouteType::Local && spec.protocol != Protocol::Kernel;
  return done;
}

// Finds the path's place among the routes of its prefix; from there on it is the table's.
Result<> RouteControl::place(Table& table, const RouteSpec& spec, Mode mode, uint32_t path) {
  const Ipv4Prefix prefix = spec.prefix();
  RouteSet& routes = table.routes;
  RouteSet::Index before = 0, first = routes.find(prefix);
  for (; first != 0 && routes.at(first).metric < spec.metric; first = routes.at(first).next) before = first;
  RouteSet::Index last = before, same = 0;
  for (auto i = first; i != 0 && routes.at(i).metric == spec.metric; i = routes.at(i).next) {
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
    publish(table.id, prefix);
    paths_.release(old);  // not before packets have stopped to find it
    return {};
  }
  if (same != 0) return file_exists();
  const RouteSet::Index after = mode == Mode::Append ? last : before;
  if (!routes.insert(prefix, after, spec.metric, path)) return refused("RTNETLINK answers: Cannot allocate memory");
  if (after == 0 && !publish(table.id, prefix)) {
    routes.erase(routes.find(prefix));
    return refused("RTNETLINK answers: Cannot allocate memory");
  }
  return {};
}

Result<> RouteControl::remove(const RouteSpec& spec) {
  if (spec.has_host_bits()) return refused("Error: Invalid prefix for given prefix length.");
  Table* table = find_table(table_of(spec));
  if (!table) return refused("Error: FIB table does not exist.");
  for (auto i = table->routes.find(spec.prefix()); i != 0; i = table->routes.at(i).next) {
    const RouteSet::Entry& entry = table->routes.at(i);
    if (!fits(spec, entry, paths_.at(entry.path))) continue;
    erase(*table, i);
    return {};
  }
  return refused("RTNETLINK answers: No such process");
}

void RouteControl::erase(Table& table, RouteSet::Index i) {
  const Ipv4Prefix prefix = table.routes.at(i).prefix();
  const uint32_t path = table.routes.at(i).path;
  const bool used = table.routes.find(prefix) == i;
  table.routes.erase(i);
  if (used) publish(table.id, prefix);
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
  return **tables_.insert(at, std::make_unique<Table>(Table{id, {}}));
}

// The path that packets to the prefix take, 0 if none: local's routes come before main's.
uint32_t RouteControl::best(TableId table, const Ipv4Prefix& prefix) const {
  auto first = [&](const Table& t) { return t.routes.at(t.routes.find(prefix)).path; };
  if (table == kTableDefault) return first(*find_table(table));
  const uint32_t own = first(*local_);
  return own ? own : first(*main_);
}

// Tells the packets; false when the Fib has no room. Tables that no lookup reads are not told.
bool RouteControl::publish(TableId id, const Ipv4Prefix& prefix) {
  const bool by_default = id == kTableDefault;
  if (!by_default && id != kTableMain && id != kTableLocal) return true;
  if (by_default && !default_fib_) default_fib_ = std::make_unique<Fib>(reclaimer_);
  Fib& fib = by_default ? *default_fib_ : main_fib_;
  bool done = true;
  if (const uint32_t path = best(id, prefix)) {
    done = fib.set(prefix, path);
  } else {
    const Ipv4Prefix covering = covering_of(id, prefix);
    fib.clear(prefix, covering.length(), covering.length() ? best(id, covering) : 0);
  }
  if (by_default) readers_.set_default(find_table(id)->routes.size() ? &fib : nullptr);
  return done;
}

// The longest prefix that is shorter and covers it; /0 if there is none.
Ipv4Prefix RouteControl::covering_of(TableId id, const Ipv4Prefix& prefix) const {
  Ipv4Prefix longest;
  if (prefix.length() < 2) return longest;
  auto consider = [&](const RouteSet& routes) {
    const auto i = routes.longest(prefix.network(), static_cast<uint8_t>(prefix.length() - 1));
    if (i != 0 && routes.at(i).length > longest.length()) longest = routes.at(i).prefix();
  };
  if (id == kTableDefault) {
    consider(find_table(id)->routes);
  } else {
    consider(local_->routes);
    consider(main_->routes);
  }
  return longest;
}

Route RouteControl::shown(const Table& table, RouteSet::Index i) const {
  const RouteSet::Entry& entry = table.routes.at(i);
  const Path& path = paths_.at(entry.path);
  const Link* link = known_link(path.out);
  return {.table = table.id,
          .prefix = entry.prefix(),
          .type = path.type,
          .scope = path.scope,
          .protocol = path.protocol,
          .gateway = path.gateway,
          .out = path.out,
          .source = path.source,
          .metric = entry.metric,
          .mtu = path.mtu,
          .mtu_locked = path.mtu_locked,
          .onlink = path.onlink,
          .linkdown = link && !link->state.running && path.next_hop_scope != Scope::Nowhere,
          .dst = DstId(entry.path)};
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

std::optional<Route> RouteControl::lookup(Ipv4Address a) const {
  const Table* table = local_;
  auto i = local_->routes.longest(a, 32);
  const auto by_main = main_->routes.longest(a, 32);
  if (by_main != 0 && (i == 0 || main_->routes.at(by_main).length > local_->routes.at(i).length))
    table = main_, i = by_main;
  const bool thrown = i != 0 && paths_.at(table->routes.at(i).path).type == RouteType::Throw;
  const Table* last = find_table(kTableDefault);
  if ((i == 0 || thrown) && last && last->routes.size() != 0) table = last, i = last->routes.longest(a, 32);
  if (i == 0) return std::nullopt;
  return shown(*table, i);
}

size_t RouteControl::size(TableId id) const {
  const Table* table = find_table(id);
  return table ? table->routes.size() : 0;
}

}  // namespace flyover::route
