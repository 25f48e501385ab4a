// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : UDP for this router: to the handler of its port
// Linux counterpart : udp_rcv
// Expects           : a whole datagram
// Exits             : whatever the port's handler says; Divert(IcmpError: port unreachable), Drop(UdpMalformed, UdpChecksum)
#pragma once

#include "packet/worker.hpp"

namespace flyover::ipv4 {

Verdict udp_input(Packet& p, Worker& w, void* context) noexcept;

}  // namespace flyover::ipv4
