// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : UDP and UDP-Lite for this router: to the handler of the port
// Linux counterpart : udp_rcv, udplite_rcv
// Expects           : a whole datagram
// Exits             : whatever the port's handler says; Divert(IcmpError: port unreachable), Drop(UdpMalformed, UdpChecksum)
#pragma once

#include "packet/worker.hpp"

namespace flyover::ipv4 {

Verdict udp_input(Packet& p, Worker& w, void* context) noexcept;
Verdict udp_lite_input(Packet& p, Worker& w,
                       void* context) noexcept;  // RFC 3828; no ports of its own, so never delivered

}  // namespace flyover::ipv4
