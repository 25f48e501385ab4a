// SPDX-License-Identifier: BSD-3-Clause
// The policy rules as packets see them: names made into interfaces, tables into Fibs (fib_rules, fib4_rule_configure, fib_unmerge).
#include <algorithm>

#include "route/route_control.hpp"

namespace flyover::route {

Result<> RouteControl::add_rule(const RuleSpec& spec) {
  finish_pass();
  auto rule = rules_.check(spec);
  if (!rule) return tl::unexpected(rule.error());
  if (rule->action == RuleAction::Lookup && rule->table.value() == 0) {
    if (!make_room(rule->table)) return refused("RTNETLINK answers: No buffer space available");
    rule->table = free_table();
  }
  if (Table* table = find_table(rule->table); table && rule->suppress_length >= 0)
    if (const auto done = measure(*table, rule->suppress_length); !done) return done;
  rules_.insert(*rule);
  custom_rules_ = true;
  rules_stale_ = true;
  settle();
  return {};
}

Result<> RouteControl::remove_rule(const RuleSpec& spec) {
  if (const auto done = rules_.remove(spec); !done) return done;
  custom_rules_ = true;
  rules_stale_ = true;
  settle();
  return {};
}

void RouteControl::flush_rules(const std::function<bool(const Rule&)>& doomed) {
  if (rules_.flush(doomed) == 0) return;
  custom_rules_ = true;
  rules_stale_ = true;
  settle();
}

bool RouteControl::local_is_first() const {
  const auto& rules = rules_.rules();
  return !rules.empty() && rules[0].is_unconditional() && rules[0].table == kTableLocal &&
         rules[0].action == RuleAction::Lookup && rules[0].suppress_length < 0;
}

bool RouteControl::own_elsewhere() const {
  if (!custom_rules_) return false;
  // Whole subnets are the router's own on lo.
  const auto has_own_subnet = [](const Link& link) {
    return link.known && link.state.loopback &&
           std::any_of(link.addresses.begin(), link.addresses.end(),
                       [](const AddressFacts& a) { return a.length < 32 && !a.local.is_loopback(); });
  };
  return !local_is_first() || had_custom_broadcast_ || std::any_of(links_.begin(), links_.end(), has_own_subnet);
}

bool RouteControl::reads_tos() const {
  const Table* last = find_table(kTableDefault);
  return merged_.by_tos() || (last && last->fibs && last->fibs->by_tos());
}

// One publication, whatever has changed. Not before the Fibs that they need are ready.
void RouteControl::publish_rules() {
  const bool tos = reads_tos(), needed = custom_rules_ || tos;
  const auto sources = needed ? compiled() : std::vector<RuleTable::Source>();
  if (filling_) return;
  rules_stale_ = false;
  reads_tos_ = tos;
  nested_ = custom_rules_ && main_lies_inside_local();
  readers_.publish(needed ? std::make_unique<const RuleTable>(sources, special_rules(sources)) : nullptr, reclaimer_);
  readers_.set_local(custom_rules_ ? local_->fibs.get() : nullptr);
}

bool RouteControl::is_named(TableId table) const {
  const auto names = [table](const Rule& r) { return r.action == RuleAction::Lookup && r.table == table; };
  return custom_rules_ ? std::any_of(rules_.rules().begin(), rules_.rules().end(), names)
                       : reads_tos_ && table == kTableDefault;
}

std::vector<RuleTable::Source> RouteControl::compiled() {
  std::vector<RuleTable::Source> sources;
  const auto lookup = [](TableId table, const TableFibs* routes, int suppress) {
    return RuleTable::Row{.action = RuleAction::Lookup,
                          .suppress_length = static_cast<int16_t>(std::min(suppress, 32)),
                          .target = 0,
                          .table = table,
                          .routes = routes};
  };
  if (!custom_rules_) {
    const Table* last = find_table(kTableDefault);
    sources.push_back({lookup(kTableMain, &merged_, -1), nullptr, {}, {}});
    sources.push_back({lookup(kTableDefault, last ? last->fibs.get() : nullptr, -1), nullptr, {}, {}});
    return sources;
  }
  if (!local_->fibs) make_fibs(*local_);
  bool after_local = false, jumped = false;
  for (const Rule& rule : rules_.rules()) {
    RuleTable::Row row = lookup(rule.table, nullptr, rule.suppress_length);
    row.action = rule.action;
    row.target = static_cast<uint32_t>(rules_.target_of(rule));
    if (rule.action == RuleAction::Lookup) row.routes = fibs_for(rule, after_local);
    sources.push_back({row, &rule, interface_named(rule.iif), interface_named(rule.oif)});
    jumped |= rule.action == RuleAction::Goto;
    after_local |= !jumped && rule.is_unconditional() && rule.action == RuleAction::Lookup &&
                   rule.table == kTableLocal && rule.suppress_length < 0;
  }
  return sources;
}

// The rules between that of local, in front, and that of main; none if what these two say is not what they say as one.
std::optional<size_t> RouteControl::special_rules(const std::vector<RuleTable::Source>& sources) const {
  if (!custom_rules_ || nested_ || !local_is_first() || merged_.by_tos()) return std::nullopt;
  const auto main = std::find_if(sources.begin(), sources.end(), [&](const RuleTable::Source& s) {
    return s.row.action == RuleAction::Lookup && s.row.routes == &merged_ && s.rule->is_unconditional() &&
           s.row.suppress_length < 0;
  });
  if (main == sources.end()) return std::nullopt;
  return static_cast<size_t>(main - sources.begin()) - 1;
}

bool RouteControl::main_lies_inside_local() const {
  bool inside = false;
  local_->routes.walk({}, [&](RouteSet::Index i) {
    const Ipv4Prefix own = local_->routes.at(i).prefix();
    if (own.length() < 32) inside = main_has_longer(own);
    return !inside;
  });
  return inside;
}

// Whether local says something of the addresses of a main route that is less exact, or a local prefix has main routes inside.
bool RouteControl::nests(const Table& table, const Ipv4Prefix& prefix) const {
  if (&table == local_) return prefix.length() < 32 && main_has_longer(prefix);
  return prefix.length() != 0 &&
         local_->routes.longest(prefix.network(), static_cast<uint8_t>(prefix.length() - 1)) != 0;
}

bool RouteControl::main_has_longer(const Ipv4Prefix& prefix) const {
  bool found = false;
  const uint32_t last = prefix.network().host() | ~prefix.mask();
  const auto look = [&](RouteSet::Index i) {
    const Ipv4Prefix p = main_->routes.at(i).prefix();
    found = p.length() > prefix.length() && prefix.contains(p);
    return !found && p.network().host() <= last;
  };
  const uint32_t first = prefix.network().host();
  main_->routes.walk(first == 0 ? std::nullopt : std::optional(Ipv4Prefix(Ipv4Address(first - 1), 32)), look);
  return found;
}

// Where every packet has been to local before, what it finds in local and main as one is main's: a Fib of main alone is saved.
TableFibs* RouteControl::fibs_for(const Rule& rule, bool after_local) {
  Table* table = find_table(rule.table);
  if (!table) return nullptr;
  if (table == main_ && after_local && !local_throws_) return &merged_;
  if (table == main_ && !table->fibs) make_fibs(*table);
  return table->fibs.get();
}

InterfaceId RouteControl::interface_named(const std::string& name) const {
  if (name.empty()) return kNoInterface;
  const auto at =
      std::find_if(links_.begin(), links_.end(), [&](const Link& l) { return l.known && l.state.name == name; });
  return at == links_.end() ? kNoInterface : at->state.id;
}

// fib_empty_table
TableId RouteControl::free_table() {
  uint32_t number = 1;
  while (find_table(TableId(number))) ++number;
  return make_table(TableId(number)).id;
}

int RouteControl::longest_suppressed(TableId table) const {
  int longest = -1;
  for (const Rule& rule : rules_.rules())
    if (rule.action == RuleAction::Lookup && rule.table == table)
      longest = std::max<int>(longest, rule.suppress_length);
  return longest;
}

// Gives the routes of short prefixes paths of their own, which know their length. Packets find the same in both.
Result<> RouteControl::measure(Table& table, int most) {
  if (most <= table.measured) return {};
  if (paths_.size() * static_cast<size_t>(most + 2) > PathTable::kMaxPaths)
    return refused("RTNETLINK answers: Cannot allocate memory");
  table.measured = most;
  begin_pass();
  return {};
}

}  // namespace flyover::route
