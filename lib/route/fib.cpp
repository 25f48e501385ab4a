// SPDX-License-Identifier: BSD-3-Clause
#include "route/fib.hpp"

#include "base/check.hpp"

namespace flyover::route {

Fib::Fib(Reclaimer& reclaimer)
    : reclaimer_(reclaimer),
      top_pages_(kTopWords * sizeof(Word)),
      group_pages_(kGroups * kGroupWords * sizeof(Word)),
      top_(static_cast<Word*>(top_pages_.begin())),
      groups_(static_cast<Word*>(group_pages_.begin())),
      free_groups_(std::make_shared<std::vector<uint32_t>>()) {}

bool Fib::set(const Ipv4Prefix& prefix, uint32_t value) {
  check(value != 0 && value <= kMaxValue, "a route's value is 1 to 2^24 - 1");
  if (prefix.length() == 0) {
    fallback_.store(value, std::memory_order_release);
    return true;
  }
  return write(prefix, {.from = 0, .to = prefix.length(), .word = make(prefix.length(), value)});
}

bool Fib::clear(const Ipv4Prefix& prefix, uint8_t covering_length, uint32_t covering_value) {
  if (prefix.length() == 0) {
    fallback_.store(0, std::memory_order_release);
    return true;
  }
  check(covering_length < prefix.length(), "a covering prefix is shorter");
  const uint32_t word = covering_length == 0 ? 0 : make(covering_length, covering_value);
  return write(prefix, {.from = prefix.length(), .to = prefix.length(), .word = word});
}

bool Fib::write(const Ipv4Prefix& prefix, const Change& change) {
  Word* first = top_ + (prefix.network().host() >> 8);
  if (prefix.length() > 24) return write_group(prefix, *first, change);
  for (Word *at = first, *end = first + (size_t{1} << (24 - prefix.length())); at != end; ++at) {
    const uint32_t old = at->load(std::memory_order_relaxed);
    if (old & kExtended) [[unlikely]]
      apply(group(old), kGroupWords, change);
    else if (change.concerns(old))
      at->store(change.word, std::memory_order_release);
  }
  return true;
}

bool Fib::write_group(const Ipv4Prefix& prefix, Word& slot, const Change& change) {
  uint32_t top = slot.load(std::memory_order_relaxed);
  if (!(top & kExtended)) {
    if (change.from != 0) return true;  // to be cleared, and nothing of it is there
    top = extend(slot);
    if (top == 0) return false;
  }
  const uint32_t number = top & kMaxValue;
  const int longer = apply(group(top) + (prefix.network().host() & 255), size_t{1} << (32 - prefix.length()), change);
  longer_[number] = static_cast<uint16_t>(longer_[number] + longer);
  if (longer_[number] == 0) collapse(slot);
  return true;
}

// Returns by how much the number of words longer than /24 grew.
int Fib::apply(Word* at, size_t count, const Change& change) {
  int longer = 0;
  for (Word* end = at + count; at != end; ++at) {
    const uint32_t old = at->load(std::memory_order_relaxed);
    if (!change.concerns(old)) continue;
    longer += (depth(change.word) > 24) - (depth(old) > 24);
    at->store(change.word, std::memory_order_release);
  }
  return longer;
}

// Puts a group, filled with what the word says, in the word's place; gives the new word, or 0 when there is no group left.
uint32_t Fib::extend(Word& slot) {
  if (free_groups_->empty() && used_groups_ == kGroups) reclaimer_.poll();
  uint32_t number = used_groups_;
  if (!free_groups_->empty()) {
    number = free_groups_->back();
    free_groups_->pop_back();
  } else if (used_groups_ == kGroups) {
    return 0;
  } else {
    ++used_groups_;
    longer_.push_back(0);
  }
  const uint32_t top = kExtended | number;
  const uint32_t fill = slot.load(std::memory_order_relaxed);
  for (Word *at = group(top), *end = at + kGroupWords; at != end; ++at) at->store(fill, std::memory_order_relaxed);
  slot.store(top, std::memory_order_release);
  return top;
}

// No word of the group is longer than /24, so all are equal: the top word says it alone. Readers may still be in the group.
void Fib::collapse(Word& slot) {
  const uint32_t top = slot.load(std::memory_order_relaxed);
  slot.store(group(top)->load(std::memory_order_relaxed), std::memory_order_release);
  reclaimer_.retire([free = free_groups_, number = top & kMaxValue] { free->push_back(number); });
}

size_t Fib::memory() const {
  return top_pages_.resident(kTopWords * sizeof(Word)) +
         group_pages_.resident(used_groups_ * kGroupWords * sizeof(Word));
}

}  // namespace flyover::route
