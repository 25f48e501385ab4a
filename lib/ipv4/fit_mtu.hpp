// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : send what is too long for its path to be fragmented
// Linux counterpart : ip_finish_output
// Expects           : dst, length
// Guarantees        : order: what stands behind a packet that is cut goes its way too, and passes there as it is
// Exits             : Divert(Fragment)
#pragma once

#include "packet/worker.hpp"
#include "route/dst.hpp"

namespace flyover::ipv4 {

class FitMtu {
 public:
  static constexpr auto id = StageId::FitMtu;
  Verdict step(Packet& p, Worker&) noexcept {
    if (!p.dst) __builtin_unreachable();  // so that Rewrite behind it need not ask
    if (!p.fits(p.dst->mtu) || cutting_) [[unlikely]] {
      cutting_ = true;
      return divert(Lane::Fragment);
    }
    return go_on();
  }

 private:
  bool cutting_ = false;  // a packet of this burst goes to lane Fragment: those behind it follow
};

}  // namespace flyover::ipv4
