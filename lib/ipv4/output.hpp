// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : route packets that the router itself made
// Linux counterpart : ip_route_output_key_hash, __ip_local_out
// Expects           : ip with a valid checksum; dst, if the maker has looked it up already
// Guarantees        : dst and out are set, the source address is filled in; a packet to ourselves goes to lane LocalIn as if it
//                     had come in by lo
// Exits             : Divert(LocalIn), Drop(NoRoute, HostUnreachable, Prohibit, Blackhole, MartianSource)
#pragma once

#include "ipv4/flow.hpp"
#include "packet/worker.hpp"
#include "route/route_table.hpp"

namespace flyover::ipv4 {

inline constexpr Ipv4Address kDummyAddress{192, 0, 0, 8};  // RFC 7600: the sender of errors that has no address

// fib_result_prefsrc: the address that packets to this Dst speak from; any if the router has none.
Ipv4Address source_for(const route::Dst& dst, const Worker& w) noexcept;

// fib_compute_spec_dst: the address under which the sender knows us: the one it wrote to; if that is one of many, the one that speaks
// to it. Expects p.dst.
Ipv4Address known_as(const Packet& p, const Worker& w) noexcept;

// To ourselves, to many, to nobody, without a source, from 127/8; all where table default has routes, or there are rules.
Verdict output_unusual(Packet& p, Worker& w) noexcept;

struct ResolveOutput {
  static constexpr auto id = StageId::ResolveOutput;
  static Verdict step(Packet& p, Worker& w) noexcept {
    if (!p.dst) p.dst = &output_route(p, w);
    const Ipv4Address source = p.ip->source;
    if (p.dst->action != route::Action::Forward || source.is_any() || source.is_loopback() ||
        w.tables->routes->local_elsewhere()) [[unlikely]]
      return output_unusual(p, w);
    p.out = p.dst->out;
    return go_on();
  }
};

}  // namespace flyover::ipv4
