// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <algorithm>

#include "control/show.hpp"

namespace flyover::control {
namespace {

using route::Rule;
using route::RuleAction;

void add_addresses(Json& row, const Rule& rule) {
  row["src"] = rule.from_length ? rule.from.to_string() : "all";
  if (rule.from_length && rule.from_length != 32) row["srclen"] = rule.from_length;
  if (rule.to_length == 0) return;
  row["dst"] = rule.to.to_string();
  if (rule.to_length != 32) row["dstlen"] = rule.to_length;
}

void add_mark(Json& row, const Rule& rule) {
  if (!rule.mark && !rule.mark_mask) return;
  const auto hex = [](uint32_t number) { return number ? fmt::format("{:#x}", number) : "0"; };
  row["fwmark"] = hex(rule.mark);
  if (rule.mark_mask != 0xffffffff) row["fwmask"] = hex(rule.mark_mask);
}

void add_interface(Json& row, Router& router, const std::string& key, const std::string& name) {
  if (name.empty()) return;
  row[key] = name;
  if (router.interfaces().find(name) == kNoInterface) row[key + "_detached"] = nullptr;
}

void add_ports(Json& row, const std::string& key, const route::PortRange& ports) {
  if (!ports.is_set()) return;
  if (ports.first == ports.last) {
    row[key] = ports.first;
  } else {
    row[key + "_start"] = ports.first, row[key + "_end"] = ports.last;
  }
}

void add_action(Json& row, Router& router, const Rule& rule) {
  if (rule.table.value() != 0) {
    row["table"] = table_name(rule.table.value());
    if (rule.suppress_length >= 0) row["suppress_prefixlen"] = rule.suppress_length;
  }
  switch (rule.action) {
    case RuleAction::Goto: {
      const auto& rules = router.routes().rules();
      row["goto"] = rule.target;
      if (std::none_of(rules.begin(), rules.end(), [&](const Rule& r) { return r.priority == rule.target; }))
        row["unresolved"] = nullptr;
      break;
    }
    case RuleAction::Nop: row["nop"] = nullptr; break;
    case RuleAction::Blackhole: row["action"] = "blackhole"; break;
    case RuleAction::Unreachable: row["action"] = "unreachable"; break;
    case RuleAction::Prohibit: row["action"] = "prohibit"; break;
    case RuleAction::Lookup:
    case RuleAction::Unspecified: break;
  }
}

}  // namespace

Json rule_row(Router& router, const Rule& rule, const Style& style) {
  Json row{{"priority", rule.priority}};
  if (rule.inverted) row["not"] = nullptr;
  add_addresses(row, rule);
  if (rule.tos) row["tos"] = tos_name(rule.tos);
  add_mark(row, rule);
  add_interface(row, router, "iif", rule.iif);
  add_interface(row, router, "oif", rule.oif);
  if (rule.protocol) row["ipproto"] = ip_protocol_name(rule.protocol);
  add_ports(row, "sport", rule.source_ports);
  add_ports(row, "dport", rule.destination_ports);
  add_action(row, router, rule);
  const bool usual = rule.origin == route::Protocol::Kernel || rule.origin == route::Protocol::Unspecified;
  if (!usual || style.details) row["protocol"] = protocol_name(static_cast<uint8_t>(rule.origin));
  return row;
}

}  // namespace flyover::control
