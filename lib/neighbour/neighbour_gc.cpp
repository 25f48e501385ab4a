// SPDX-License-Identifier: BSD-3-Clause
// Which neighbours are forgotten, and when.
#include <algorithm>

#include "neighbour/neighbour_control.hpp"

namespace flyover::neighbour {
namespace {

constexpr int64_t kSettled = 5000;      // ms: what was updated later than that is spared
constexpr int64_t kBetweenRuns = 5000;  // ms between two forced collections that gc_thresh2 causes

}  // namespace

// The head of neigh_alloc: may there be another entry?
bool NeighbourControl::make_room() {
  if (collectable_ < std::min(thresholds_.thresh2, thresholds_.thresh3)) return true;
  const bool full = collectable_ >= thresholds_.thresh3;
  if (!full && now() <= forced_gc_ + kBetweenRuns) return true;
  return forced_gc() != 0 || !full;
}

// neigh_forced_gc: down to gc_thresh2, if there is enough that may go.
uint32_t NeighbourControl::forced_gc() {
  ++stats_.forced_gc_runs;
  forced_gc_ = now();
  const uint32_t most = collectable_ > thresholds_.thresh2 ? collectable_ - thresholds_.thresh2 : 0;
  uint32_t gone = 0;
  while (failed_.first && gone < most) erase(failed_.first), ++gone;
  // The list is in the order of updates: the first one that is young ends it.
  while (aging_.first && gone < most && records_[aging_.first].updated < now() - kSettled) erase(aging_.first), ++gone;
  return gone;
}

bool NeighbourControl::unused_for_long(uint32_t id) {
  notice_use(id);
  Record& r = records_[id];
  r.used = std::max(r.used, r.confirmed);
  return now() >= r.used + parameters_of(id).settings.gc_stale_time_ms;
}

// neigh_periodic_work
void NeighbourControl::periodic_gc() {
  periodic_gc_ = now();
  ++stats_.periodic_gc_runs;
  if (collectable_ < thresholds_.thresh1) return;
  for (const Idle which : {Idle::Failed, Idle::Aging})
    for (uint32_t id = list_of(which).first; id;) {
      const uint32_t next = records_[id].idle_next;
      if (records_[id].state == State::Failed || unused_for_long(id)) erase(id);
      id = next;
    }
}

}  // namespace flyover::neighbour
