// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : the route's Dst, whose line is touched while other packets are looked up
// Linux counterpart : fib_lookup
// Expects           : ip
// Guarantees        : dst is what the rules say (now, or since their answer was last right, to the same flow), or, where nobody has
//                     touched them, the local and main tables; Resolve decides what it means
// Exits             : none
#pragma once

#include "ipv4/flow.hpp"
#include "packet/worker.hpp"
#include "route/route_cache.hpp"
#include "route/route_table.hpp"

namespace flyover::ipv4 {

class Lookup {
 public:
  static constexpr auto id = StageId::Lookup;
  // The packets' blocks of the table come from memory all together, before the first of them is needed.
  Lookup(const Burst& b, const Worker& w) noexcept
      : table_(*w.tables->routes),
        cache_(begun(w.route_cache, table_)),
        routes_(table_.reader()),
        rules_(table_.rules()) {
    if (routes_.small()) return;
    for (const Packet& p : b) routes_.prefetch_block(p.ip->destination);
  }
  Verdict step(Packet& p, Worker& w) const noexcept {
    p.dst = routes_.find(p.ip->destination);
    if (rules_) by_rules(p, w);
    __builtin_prefetch(p.dst);
    return go_on();
  }

 private:
  // Before anything of the tables is read: what is found is as old as its generation, or younger.
  static route::RouteCache* begun(route::RouteCache* cache, const route::RouteTable& table) noexcept {
    if (cache) cache->begin(table.generation());
    return cache;
  }
  // What is looked up in local and then in main has its answer.
  void by_rules(Packet& p, Worker& w) const noexcept {
    const route::Flow flow = input_flow(p, rules_);
    if (rules_->is_plain(flow)) return;
    const auto look = [&]() -> const route::Dst& { return table_.by_rules(*rules_, flow); };
    p.dst = cache_ ? &cache_->find(flow, w.counters, look) : &look();
  }

  const route::RouteTable& table_;
  route::RouteCache* cache_;
  route::RouteTable::Reader routes_;
  const route::RuleTable* rules_;
};

}  // namespace flyover::ipv4
