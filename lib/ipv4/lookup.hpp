// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : the route's Dst, whose line is touched while other packets are looked up
// Linux counterpart : fib_lookup
// Expects           : ip
// Guarantees        : dst is what the rules say, or, where nobody has touched them, the local and main tables; Resolve decides what
//                     it means
// Exits             : none
#pragma once

#include "ipv4/flow.hpp"
#include "packet/worker.hpp"
#include "route/route_table.hpp"

namespace flyover::ipv4 {

class Lookup {
 public:
  static constexpr auto id = StageId::Lookup;
  // The packets' blocks of the table come from memory all together, before the first of them is needed.
  Lookup(const Burst& b, const Worker& w) noexcept
      : table_(*w.tables->routes), routes_(table_.reader()), rules_(table_.rules()) {
    if (routes_.small()) return;
    for (const Packet& p : b) routes_.prefetch_block(p.ip->destination);
  }
  Verdict step(Packet& p, Worker&) const noexcept {
    p.dst = routes_.find(p.ip->destination);
    if (rules_) by_rules(p);
    __builtin_prefetch(p.dst);
    return go_on();
  }

 private:
  // What is looked up in local and then in main has its answer.
  void by_rules(Packet& p) const noexcept {
    const route::Flow flow = input_flow(p, rules_);
    if (!rules_->is_plain(flow)) [[unlikely]]
      p.dst = &table_.by_rules(*rules_, flow);
  }

  const route::RouteTable& table_;
  route::RouteTable::Reader routes_;
  const route::RuleTable* rules_;
};

}  // namespace flyover::ipv4
