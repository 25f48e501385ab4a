// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : the policy rules as users see them: in order, added, found and deleted
// Linux counterpart : fib_rules: fib_newrule, fib_delrule, rule_exists, rule_find
// Guarantees        : sorted by priority, rules of one priority in the order in which they came; refusals have the kernel's words
#pragma once

#include <functional>
#include <vector>

#include "base/result.hpp"
#include "route/rule.hpp"

namespace flyover::route {

class RuleList {
 public:
  RuleList();  // local at 0, main at 32766, default at 32767

  const std::vector<Rule>& rules() const { return rules_; }
  // Where a goto leads: an index into rules(), or rules().size() while there is no such rule.
  size_t target_of(const Rule& rule) const;

  // The rule as it would be added: with a priority. Refused if it is there already, or makes no sense.
  Result<Rule> check(const RuleSpec& spec) const;
  void insert(const Rule& rule);
  Result<> remove(const RuleSpec& spec);
  size_t flush(const std::function<bool(const Rule&)>& doomed);  // but those of priority 0; how many

 private:
  uint32_t free_priority() const;

  std::vector<Rule> rules_;
};

}  // namespace flyover::route
