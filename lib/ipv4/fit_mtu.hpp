// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : send what is too long for its path to be fragmented
// Linux counterpart : ip_finish_output
// Expects           : dst, length; w.cutting is false at the burst's begin
// Guarantees        : order: what stands behind a packet that is cut goes its way too, and passes there as it is
// Exits             : Divert(Fragment)
#pragma once

#include "packet/worker.hpp"
#include "route/dst.hpp"

namespace flyover::ipv4 {

struct FitMtu {
  static constexpr auto id = StageId::FitMtu;
  static Verdict step(Packet& p, Worker& w) noexcept {
    if (p.length > p.dst->mtu || p.frag_max || w.cutting) [[unlikely]] {
      w.cutting = true;
      return divert(Lane::Fragment);
    }
    return go_on();
  }
};

}  // namespace flyover::ipv4
