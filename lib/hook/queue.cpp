// SPDX-License-Identifier: BSD-3-Clause
#include "hook/queue.hpp"

#include "packet/run.hpp"

namespace flyover::hook {

Queue::~Queue() { check(waiting_.empty(), "a hook queue was destroyed with packets in it"); }

void Queue::listen(bool on, Worker& w) {
  listening_ = on;
  if (!on) drop_all(DropReason::HookQueueFull, w);
}

void Queue::put(rte_mbuf* m, Worker& w) {
  if (!listening_ || waiting_.size() >= kMost || !share_.take(m)) return discard(m, DropReason::HookQueueFull, w);
  waiting_.emplace(++last_, m);
}

std::optional<Queue::Waiting> Queue::next() {
  const auto at = waiting_.upper_bound(shown_);
  if (at == waiting_.end()) return std::nullopt;
  Waiting w{.id = at->first, .hook = hook_of(note_of(at->second).hook_after), .packet = {}};
  reload(w.packet, at->second);
  shown_ = w.id;
  return w;
}

std::optional<Packet> Queue::judge(uint32_t id, HookVerdict verdict, Worker& w) {
  const auto at = waiting_.find(id);
  if (at == waiting_.end()) return std::nullopt;
  rte_mbuf* m = at->second;
  share_.give(m);
  waiting_.erase(at);
  if (verdict != HookVerdict::Accept) {
    discard(m, DropReason::HookDrop, w);
    return std::nullopt;
  }
  Packet p;
  reload(p, m);
  return p;
}

void Queue::drop_of(uint16_t handle, Worker& w) {
  std::erase_if(waiting_, [&](const auto& entry) {
    if (handle_of(note_of(entry.second).hook_after) != handle) return false;
    share_.give(entry.second);
    discard(entry.second, DropReason::HookDrop, w);
    return true;
  });
}

void Queue::clear(Worker& w) { drop_all(DropReason::Shutdown, w); }

void Queue::drop_all(DropReason reason, Worker& w) {
  for (const auto& [id, m] : waiting_) {
    share_.give(m);
    discard(m, reason, w);
  }
  waiting_.clear();
}

}  // namespace flyover::hook
