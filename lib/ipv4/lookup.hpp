// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : the route's Dst, whose line is touched while other packets are looked up
// Linux counterpart : fib_lookup
// Expects           : ip
// Guarantees        : dst is what the local and main tables say; Resolve decides what it means
// Exits             : none
#pragma once

#include "packet/worker.hpp"
#include "route/route_table.hpp"

namespace flyover::ipv4 {

class Lookup {
 public:
  static constexpr auto id = StageId::Lookup;
  Lookup(const Burst&, const Worker& w) noexcept : routes_(w.tables->routes->reader()) {}
  Verdict step(Packet& p, Worker&) const noexcept {
    p.dst = routes_.find(p.ip->destination);
    __builtin_prefetch(p.dst);
    return go_on();
  }

 private:
  route::RouteTable::Reader routes_;
};

}  // namespace flyover::ipv4
