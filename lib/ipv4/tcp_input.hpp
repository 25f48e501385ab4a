// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : TCP for this router: nobody listens, so the sender gets a reset
// Linux counterpart : tcp_v4_rcv, tcp_v4_send_reset
// Expects           : a whole datagram
// Guarantees        : RFC 9293 3.10.7.1: a reset that the sender takes for its own connection's; none about a reset
// Exits             : Drop(TcpNoSocket, TcpMalformed, TcpChecksum)
#pragma once

#include "packet/worker.hpp"

namespace flyover::ipv4 {

Verdict tcp_input(Packet& p, Worker& w, void* context) noexcept;

}  // namespace flyover::ipv4
