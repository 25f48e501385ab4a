// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : hand a datagram for this router to the handler of its IP protocol
// Linux counterpart : ip_local_deliver_finish, ip_protocol_deliver_rcu
// Expects           : ip, dst, length; not a fragment
// Exits             : whatever the handler says; Divert(IcmpError: protocol unreachable)
#pragma once

#include "ipv4/owe.hpp"
#include "ipv4/protocol_table.hpp"

namespace flyover::ipv4 {

struct Deliver {
  static constexpr auto id = StageId::Deliver;
  static Verdict step(Packet& p, Worker& w) noexcept {
    const ProtocolHandler& handler = w.tables->protocols->of_protocol(p.ip->protocol);
    if (!handler.handle)
      return owe(p, DropReason::ProtocolUnreachable, icmp::kDestinationUnreachable, icmp::kProtocolUnreachable);
    ++w.counters.delivered;
    return handler.handle(p, w, handler.context);
  }
};

}  // namespace flyover::ipv4
