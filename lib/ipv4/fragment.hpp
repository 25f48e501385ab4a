// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : cut a datagram that is longer than its path's MTU
// Linux counterpart : ip_fragment, ip_do_fragment
// Expects           : ip, dst, length; the packet may itself be a fragment
// Guarantees        : RFC 791 3.2: all fragments or none. Each has the packet's row and goes on in lane Inject, in order. The
//                     first keeps all options, later ones those with the copy bit. The first keeps the packet's mbuf, cut
//                     short; the others are copies, single segments where the pool's mbufs have room.
//                     Counters: the packet is consumed, each fragment is created.
// Exits             : Consumed, Divert(Inject: it fits), Divert(Fragment: lane Inject is full; once more later),
//                     Divert(IcmpError: fragmentation needed), Drop(FragmentFailed, NoBuffer)
#pragma once

#include "packet/worker.hpp"

namespace flyover::ipv4 {

struct Fragment {
  static constexpr auto id = StageId::Fragment;
  static Verdict step(Packet& p, Worker& w) noexcept;
};

}  // namespace flyover::ipv4
