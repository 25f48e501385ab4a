// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : IP options: checked and filled in on receipt, completed on the way out, thinned out in fragments
// Linux counterpart : ip_rcv_options, ip_options_compile, ip_options_rcv_srr, ip_forward_options, ip_options_fragment
// Expects           : ip with IHL > 5, all of the header in one segment
// Guarantees        : RFC 791 3.1, RFC 1812 4.2.2.1 and 5.2.4, as the kernel reads them. What receive() has filled in leaves the
//                     header checksum stale until forward(), as the kernel does: its ICMP errors quote it so.
// Exits             : Divert(IcmpError: parameter problem), Drop(SourceRouted)
#pragma once

#include "packet/worker.hpp"

namespace flyover::ipv4::options {

// Behind the route lookup, whatever its answer: p.dst is set. Continue: the lookup's answer stands, but where p.dst has become
// another one: the packet was routed here by its source, which also says where next.
Verdict receive(Packet& p, Worker& w) noexcept;
// Before the TTL is decremented: a strict source route whose next address is not a direct neighbour.
bool strict_route_failed(const Packet& p) noexcept;
// Behind the TTL's decrement.
void forward(Packet& p, Worker& w) noexcept;

// ipv4_send_dest_unreach: where the next hop does not answer, the options are read once more before the sender is told, and entries
// are filled in once more. False: one is malformed by now, nothing is said. Expects p.dst.
bool read_again(Packet& p, Worker& w) noexcept;

bool source_routed(Ipv4Header& ip) noexcept;
// Turns every option that belongs into the first fragment only into no-operations.
void keep_copied(Ipv4Header& ip) noexcept;

}  // namespace flyover::ipv4::options
