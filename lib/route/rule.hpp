// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : a policy rule in words: which packets, and what becomes of them
// Linux counterpart : fib_rule, fib4_rule; the numbers are rtnetlink's
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "route/route_spec.hpp"

namespace flyover::route {

enum class RuleAction : uint8_t {  // FR_ACT_*
  Unspecified = 0,                 // in a specification: any
  Lookup = 1,
  Goto = 2,
  Nop = 3,
  Blackhole = 6,
  Unreachable = 7,
  Prohibit = 8,
};

struct PortRange {  // first 0: any port
  uint16_t first = 0, last = 0;
  bool is_set() const { return first != 0; }
  bool operator==(const PortRange&) const = default;
};

struct Rule {
  uint32_t priority = 0;
  bool inverted = false;  // not
  Ipv4Address from, to;   // as they were written: bits beyond the length are not compared
  uint8_t from_length = 0, to_length = 0;
  std::string iif, oif;  // empty: any; an interface that is not there matches nothing
  uint32_t mark = 0, mark_mask = 0;
  uint8_t tos = 0;
  uint8_t protocol = 0;  // IP protocol; 0: any
  PortRange source_ports, destination_ports;
  RuleAction action = RuleAction::Lookup;
  TableId table;
  uint32_t target = 0;                      // Goto: a rule's priority
  int32_t suppress_length = -1;             // answers by prefixes no longer than this do not count
  Protocol origin = Protocol::Unspecified;  // who made the rule

  // Whether every packet matches.
  bool is_unconditional() const {
    return !inverted && from_length == 0 && to_length == 0 && iif.empty() && oif.empty() && mark_mask == 0 &&
           tos == 0 && protocol == 0 && !source_ports.is_set() && !destination_ports.is_set();
  }
};

// To add a rule: what is absent is made up. To delete one: what is absent fits anything.
struct RuleSpec {
  Rule rule = {.action = RuleAction::Unspecified};
  std::optional<uint32_t> priority;
};

}  // namespace flyover::route
