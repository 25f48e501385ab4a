// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : what packets read of exceptions: destinations that are reached otherwise than the Dst of their route says,
//                     with a smaller MTU or by another router
// Linux counterpart : find_exception, rt_bind_exception
// Guarantees        : const, noexcept; a packet sees an exception as it was or as it is, or none. Memory is fixed: 8 to a line
// Cost              : only behind a Dst that says it has some: one line of the table and the exception's Dst
#pragma once

#include <atomic>
#include <cstdint>

#include "route/dst.hpp"
#include "route/zero_pages.hpp"

namespace flyover::route {

class ExceptionTable {
 public:
  static constexpr uint32_t kWays = 8, kLines = 4096, kRoom = kWays * kLines;
  static constexpr uint32_t kSlots = 65536;  // more than kRoom, for those that wait for their grace period
  explicit ExceptionTable(uint64_t key)
      : key_(key | 1),
        word_pages_(kRoom * sizeof(Word), ZeroPages::Kind::Small),
        slot_pages_(kSlots * sizeof(Slot), ZeroPages::Kind::Small),
        words_(static_cast<Word*>(word_pages_.begin())),
        slots_(static_cast<Slot*>(slot_pages_.begin())) {}

  // The Dst of `to` behind `base`, whose number that is; `base` itself where there is no exception.
  const Dst& find(const Dst& base, uint32_t number, Ipv4Address to, Use use) const noexcept {
    const Word* word = words_ + line_of(number, to);
    for (uint32_t i = 0; i < kWays; ++i) {
      const uint64_t entry = word[i].load(std::memory_order_acquire);
      if (entry >> 32 != to.raw()) continue;
      const Dst& found = slots_[entry & (kSlots - 1)].of(use);
      if (found.base == &base) return found;
    }
    return base;
  }

 private:
  friend class Exceptions;
  using Word = std::atomic<uint64_t>;  // the destination, and below it the slot; slot 0: free
  struct Slot {
    Dst forward, own;
    const Dst& of(Use use) const noexcept { return use == Use::Own ? own : forward; }
  };
  // The first of the words of a line. Keyed, so that nobody outside knows which destinations share one.
  uint32_t line_of(uint32_t number, Ipv4Address to) const noexcept {
    const uint64_t hash = ((uint64_t{number} << 32 | to.raw()) ^ key_ >> 7) * key_;
    return static_cast<uint32_t>((hash ^ hash >> 29) * key_ >> 52) * kWays;
  }

  const uint64_t key_;
  ZeroPages word_pages_, slot_pages_;
  Word* words_;
  Slot* slots_;
};

}  // namespace flyover::route
