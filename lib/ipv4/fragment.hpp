// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : cut a datagram that is longer than its path's MTU
// Linux counterpart : ip_fragment, ip_do_fragment
// Expects           : ip, dst, length; the packet may itself be a fragment
// Guarantees        : RFC 791 3.2: all fragments or none. They stand in the burst where the packet stood, each with its row; those
//                     of a datagram that has too many go on in lane Inject, and so do all behind it: order is kept. The first
//                     keeps all options, later ones those with the copy bit. The first keeps the packet's mbuf, cut short; the
//                     others are copies, single segments where the pool's mbufs have room.
//                     Counters: the packet is consumed, each fragment is created.
// Exits             : Divert(Fragment: lane Inject has no room now), Divert(IcmpError: fragmentation needed),
//                     Drop(FragmentFailed, NoBuffer, LoopLimit)
// Cost              : docs/performance.md
#pragma once

#include "packet/run.hpp"

namespace flyover::ipv4 {

struct Fragment {
  static constexpr auto id = StageId::Fragment;
  static void run(Burst& b, Worker& w, Leavers& out) noexcept;
};

}  // namespace flyover::ipv4
