// SPDX-License-Identifier: BSD-3-Clause
#include "hook/run.hpp"

namespace flyover::hook {
namespace {

// What has been decided about each row so far, and from which function on it takes part.
struct Judgement {
  std::array<Verdict, Burst::kMax> verdict{};
  std::array<uint16_t, Burst::kMax> from{};
};

using Rows = std::array<uint8_t, Burst::kMax>;  // by position in a batch

// Where a re-injected packet goes on. One whose function is gone is dropped, as Linux empties a queue whose hook goes.
void find_place(Hook hook, const std::vector<HookFunction>& functions, Packet& p, uint16_t& from, Verdict& v) noexcept {
  if (p.hook_after == 0 || hook_of(p.hook_after) != hook) return;
  const uint16_t handle = handle_of(p.hook_after);
  p.hook_after = 0;
  for (uint16_t i = 0; i < functions.size(); ++i)
    if (functions[i].handle == handle) {
      from = static_cast<uint16_t>(i + 1);
      return;
    }
  v = drop(DropReason::HookDrop);
}

// Takes the function's verdicts; keeps in the batch what it wants to see again.
void settle(Batch& batch, Rows& rows, const HookFunction& f, Judgement& j) noexcept {
  uint16_t again = 0;
  for (uint16_t i = 0; i < batch.size; ++i) {
    Verdict& v = j.verdict[rows[i]];
    switch (batch.verdict[i]) {
      case HookVerdict::Accept: break;
      case HookVerdict::Drop: v = drop(DropReason::HookDrop); break;
      case HookVerdict::Stolen: v = consumed(); break;
      case HookVerdict::Queue:
        batch.packet[i]->hook_after = place(batch.hook, f.handle);
        v = punt(PuntReason::HookQueue);
        break;
      case HookVerdict::Repeat:
        batch.packet[again] = batch.packet[i];
        batch.verdict[again] = HookVerdict::Accept;
        rows[again++] = rows[i];
        break;
    }
  }
  batch.size = again;
}

void run_one(Hook hook, const HookFunction& f, uint16_t index, Burst& b, Worker& w, Judgement& j) noexcept {
  Batch batch;
  Rows rows;
  batch.hook = hook;
  for (uint16_t row = 0; row < b.size(); ++row) {
    if (!j.verdict[row].goes_on() || j.from[row] > index) continue;
    rows[batch.size] = static_cast<uint8_t>(row);
    batch.packet[batch.size] = &b[row];
    batch.verdict[batch.size++] = HookVerdict::Accept;
  }
  for (int turn = 0; batch.size && turn <= kMaxRepeats; ++turn) {
    f.run(f.context, batch, w);
    settle(batch, rows, f, j);
  }
  for (uint16_t i = 0; i < batch.size; ++i) j.verdict[rows[i]] = drop(DropReason::HookDrop);
}

}  // namespace

void run_functions(Hook hook, Burst& b, Worker& w, Leavers& out) noexcept {
  const std::vector<HookFunction>& functions = w.tables->hooks->functions(hook);
  Judgement j;
  for (uint16_t row = 0; row < b.size(); ++row) find_place(hook, functions, b[row], j.from[row], j.verdict[row]);
  for (uint16_t i = 0; i < functions.size(); ++i) run_one(hook, functions[i], i, b, w, j);
  for (uint16_t row = 0; row < b.size(); ++row)
    if (!j.verdict[row].goes_on()) out.add(row, j.verdict[row], stage_of(hook));
}

}  // namespace flyover::hook
