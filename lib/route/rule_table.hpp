// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : the policy rules as packets read them
// Linux counterpart : fib_rules_lookup, fib4_rule_action, fib4_rule_suppress
// Guarantees        : immutable; selectors are arrays by field, so that sixteen rules are compared at once, and fields that no rule
//                     asks for are not compared. Matching rules are walked in order: the first that has an answer has it.
// Cost              : two instructions for a rule and a field it takes to compare, and a Fib's lookup for each table that is asked
#pragma once

#include <bit>
#include <span>
#include <vector>

#include "route/flow.hpp"
#include "route/rule.hpp"
#include "route/rule_lanes.hpp"

namespace flyover::route {

class TableFibs;

class RuleTable {
 public:
  // A rule, its names made into numbers. For tables that do not exist `routes` is null.
  struct Row {
    RuleAction action = RuleAction::Nop;
    int16_t suppress_length = -1;
    uint32_t target = 0;  // Goto: a row, or the number of rows while there is no such rule
    TableId table;
    const TableFibs* routes = nullptr;
  };
  struct Source {
    Row row;
    const Rule* rule;     // null: every packet matches
    InterfaceId in, out;  // of rule->iif and ->oif; none: no such interface
  };
  explicit RuleTable(std::span<const Source> sources);

  bool reads_ports() const noexcept { return reads_ports_; }  // and the IP protocol
  size_t size() const noexcept { return rows_.size(); }
  size_t memory() const noexcept { return lanes_.size() * sizeof(Lanes) + rows_.size() * sizeof(Row); }

  // Calls visit(row) for each rule that matches, in order, but for jumps, which are followed, and rules that do nothing; until it
  // says true.
  template <class Visit>
  void walk(const Flow& flow, Visit&& visit) const noexcept {
    const Keys keys = keys_of(flow);
    for (size_t group = 0; group < groups_; ++group) {
      uint32_t matching = matches(group, keys);
      while (matching) {
        const auto at = static_cast<uint32_t>(group * kLanes + static_cast<size_t>(std::countr_zero(matching)));
        matching &= matching - 1;
        const Row& row = rows_[at];
        if (row.action == RuleAction::Goto) [[unlikely]] {
          if (row.target >= rows_.size()) continue;
          group = row.target / kLanes;
          matching = matches(group, keys) & ~0U << row.target % kLanes;
        } else if (visit(row)) {
          return;
        }
      }
    }
  }

 private:
  enum Word : uint8_t { From, To, Interfaces, Mark, TosProtocol, SourcePort, DestinationPort, Words };
  static constexpr uint8_t kFirstRange = SourcePort;
  using Keys = std::array<uint32_t, Words>;  // in Word's order
  struct Wanted {  // of one rule in one word: value and mask, or the first of a range and how many are behind it
    uint32_t value, mask;
  };
  static Wanted wanted(const Source& source, Word word) noexcept;
  Keys keys_of(const Flow& flow) const noexcept {
    const Keys all{flow.from.raw(),
                   flow.to.raw(),
                   uint32_t{flow.in.value()} << 16 | flow.out.value(),
                   flow.mark,
                   uint32_t{flow.tos} << 8 | flow.protocol,
                   flow.source_port,
                   flow.destination_port};
    Keys keys;
    for (uint32_t i = 0; i < compared_; ++i) keys[i] = all[used_[i]];
    return keys;
  }
  uint32_t matches(size_t group, const Keys& keys) const noexcept {
    const uint32_t hits = match({keys.data(), compared_ - ranges_, ranges_}, lanes_.data() + group * stride_);
    return (hits ^ inverted_[group]) & acts_[group];
  }

  std::array<Word, Words> used_{};  // the words that are compared, in order
  uint32_t compared_ = 0, ranges_ = 0;
  size_t groups_ = 0, stride_ = 0;  // of Lanes: for each word that is compared two
  bool reads_ports_ = false;
  std::vector<Lanes> lanes_;
  std::vector<uint16_t> inverted_, acts_;  // by group, a bit for each rule
  std::vector<Row> rows_;
};

}  // namespace flyover::route
