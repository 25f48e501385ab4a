// SPDX-License-Identifier: BSD-3-Clause
#include "route/route_table.hpp"

#include "route/table_fibs.hpp"

namespace flyover::route {
namespace {

// What rules say themselves.
constexpr Dst kUnreachable{.action = Action::None};  // ENETUNREACH, as where there is no route
constexpr Dst kProhibit{.action = Action::Prohibit};
constexpr Dst kBlackhole{.action = Action::Blackhole};

const Dst* said_by(RuleAction action) noexcept {
  switch (action) {
    case RuleAction::Prohibit: return &kProhibit;
    case RuleAction::Unreachable: return &kUnreachable;
    default: return &kBlackhole;
  }
}

}  // namespace

const Dst& RouteTable::by_rules(const RuleTable& rules, const Flow& flow) const noexcept {
  const Dst* answer = slab_;
  rules.walk(flow, [&](const RuleTable::Row& row) {
    if (row.action != RuleAction::Lookup) [[unlikely]]
      return answer = said_by(row.action), true;
    if (!row.routes) return false;
    const uint32_t found = row.routes->of(flow.tos).lookup(flow.to);
    if (found == 0) return false;
    const Dst& dst = slab_[found];
    if (dst.action == Action::Throw || dst.is_suppressed(row.suppress_length)) [[unlikely]]
      return false;
    return answer = &dst, true;
  });
  return *answer;
}

const Dst& RouteTable::local(Ipv4Address a) const noexcept {
  const TableFibs* own = local_.load(std::memory_order_acquire);
  return slab_[own ? own->of(0).lookup(a) : main_->lookup(a)];
}

DstId RouteTable::id_of(const Dst& dst) const noexcept {
  const bool said = &dst == &kUnreachable || &dst == &kProhibit || &dst == &kBlackhole;
  return said ? kNoDst : DstId(static_cast<uint32_t>((dst.base ? dst.base : &dst) - slab_));
}

}  // namespace flyover::route
