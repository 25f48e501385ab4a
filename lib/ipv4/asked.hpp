// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : what would become of a packet that nobody has sent
// Linux counterpart : inet_rtm_getroute, inet_rtm_getroute_build_skb
// Expects           : the control thread's worker
// Guarantees        : the answer is Resolve's own; nothing is counted, sent or remembered
#pragma once

#include "ipv4/flow.hpp"

namespace flyover::ipv4 {

struct Asked {
  Ipv4Address to, from;
  InterfaceId in;
  uint8_t tos = 0, protocol = protocol::kUdp;
  uint16_t source_port = 0, destination_port = 0;
  uint32_t mark = 0;
};

struct Answer {
  Verdict verdict;
  const route::Dst* leg =
      nullptr;  // the route as it stands in the table, or of several next hops the one that is taken
  const route::Dst* dst =
      nullptr;        // and with what has been learned of the destination; null: there was no need to look
  DropReason owed{};  // where an ICMP error is: for what
  bool redirect = false;
  route::Flow flow;  // as rules and tables saw it
};

Answer ask_input(const Asked& asked, Worker& w) noexcept;

}  // namespace flyover::ipv4
