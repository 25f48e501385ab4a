// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : ICMP for this router: answer echo and timestamp, hand errors to whoever sent the packet they are about
// Linux counterpart : icmp_rcv, icmp_echo, icmp_timestamp, icmp_unreach, icmp_reply
// Expects           : a whole datagram
// Guarantees        : RFC 1122 3.2.2.6, 3.2.2.8; an echo reply is the request's own mbuf, however long its chain is
// Exits             : Divert(Output), Drop(IcmpMalformed, IcmpChecksum, IcmpIgnored), Punt(PathError), Consumed
#pragma once

#include "packet/worker.hpp"

namespace flyover::icmp {

Verdict input(Packet& p, Worker& w, void* context) noexcept;
// Of the ICMP packets that an error may be about, those that this router sends to be long: icmp_err.
bool is_own_reply(const Packet& p, const Ipv4Header& inner, const Owed& error, Worker& w, void* context) noexcept;

}  // namespace flyover::icmp
