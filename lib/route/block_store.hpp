// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : memory for many small blocks that are named by 32-bit offsets
// Guarantees : blocks do not move; offset 0 is no block; a block of up to 64 bytes lies in one cache line; what is given back is
//              taken again before new memory is
// Units      : 8 bytes
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "route/zero_pages.hpp"

namespace flyover::route {

class BlockStore {
 public:
  static constexpr unsigned kMaxUnits = 160;
  BlockStore(uint32_t units, ZeroPages::Kind kind) : pages_(size_t{units} * 8, kind), limit_(units) {}

  uint32_t take(unsigned units);  // 0: no room left
  void give(uint32_t at, unsigned units);
  void use_huge_pages();  // for blocks that are taken from now on
  uint64_t* begin() const { return static_cast<uint64_t*>(pages_.begin()); }

  uint32_t used() const { return used_; }                         // units in blocks
  uint32_t untouched() const { return limit_ - next_; }           // units that were never in a block
  size_t memory() const { return size_t{next_ - skipped_} * 8; }  // bytes
  size_t lists() const;                                           // ... of the lists of what is free

 private:
  uint32_t take_part(unsigned units);

  ZeroPages pages_;
  uint32_t limit_, next_ = 1, used_ = 0, skipped_ = 0;
  std::array<std::vector<uint32_t>, kMaxUnits + 1> free_;  // by size
};

}  // namespace flyover::route
