// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : the policy rules as packets read them
// Linux counterpart : fib_rules_lookup, fib_rule_match, fib4_rule_match
// Guarantees        : immutable. Matching rules are walked in order; the first that has an answer has it.
// Structure         : a hundred and twenty-eight rules are a block. For each byte of what is compared (an address has four) that a
//                     rule of the block asks for, the block has 256 rows of bits, one for each value of the byte: which rules it
//                     suits. The rows of a packet's bytes, ANDed, say which rules match it. Ranges of ports suit more bytes than
//                     they should, and are looked at once more when their turn comes.
// Cost              : six instructions for 128 rules and a byte; most packets need to see as many bytes as rule out all rules but
//                     those for local and main. 4 KiB for a block and a byte, most of which stay untouched
#pragma once

#include <array>
#include <bit>
#include <span>
#include <vector>

#include "route/flow.hpp"
#include "route/rule.hpp"

namespace flyover::route {

class TableFibs;

class RuleTable {
 public:
  // A rule, its names made into numbers. For tables that do not exist `routes` is null.
  struct Row {
    RuleAction action = RuleAction::Nop;
    bool look_again = false;  // set by RuleTable
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
  // `special`: how many rules behind the first one a packet must not match to be plain; none: no packet is.
  RuleTable(std::span<const Source> sources, std::optional<size_t> special);
  RuleTable(const RuleTable&) = delete;
  RuleTable& operator=(const RuleTable&) = delete;

  bool reads_ports() const noexcept { return reads_ports_; }  // and the IP protocol
  size_t size() const noexcept { return rows_.size(); }
  size_t memory() const noexcept {
    return bits_.size() * sizeof(Bits) + rows_.size() * sizeof(Row) + wanted_.size() * sizeof(Wanted);
  }

  // Whether the packet is certain to be looked up in local and then in main, which are as good as one.
  bool is_plain(const Flow& flow) const noexcept {
    for (const Block& block : blocks_)
      if (!is_ruled_out(block, flow)) return false;
    return has_plain_;
  }

  // Calls visit(row) for each rule that matches, in order, but for jumps, which are followed, and rules that do nothing; until it
  // says true.
  template <class Visit>
  void walk(const Flow& flow, Visit&& visit) const noexcept {
    for (size_t from = 0; from < rows_.size();) {
      const Bits matching = matches(blocks_[from / kBlock], flow);
      const size_t word = from / kWord;
      uint64_t left = matching[word % kWords] & ~uint64_t{0} << from % kWord;
      from = (word + 1) * kWord;
      for (; left != 0; left &= left - 1) {
        const size_t at = word * kWord + static_cast<size_t>(std::countr_zero(left));
        const Row& row = rows_[at];
        if (row.look_again && !suits(wanted_[at], flow)) continue;
        if (row.action != RuleAction::Goto) {
          if (visit(row)) return;
        } else if (row.target < rows_.size()) {
          from = row.target;
          break;
        }
      }
    }
  }

 private:
  static constexpr size_t kWord = 64, kWords = 2, kBlock = kWord * kWords;
  using Bits = std::array<uint64_t, kWords>;  // by rule of a block
  struct Wanted {                             // of one rule
    Flow value, mask;
    PortRange source_ports, destination_ports;  // if it is more than one port
    bool inverted = false;
    bool has_range() const { return source_ports.is_set() || destination_ports.is_set(); }
  };
  struct Slice {       // a byte that a block compares
    const Bits* rows;  // 256 of them
    size_t byte;
    const Bits& row_of(const Flow& flow) const noexcept { return rows[flow.byte(byte)]; }
  };
  struct Block {
    const Slice *first = nullptr, *last = nullptr;
    Bits inverted{}, acts{}, special{};
    bool special_inverted = false;
  };
  static Wanted wanted(const Source& source) noexcept;
  static bool suits(const Wanted& wanted, const Flow& flow) noexcept;
  static bool may_suit(const Wanted& wanted, size_t byte, uint8_t value) noexcept;
  static bool compares(const Wanted& wanted, size_t byte) noexcept;
  static std::vector<uint32_t> ordered_bytes(std::span<const Wanted> rules);
  size_t add_block(size_t first, size_t count, size_t special_end);
  void add_slice(std::span<const Wanted> rules, uint32_t byte);

  Bits matches(const Block& block, const Flow& flow) const noexcept {
    Bits all{~uint64_t{0}, ~uint64_t{0}};
    for (const Slice* s = block.first; s != block.last; ++s) {
      const Bits& row = s->row_of(flow);
      for (size_t w = 0; w < kWords; ++w) all[w] &= row[w];
    }
    for (size_t w = 0; w < kWords; ++w) all[w] = (all[w] ^ block.inverted[w]) & block.acts[w];
    return all;
  }
  // Whether none of its special rules matches: as soon as no byte can make one match any more.
  bool is_ruled_out(const Block& block, const Flow& flow) const noexcept {
    Bits left = block.special;
    if (block.special_inverted) [[unlikely]] {
      const Bits all = matches(block, flow);
      return ((all[0] & left[0]) | (all[1] & left[1])) == 0;
    }
    for (const Slice* s = block.first; (left[0] | left[1]) != 0; ++s) {
      if (s == block.last) return false;
      const Bits& row = s->row_of(flow);
      for (size_t w = 0; w < kWords; ++w) left[w] &= row[w];
    }
    return true;
  }

  std::vector<Row> rows_;
  std::vector<Block> blocks_;
  std::vector<Slice> slices_;
  std::vector<Bits> bits_;      // 256 of each slice
  std::vector<Wanted> wanted_;  // by row
  bool reads_ports_ = false, has_plain_ = false;
};

}  // namespace flyover::route
