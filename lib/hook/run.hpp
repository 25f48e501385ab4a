// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : a hook point as a stage: its functions over a burst, in priority order
// Linux counterpart : NF_HOOK, nf_hook_slow
// Expects           : ip
// Guarantees        : a function sees, in order, the packets that all functions before it accepted; a re-injected packet goes
//                     on behind the function that had queued it
// Exits             : Drop(HookDrop), Punt(HookQueue), Consumed (the function has taken the mbuf)
// Cost              : empty hook: one test per burst
#pragma once

#include "hook/hook_table.hpp"
#include "packet/run.hpp"

namespace flyover::hook {

inline constexpr int kMaxRepeats = 8;  // of one function for one packet; then the packet is dropped

constexpr StageId stage_of(Hook hook) {
  switch (hook) {
    case Hook::Prerouting: return StageId::Prerouting;
    case Hook::LocalIn: return StageId::LocalIn;
    case Hook::Forward: return StageId::ForwardHook;
    case Hook::LocalOut: return StageId::LocalOut;
    case Hook::Postrouting: return StageId::Postrouting;
    case Hook::Count: break;
  }
  return StageId::Count;
}

void run_functions(Hook hook, Burst& b, Worker& w, Leavers& out) noexcept;

template <Hook H>
struct Run {
  static constexpr auto id = stage_of(H);
  static bool idle(const Worker& w) noexcept { return w.tables->hooks->empty(H); }
  static void run(Burst& b, Worker& w, Leavers& out) noexcept { run_functions(H, b, w, out); }
};

}  // namespace flyover::hook
