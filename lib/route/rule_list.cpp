// SPDX-License-Identifier: BSD-3-Clause
#include "route/rule_list.hpp"

#include <algorithm>

namespace flyover::route {
namespace {

constexpr uint8_t kEcnBits = 3, kTosBits = 0x1e;

// fib4_rule_compare: addresses and the type of service that a specification does not name fit any.
bool same_header(const Rule& rule, const Rule& asked) {
  if (asked.from_length != 0 && (rule.from_length != asked.from_length || rule.from != asked.from)) return false;
  if (asked.to_length != 0 && (rule.to_length != asked.to_length || rule.to != asked.to)) return false;
  return asked.tos == 0 || rule.tos == asked.tos;
}

// rule_exists. Whether it is inverted, and where it jumps to, does not make another rule of it.
bool same_rule(const Rule& a, const Rule& b) {
  return a.action == b.action && a.table == b.table && a.priority == b.priority && a.iif == b.iif && a.oif == b.oif &&
         a.mark == b.mark && a.mark_mask == b.mark_mask && a.suppress_length == b.suppress_length &&
         a.protocol == b.protocol && a.origin == b.origin && a.source_ports == b.source_ports &&
         a.destination_ports == b.destination_ports && same_header(a, b);
}

// rule_find
bool fits(const Rule& rule, const RuleSpec& spec) {
  const Rule& asked = spec.rule;
  return (asked.action == RuleAction::Unspecified || rule.action == asked.action) &&
         (asked.table.value() == 0 || rule.table == asked.table) &&
         (!spec.priority || rule.priority == *spec.priority) && (asked.iif.empty() || rule.iif == asked.iif) &&
         (asked.oif.empty() || rule.oif == asked.oif) && (asked.mark == 0 || rule.mark == asked.mark) &&
         (asked.suppress_length == -1 || rule.suppress_length == asked.suppress_length) &&
         (asked.mark_mask == 0 || rule.mark_mask == asked.mark_mask) &&
         (asked.protocol == 0 || rule.protocol == asked.protocol) &&
         (asked.origin == Protocol::Unspecified || rule.origin == asked.origin) &&
         (!asked.source_ports.is_set() || rule.source_ports == asked.source_ports) &&
         (!asked.destination_ports.is_set() || rule.destination_ports == asked.destination_ports) &&
         same_header(rule, asked);
}

// fib_nl2rule, fib4_rule_configure
Result<> check_words(const Rule& asked) {
  const auto odd = [](const PortRange& r) {  // fib_rule_port_range_valid
    return r.last != 0 && (r.first == 0 || r.last == 0xffff || r.first > r.last);
  };
  if (odd(asked.source_ports)) return refused("Error: Invalid sport range.");
  if (odd(asked.destination_ports)) return refused("Error: Invalid dport range.");
  if (asked.tos & kEcnBits) return refused("Error: Invalid dsfield (tos): ECN bits must be 0.");
  if (asked.tos & ~kTosBits) return refused("Error: Invalid tos.");
  return {};
}

}  // namespace

RuleList::RuleList() {
  const auto add = [this](uint32_t priority, TableId table) {
    rules_.push_back({.priority = priority, .table = table, .origin = Protocol::Kernel});
  };
  add(0, kTableLocal), add(32766, kTableMain), add(32767, kTableDefault);
}

size_t RuleList::target_of(const Rule& rule) const {
  const auto at = std::lower_bound(rules_.begin(), rules_.end(), rule.target,
                                   [](const Rule& r, uint32_t priority) { return r.priority < priority; });
  const bool there = at != rules_.end() && at->priority == rule.target;
  return there ? static_cast<size_t>(at - rules_.begin()) : rules_.size();
}

// fib_default_rule_pref: one less than that of the second rule, if there is room.
uint32_t RuleList::free_priority() const {
  return rules_.size() > 1 && rules_[1].priority != 0 ? rules_[1].priority - 1 : 0;
}

Result<Rule> RuleList::check(const RuleSpec& spec) const {
  if (const auto words = check_words(spec.rule); !words) return tl::unexpected(words.error());
  Rule rule = spec.rule;
  if (rule.action == RuleAction::Unspecified) rule.action = RuleAction::Lookup;
  rule.priority = spec.priority.value_or(free_priority());
  if (rule.action == RuleAction::Goto && rule.target <= rule.priority)
    return refused("Error: Backward goto not supported.");
  if (std::any_of(rules_.begin(), rules_.end(), [&](const Rule& r) { return same_rule(r, rule); }))
    return refused("RTNETLINK answers: File exists");
  return rule;
}

void RuleList::insert(const Rule& rule) {
  const auto behind =
      std::find_if(rules_.begin(), rules_.end(), [&](const Rule& r) { return r.priority > rule.priority; });
  rules_.insert(behind, rule);
}

Result<> RuleList::remove(const RuleSpec& spec) {
  if (const auto words = check_words(spec.rule); !words) return words;
  if (spec.rule.action == RuleAction::Goto && spec.rule.target <= spec.priority.value_or(free_priority()))
    return refused("Error: Backward goto not supported.");
  const auto at = std::find_if(rules_.begin(), rules_.end(), [&](const Rule& r) { return fits(r, spec); });
  if (at == rules_.end()) return refused("RTNETLINK answers: No such file or directory");
  rules_.erase(at);
  return {};
}

size_t RuleList::flush(const std::function<bool(const Rule&)>& doomed) {
  return std::erase_if(rules_, [&](const Rule& r) { return r.priority != 0 && doomed(r); });
}

}  // namespace flyover::route
