// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : touch the route lookup's first word while the header's other fields are being used
// Linux counterpart : (none)
// Expects           : ip, checked
// Exits             : none
#pragma once

#include "packet/worker.hpp"
#include "route/route_table.hpp"

namespace flyover::ipv4 {

class Prefetch {
 public:
  static constexpr auto id = StageId::Prefetch;
  Prefetch(const Burst&, const Worker& w) noexcept : routes_(w.tables->routes->reader()) {}
  Verdict step(Packet& p, Worker&) const noexcept {
    routes_.prefetch(p.ip->destination);
    return go_on();
  }

 private:
  route::RouteTable::Reader routes_;
};

}  // namespace flyover::ipv4
