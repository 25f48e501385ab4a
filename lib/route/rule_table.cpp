// SPDX-License-Identifier: BSD-3-Clause
#include "route/rule_table.hpp"

#include <algorithm>

namespace flyover::route {
namespace {

constexpr uint16_t kNobody = 0xffff;  // no interface has this number

}  // namespace

RuleTable::Wanted RuleTable::wanted(const Source& source, Word word) noexcept {
  const auto ports = [](const PortRange& r) {
    return r.is_set() ? Wanted{r.first, static_cast<uint32_t>(r.last - r.first)} : Wanted{0, 0xffff};
  };
  if (!source.rule) return word >= kFirstRange ? ports({}) : Wanted{0, 0};
  const Rule& r = *source.rule;
  switch (word) {
    case From: return {r.from.raw(), Ipv4Address(Ipv4Prefix::mask_of(r.from_length)).raw()};
    case To: return {r.to.raw(), Ipv4Address(Ipv4Prefix::mask_of(r.to_length)).raw()};
    case Interfaces: {
      const auto number = [](InterfaceId id) { return id == kNoInterface ? kNobody : id.value(); };
      return {uint32_t{number(source.in)} << 16 | number(source.out),
              (r.iif.empty() ? 0 : 0xffff0000) | (r.oif.empty() ? 0 : 0xffffU)};
    }
    case Mark: return {r.mark, r.mark_mask};
    case TosProtocol:
      return {uint32_t{r.tos} << 8 | r.protocol, (r.tos ? uint32_t{kTosMask} << 8 : 0) | (r.protocol ? 0xffU : 0)};
    case SourcePort: return ports(r.source_ports);
    case DestinationPort: return ports(r.destination_ports);
    case Words: break;
  }
  return {};
}

RuleTable::RuleTable(std::span<const Source> sources)
    : groups_((sources.size() + kLanes - 1) / kLanes), inverted_(groups_), acts_(groups_) {
  for (const Source& s : sources) {
    if (s.rule) reads_ports_ |= s.rule->protocol || s.rule->source_ports.is_set() || s.rule->destination_ports.is_set();
    rows_.push_back(s.row);
  }
  for (uint8_t w = 0; w < Words; ++w) {
    const auto word = static_cast<Word>(w);
    const Wanted any = wanted({}, word);
    if (std::all_of(sources.begin(), sources.end(), [&](const Source& s) { return wanted(s, word).mask == any.mask; }))
      continue;
    used_[compared_++] = word;
    ranges_ += word >= kFirstRange;
  }
  stride_ = size_t{2} * compared_;
  lanes_.resize(groups_ * stride_);
  for (size_t n = 0; n < sources.size(); ++n) {
    const Source& s = sources[n];
    const size_t group = n / kLanes;
    const auto bit = static_cast<uint16_t>(1U << n % kLanes);
    for (uint32_t i = 0; i < compared_; ++i) {
      Lanes* const at = &lanes_[group * stride_ + size_t{2} * i];
      const Wanted w = wanted(s, used_[i]);
      at[0].lane[n % kLanes] = w.value, at[1].lane[n % kLanes] = w.mask;
    }
    if (s.rule && s.rule->inverted) inverted_[group] |= bit;
    if (s.row.action != RuleAction::Nop) acts_[group] |= bit;
  }
}

}  // namespace flyover::route
