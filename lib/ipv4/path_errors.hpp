// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : learn from ICMP errors about packets of this router's own: a smaller path MTU, a better first router
// Linux counterpart : ipv4_update_pmtu, ipv4_redirect
// Expects           : the control thread; an error whose checksum and lengths icmp::input has checked, about a packet whose
//                     protocol the router itself speaks
// Guarantees        : the packet is used up; what is learned holds for its destination, and for a time
#pragma once

#include <utility>

#include "neighbour/neighbour_control.hpp"
#include "packet/worker.hpp"
#include "route/route_control.hpp"

namespace flyover::ipv4 {

class PathErrors {
 public:
  PathErrors(route::RouteControl& routes, neighbour::NeighbourControl& neighbours)
      : routes_(routes), neighbours_(neighbours) {}
  void input(Packet& p, Worker& w) noexcept;
  // What input() has done since this was last asked: one error is about all the next hops of a group.
  size_t take_work() { return std::exchange(work_, 0); }

 private:
  void redirect(const Packet& p, const Packet& sent, Ipv4Address gateway, Worker& w);
  bool may_redirect(const Packet& p, Ipv4Address gateway, const Worker& w) const;

  route::RouteControl& routes_;
  neighbour::NeighbourControl& neighbours_;
  size_t work_ = 0;
};

}  // namespace flyover::ipv4
