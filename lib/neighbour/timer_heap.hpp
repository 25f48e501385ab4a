// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : one timer per neighbour, the earliest first
// Guarantees : setting, moving and cancelling cost O(log n); memory is bounded by the largest id, however often timers move
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace flyover::neighbour {

class TimerHeap {
 public:
  // Arms the timer of `id`, or moves it.
  void set(uint32_t id, uint64_t due) {
    if (id >= place_.size()) place_.resize(id + 1, kIdle);
    if (place_[id] == kIdle) {
      place_[id] = static_cast<uint32_t>(heap_.size());
      heap_.push_back({due, id});
    } else {
      heap_[place_[id]].due = due;
    }
    sift_down(sift_up(place_[id]));
  }
  void cancel(uint32_t id) {
    if (!armed(id)) return;
    const uint32_t hole = place_[id];
    place_[id] = kIdle;
    const Timer last = heap_.back();
    heap_.pop_back();
    if (hole == heap_.size()) return;
    put(hole, last);
    sift_down(sift_up(hole));
  }
  bool armed(uint32_t id) const { return id < place_.size() && place_[id] != kIdle; }
  bool empty() const { return heap_.empty(); }
  uint64_t next_due() const { return heap_.front().due; }  // not if empty()
  // Takes the earliest timer; not if empty().
  uint32_t pop() {
    const uint32_t id = heap_.front().id;
    cancel(id);
    return id;
  }

 private:
  static constexpr uint32_t kIdle = ~0U;
  struct Timer {
    uint64_t due;
    uint32_t id;
  };

  void put(uint32_t at, Timer t) {
    heap_[at] = t;
    place_[t.id] = at;
  }
  void swap(uint32_t a, uint32_t b) {
    const Timer t = heap_[a];
    put(a, heap_[b]);
    put(b, t);
  }
  uint32_t sift_up(uint32_t at) {
    for (; at > 0 && heap_[at].due < heap_[(at - 1) / 2].due; at = (at - 1) / 2) swap(at, (at - 1) / 2);
    return at;
  }
  void sift_down(uint32_t at) {
    for (;;) {
      uint32_t least = at;
      for (uint32_t child = 2 * at + 1; child <= 2 * at + 2 && child < heap_.size(); ++child)
        if (heap_[child].due < heap_[least].due) least = child;
      if (least == at) return;
      swap(at, least);
      at = least;
    }
  }

  std::vector<Timer> heap_;
  std::vector<uint32_t> place_;  // by id: where its timer is in the heap
};

}  // namespace flyover::neighbour
