// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : send what is too long for its path to be fragmented
// Linux counterpart : ip_finish_output
// Expects           : dst, length
// Exits             : Divert(Fragment)
#pragma once

#include "packet/worker.hpp"
#include "route/dst.hpp"

namespace flyover::ipv4 {

struct FitMtu {
  static constexpr auto id = StageId::FitMtu;
  static Verdict step(Packet& p, Worker&) noexcept {
    if (p.length > p.dst->mtu || p.frag_max) [[unlikely]]
      return divert(Lane::Fragment);
    return go_on();
  }
};

}  // namespace flyover::ipv4
