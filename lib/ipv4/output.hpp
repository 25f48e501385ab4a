// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : route packets that the router itself made
// Linux counterpart : ip_route_output_key_hash, __ip_local_out
// Expects           : ip with a valid checksum; dst, if the maker has looked it up already
// Guarantees        : dst and out are set, the source address is filled in; a packet to ourselves goes to lane LocalIn as if it
//                     had come in by lo
// Exits             : Divert(LocalIn), Drop(NoRoute, HostUnreachable, Prohibit, Blackhole)
#pragma once

#include "packet/worker.hpp"
#include "route/route_table.hpp"

namespace flyover::ipv4 {

// fib_result_prefsrc: the address that packets to this Dst speak from; any if the router has none.
Ipv4Address source_for(const route::Dst& dst, const Worker& w) noexcept;

// fib_compute_spec_dst: the address under which the sender knows us: the one it wrote to; if that is one of many, the one that speaks
// to it. Expects p.dst.
Ipv4Address known_as(const Packet& p, const Worker& w) noexcept;

Verdict output_unusual(Packet& p, Worker& w) noexcept;  // to ourselves, to many, to nobody, or without a source

struct ResolveOutput {
  static constexpr auto id = StageId::ResolveOutput;
  static Verdict step(Packet& p, Worker& w) noexcept {
    if (!p.dst) p.dst = &w.tables->routes->lookup(p.ip->destination);
    if (p.dst->action != route::Action::Forward || p.ip->source.is_any()) [[unlikely]]
      return output_unusual(p, w);
    p.out = p.dst->out;
    return go_on();
  }
};

}  // namespace flyover::ipv4
