// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : packets that come back from a hook function's queue go on behind that function
// Linux counterpart : nf_reinject
// Expects           : hook_after, as hook::Run has set it; no dst, since it was another turn's
// Guarantees        : the packet enters the lane that begins at its hook
// Exits             : Drop(NoRoute: its route has gone meanwhile)
#pragma once

#include "packet/worker.hpp"

namespace flyover::ipv4 {

void resume(Packet& p, Worker& w) noexcept;

}  // namespace flyover::ipv4
