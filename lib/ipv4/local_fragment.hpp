// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : fragments of datagrams for this router go to the control thread, whose Reassembler makes datagrams of them
// Linux counterpart : ip_local_deliver
// Expects           : ip
// Exits             : Punt(Fragment)
#pragma once

#include "packet/worker.hpp"

namespace flyover::ipv4 {

struct LocalFragment {
  static constexpr auto id = StageId::LocalFragment;
  static Verdict step(Packet& p, Worker&) noexcept {
    return p.ip->is_fragment() ? punt(PuntReason::Fragment) : go_on();
  }
};

}  // namespace flyover::ipv4
