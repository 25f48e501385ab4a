// SPDX-License-Identifier: BSD-3-Clause
#include "route/block_store.hpp"

#include "base/check.hpp"

namespace flyover::route {
namespace {

constexpr uint32_t kLine = 8;  // units in a cache line

}  // namespace

uint32_t BlockStore::take(unsigned units) {
  check(units > 0 && units <= kMaxUnits, "a block is of a size that the store has");
  uint32_t at = 0;
  if (!free_[units].empty()) {
    at = free_[units].back();
    free_[units].pop_back();
  } else {
    const uint32_t left = kLine - next_ % kLine;  // in this line
    const uint32_t gap = units <= kLine && left < units ? left : 0;
    if (limit_ - next_ < gap + units) return take_part(units);
    if (gap) free_[gap].push_back(next_);
    at = next_ + gap;
    next_ = at + units;
  }
  used_ += units;
  return at;
}

void BlockStore::give(uint32_t at, unsigned units) {
  free_[units].push_back(at);
  used_ -= units;
}

size_t BlockStore::lists() const {
  size_t bytes = 0;
  for (const auto& list : free_) bytes += list.capacity() * sizeof(list[0]);
  return bytes;
}

// What is free before them is left alone: it is little, and its pages are small.
void BlockStore::use_huge_pages() {
  const size_t bytes = pages_.use_huge_pages(memory());
  for (auto& list : free_) list.clear();
  skipped_ = static_cast<uint32_t>(bytes / 8) - next_;
  next_ += skipped_;
}

// The beginning of a larger block, when nothing else is left.
uint32_t BlockStore::take_part(unsigned units) {
  for (unsigned larger = units + 1; larger <= kMaxUnits; ++larger) {
    if (free_[larger].empty()) continue;
    const uint32_t at = free_[larger].back();
    free_[larger].pop_back();
    free_[larger - units].push_back(at + units);
    used_ += units;
    return at;
  }
  return 0;
}

}  // namespace flyover::route
