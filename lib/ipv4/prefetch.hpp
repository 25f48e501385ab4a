// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : touch the route lookup's first word while the header's other fields are being used
// Linux counterpart : (none)
// Expects           : ip, checked
// Exits             : none
#pragma once

#include "packet/worker.hpp"
#include "route/route_table.hpp"

namespace flyover::ipv4 {

struct Prefetch {
  static constexpr auto id = StageId::Prefetch;
  static Verdict step(Packet& p, Worker& w) noexcept {
    w.tables->routes->prefetch(p.ip->destination);
    return go_on();
  }
};

}  // namespace flyover::ipv4
