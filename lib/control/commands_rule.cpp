// SPDX-License-Identifier: BSD-3-Clause
#include "control/commands.hpp"

namespace flyover::control {
namespace {

using route::PortRange;
using route::Rule;
using route::RuleAction;
using route::RuleSpec;

RuleAction action_of(std::string_view word) {
  if (word == "unreachable") return RuleAction::Unreachable;
  if (word == "prohibit") return RuleAction::Prohibit;
  if (word == "blackhole") return RuleAction::Blackhole;
  if (word == "nop") return RuleAction::Nop;
  return RuleAction::Lookup;
}

PortRange ports_at(const Parsed& p, std::string_view keyword) {
  const auto written = p.get<WrittenPorts>(keyword);
  return written ? PortRange{written->first, written->last} : PortRange{};
}

template <class Number>
Number number_at(const Parsed& p, std::string_view keyword, Number otherwise) {
  const auto value = p.get<uint64_t>(keyword);
  return value ? static_cast<Number>(*value) : otherwise;
}

// What `rule add` and `rule del` say.
Result<RuleSpec> rule_spec(const Parsed& p) {
  RuleSpec spec;
  Rule& r = spec.rule;
  r.inverted = p.has("not");
  if (const auto from = p.get<WrittenPrefix>("from")) r.from = from->address, r.from_length = from->length;
  if (const auto to = p.get<WrittenPrefix>("to")) r.to = to->address, r.to_length = to->length;
  r.iif = p.text("iif"), r.oif = p.text("oif");
  if (const auto mark = p.get<WrittenMark>("fwmark"))
    r.mark = mark->mark, r.mark_mask = mark->mask.value_or(mark->mark ? 0xffffffff : 0);
  r.tos = number_at<uint8_t>(p, "tos", 0);
  r.protocol = number_at<uint8_t>(p, "ipproto", 0);
  r.source_ports = ports_at(p, "sport"), r.destination_ports = ports_at(p, "dport");
  for (const char* word : {"sport", "dport"})
    if (const auto ports = p.get<WrittenPorts>(word); ports && ports->first == 0)  // to the kernel, no port at all
      return refused(std::string("Error: Invalid ") + word + " range.");
  r.table = TableId(number_at<uint32_t>(p, "table", 0));
  r.suppress_length = number_at<int32_t>(p, "suppress_prefixlength", -1);
  if (p.has("type")) r.action = action_of(p.text("type"));
  if (p.has("goto")) r.action = RuleAction::Goto, r.target = number_at<uint32_t>(p, "goto", 0);
  r.origin = number_at(p, "protocol", route::Protocol::Unspecified);
  if (p.has("priority")) spec.priority = number_at<uint32_t>(p, "priority", 0);
  return spec;
}

bool says_nothing(const Parsed& p) {
  for (const Keyword& keyword : p.command->keywords)
    if (p.has(keyword.word)) return false;
  return true;
}

// What `rule show` and `rule flush` pick. Addresses: those of rules that lie inside.
class Filter {
 public:
  explicit Filter(const Parsed& p) : p_(p) {}
  bool takes(const Rule& r) const {
    return (!p_.has("not") || r.inverted) && inside("from", r.from, r.from_length) && inside("to", r.to, r.to_length) &&
           fits("tos", r.tos) && fits("ipproto", r.protocol) && fits("priority", r.priority) && of_table(r) &&
           fits("protocol", static_cast<uint64_t>(r.origin)) && named("iif", r.iif) && named("oif", r.oif) &&
           marked(r) && ports("sport", r.source_ports) && ports("dport", r.destination_ports);
  }

 private:
  bool fits(std::string_view keyword, uint64_t value) const {
    return p_.get<uint64_t>(keyword).value_or(value) == value;
  }
  bool named(std::string_view keyword, const std::string& name) const {
    return !p_.has(keyword) || p_.text(keyword) == name;
  }
  bool of_table(const Rule& r) const {
    const auto table = p_.get<uint64_t>("table");
    return !table || *table == 0 || *table == r.table.value();
  }
  bool inside(std::string_view keyword, Ipv4Address a, uint8_t length) const {
    const auto written = p_.get<WrittenPrefix>(keyword);
    return !written || written->length == 0 || (length != 0 && written->prefix().contains(a));
  }
  bool marked(const Rule& r) const {
    const auto written = p_.get<WrittenMark>("fwmark");
    return !written || (written->mark == r.mark && written->mask.value_or(r.mark_mask) == r.mark_mask);
  }
  bool ports(std::string_view keyword, const PortRange& range) const {
    return !p_.has(keyword) || ports_at(p_, keyword) == range;
  }
  const Parsed& p_;
};

}  // namespace

Result<> Commands::add_rule(const Parsed& p) {
  if (says_nothing(p)) return wrong_usage("\"flyover rule add\" requires arguments.");
  auto spec = rule_spec(p);
  if (!spec) return tl::unexpected(spec.error());
  if (!p.has("table") && (spec->rule.action == RuleAction::Unspecified || spec->rule.action == RuleAction::Lookup))
    spec->rule.table = route::kTableMain;
  return router_.routes().add_rule(*spec);
}

Result<> Commands::delete_rule(const Parsed& p) {
  if (says_nothing(p)) return wrong_usage("\"flyover rule del\" requires arguments.");
  const auto spec = rule_spec(p);
  if (!spec) return tl::unexpected(spec.error());
  return router_.routes().remove_rule(*spec);
}

Result<> Commands::flush_rules(const Parsed& p) {
  const Filter filter(p);
  router_.routes().flush_rules([&](const Rule& r) { return filter.takes(r); });
  return {};
}

Reply Commands::show_rules(const Parsed& p, const Style& style) {
  const Filter filter(p);
  std::vector<Json> rows;
  for (const Rule& rule : router_.routes().rules())
    if (filter.takes(rule)) rows.push_back(rule_row(router_, rule, style));
  return rows_reply(style, print_rule, std::move(rows));
}

}  // namespace flyover::control
