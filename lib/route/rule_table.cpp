// SPDX-License-Identifier: BSD-3-Clause
#include "route/rule_table.hpp"

#include <algorithm>

namespace flyover::route {
namespace {

constexpr size_t kValues = 256;       // of a byte
constexpr uint16_t kNobody = 0xffff;  // no interface has this number

// The byte of a port that says most.
static_assert(std::endian::native == std::endian::little);
constexpr size_t kHighSource = offsetof(Flow, source_port) + 1, kHighDestination = offsetof(Flow, destination_port) + 1;

bool holds(const PortRange& r, uint16_t port) { return !r.is_set() || (port >= r.first && port <= r.last); }
bool may_hold(const PortRange& r, uint8_t high) { return !r.is_set() || (high >= r.first >> 8 && high <= r.last >> 8); }

}  // namespace

RuleTable::Wanted RuleTable::wanted(const Source& source) noexcept {
  Wanted w;
  w.value.in = w.mask.in = kNoInterface;
  if (!source.rule) return w;
  const Rule& r = *source.rule;
  w.inverted = r.inverted;
  constexpr InterfaceId all_bits(0xffff);
  const auto number = [](InterfaceId id) { return id == kNoInterface ? InterfaceId(kNobody) : id; };
  const auto port = [](const PortRange& range, uint16_t& value, uint16_t& mask, PortRange& several) {
    if (range.first != range.last) return void(several = range);
    value = range.first, mask = range.is_set() ? 0xffff : 0;
  };
  w.value.from = r.from, w.mask.from = Ipv4Address(Ipv4Prefix::mask_of(r.from_length));
  w.value.to = r.to, w.mask.to = Ipv4Address(Ipv4Prefix::mask_of(r.to_length));
  w.value.mark = r.mark, w.mask.mark = r.mark_mask;
  if (!r.iif.empty()) w.value.in = number(source.in), w.mask.in = all_bits;
  if (!r.oif.empty()) w.value.out = number(source.out), w.mask.out = all_bits;
  if (r.tos) w.value.tos = r.tos, w.mask.tos = kTosMask;
  if (r.protocol) w.value.protocol = r.protocol, w.mask.protocol = 0xff;
  port(r.source_ports, w.value.source_port, w.mask.source_port, w.source_ports);
  port(r.destination_ports, w.value.destination_port, w.mask.destination_port, w.destination_ports);
  return w;
}

bool RuleTable::suits(const Wanted& w, const Flow& flow) noexcept {
  bool all = holds(w.source_ports, flow.source_port) && holds(w.destination_ports, flow.destination_port);
  for (size_t i = 0; i < Flow::kBytes; ++i) all = all && ((flow.byte(i) ^ w.value.byte(i)) & w.mask.byte(i)) == 0;
  return all != w.inverted;
}

// What is inverted and has a range is left to the second look altogether.
bool RuleTable::compares(const Wanted& w, size_t byte) noexcept {
  if (w.inverted && w.has_range()) return false;
  return w.mask.byte(byte) != 0 || (byte == kHighSource && w.source_ports.is_set()) ||
         (byte == kHighDestination && w.destination_ports.is_set());
}

bool RuleTable::may_suit(const Wanted& w, size_t byte, uint8_t value) noexcept {
  if (!compares(w, byte)) return true;
  return ((value ^ w.value.byte(byte)) & w.mask.byte(byte)) == 0 &&
         (byte != kHighSource || may_hold(w.source_ports, value)) &&
         (byte != kHighDestination || may_hold(w.destination_ports, value));
}

RuleTable::RuleTable(std::span<const Source> sources, std::optional<size_t> special) : has_plain_(special.has_value()) {
  for (const Source& s : sources) {
    if (s.rule) reads_ports_ |= s.rule->protocol || s.rule->source_ports.is_set() || s.rule->destination_ports.is_set();
    rows_.push_back(s.row);
    wanted_.push_back(wanted(s));
    rows_.back().look_again = wanted_.back().has_range();
  }
  std::vector<size_t> ends;  // by block: slices up to its last one
  for (size_t first = 0; first < rows_.size(); first += kBlock)
    ends.push_back(add_block(first, std::min(kBlock, rows_.size() - first), special.value_or(0) + 1));
  // Nothing moves any more.
  for (size_t i = 0; i < slices_.size(); ++i) slices_[i].rows = &bits_[i * kValues];
  for (size_t i = 0; i < blocks_.size(); ++i) {
    blocks_[i].first = slices_.data() + (i == 0 ? 0 : ends[i - 1]);
    blocks_[i].last = slices_.data() + ends[i];
  }
}

size_t RuleTable::add_block(size_t first, size_t count, size_t special_end) {
  const auto rules = std::span<const Wanted>(wanted_).subspan(first, count);
  Block block;
  for (size_t n = 0; n < count; ++n) {
    if (rows_[first + n].action == RuleAction::Nop) continue;
    const uint64_t bit = uint64_t{1} << n % kWord;
    const bool is_special = first + n != 0 && first + n < special_end, inverted = rules[n].inverted;
    block.acts[n / kWord] |= bit;
    if (is_special) block.special[n / kWord] |= bit;
    if (inverted && !rules[n].has_range()) block.inverted[n / kWord] |= bit;
    block.special_inverted |= is_special && inverted;
  }
  for (const uint32_t byte : ordered_bytes(rules)) add_slice(rules, byte);
  blocks_.push_back(block);
  return slices_.size();
}

// Those bytes that a rule compares, so that each but the first few rules out as many as it can of the rules that are left.
std::vector<uint32_t> RuleTable::ordered_bytes(std::span<const Wanted> rules) {
  constexpr size_t kPicked = 4;  // then it does not matter any more
  static_assert(Flow::kBytes <= 32);
  std::vector<uint32_t>
      asks;  // by rule: a bit for each byte; later of those only that no byte in `order` rules out, mostly
  uint32_t used = 0;
  for (const Wanted& rule : rules) {
    asks.push_back(0);
    for (size_t byte = 0; byte < Flow::kBytes; ++byte) asks.back() |= uint32_t{compares(rule, byte)} << byte;
    used |= asks.back();
  }
  std::vector<uint32_t> order;
  while (order.size() < kPicked) {
    std::array<uint32_t, Flow::kBytes> comparing{};
    for (const uint32_t bytes : asks)
      for (uint32_t left = bytes; left != 0; left &= left - 1) ++comparing[static_cast<size_t>(std::countr_zero(left))];
    const auto best = static_cast<uint32_t>(std::max_element(comparing.begin(), comparing.end()) - comparing.begin());
    if (comparing[best] == 0) break;
    order.push_back(best);
    used &= ~(1U << best);
    std::erase_if(asks, [best](uint32_t bytes) { return (bytes >> best & 1) != 0; });
  }
  for (; used != 0; used &= used - 1) order.push_back(static_cast<uint32_t>(std::countr_zero(used)));
  return order;
}

void RuleTable::add_slice(std::span<const Wanted> rules, uint32_t byte) {
  const size_t first = bits_.size();
  slices_.push_back({nullptr, byte});
  Bits indifferent{};
  for (size_t n = 0; n < rules.size(); ++n)
    if (!compares(rules[n], byte)) indifferent[n / kWord] |= uint64_t{1} << n % kWord;
  bits_.resize(first + kValues, indifferent);
  for (size_t n = 0; n < rules.size(); ++n) {
    if (!compares(rules[n], byte)) continue;
    const uint64_t bit = uint64_t{1} << n % kWord;
    const bool asks_for_one = rules[n].mask.byte(byte) == 0xff;
    const size_t one = rules[n].value.byte(byte), begin = asks_for_one ? one : 0,
                 end = asks_for_one ? one + 1 : kValues;
    for (size_t value = begin; value < end; ++value)
      if (may_suit(rules[n], byte, static_cast<uint8_t>(value))) bits_[first + value][n / kWord] |= bit;
  }
}

}  // namespace flyover::route
