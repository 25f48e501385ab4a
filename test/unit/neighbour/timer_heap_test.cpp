// SPDX-License-Identifier: BSD-3-Clause
#include "neighbour/timer_heap.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <random>

using flyover::neighbour::TimerHeap;

TEST_CASE("timers come out in the order in which they are due") {
  TimerHeap heap;
  std::mt19937 random(7);
  std::map<uint32_t, uint64_t> due;  // the same, in the obvious way
  for (int i = 0; i < 20000; ++i) {
    const uint32_t id = random() % 500 + 1;
    switch (random() % 4) {
      case 0:
      case 1:
        due[id] = random() % 1000;
        heap.set(id, due[id]);
        break;
      case 2:
        due.erase(id);
        heap.cancel(id);
        break;
      case 3:
        if (due.empty()) break;
        uint64_t least = ~0ULL;
        for (const auto& [who, when] : due) least = std::min(least, when);
        REQUIRE(heap.next_due() == least);
        const uint32_t popped = heap.pop();
        REQUIRE(due.at(popped) == least);
        due.erase(popped);
    }
    REQUIRE(heap.empty() == due.empty());
    REQUIRE(heap.armed(id) == due.contains(id));
  }
}
