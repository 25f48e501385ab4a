// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : longest-prefix match over IPv4, 24-bit results
// Linux counterpart : fib_trie
// Guarantees        : one writer, any number of readers without locks; a reader sees the answer before or after an update,
//                     never a torn or a missing one. 0 = no route.
// Structure         : DIR-24-8: a word for each /24, groups of 256 words for longer prefixes. A word is
//                     {extended 1, depth 6, value 24}; the default route stands aside, so that it costs one store.
//                     An update writes only words of its own depth or less. A group that is no longer needed is used again
//                     after a grace period.
// Cost              : one cache line per lookup, two beneath a /24; 64 MiB + 1 KiB per /24 with longer prefixes of memory
//                     that is mapped but costs nothing until it is written
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "net/address.hpp"
#include "packet/published.hpp"
#include "route/zero_pages.hpp"

namespace flyover::route {

class Fib {
 public:
  static constexpr uint32_t kMaxValue = (1U << 24) - 1;
  explicit Fib(Reclaimer& reclaimer);
  Fib(const Fib&) = delete;
  Fib& operator=(const Fib&) = delete;

  // Where to look, for a loop over many addresses: it never changes.
  class Reader {
   public:
    void prefetch(Ipv4Address a) const noexcept { __builtin_prefetch(&top_[a.host() >> 8]); }
    size_t lookup(Ipv4Address a) const noexcept {
      const uint32_t host = a.host();
      size_t word = load(top_[host >> 8]);
      if (word & kExtended) [[unlikely]]
        word = load(groups_[(word & kMaxValue) * kGroupWords + (host & 255)]);
      const size_t value = word & kMaxValue;
      return value ? value : load(*fallback_);
    }

   private:
    friend class Fib;
    Reader(const Fib& fib) : top_(fib.top_), groups_(fib.groups_), fallback_(&fib.fallback_) {}
    const std::atomic<uint32_t>*top_, *groups_, *fallback_;
  };
  Reader reader() const noexcept { return Reader(*this); }
  uint32_t lookup(Ipv4Address a) const noexcept { return static_cast<uint32_t>(reader().lookup(a)); }

  // Writer. `set` adds or replaces; `clear` removes `prefix`, whose next shorter covering prefix (length and value; 0, 0 if
  // none longer than /0) takes its place. False when the groups are used up: nothing has changed then.
  bool set(const Ipv4Prefix& prefix, uint32_t value);
  bool clear(const Ipv4Prefix& prefix, uint8_t covering_length, uint32_t covering_value);
  size_t memory() const;  // bytes in use

 private:
  using Word = std::atomic<uint32_t>;
  static constexpr uint32_t kExtended = 1U << 31;
  static constexpr size_t kTopWords = size_t{1} << 24, kGroupWords = 256;
  static constexpr uint32_t kGroups =
      1U << 20;  // 1 GiB of address space; one for each /24 that has longer prefixes in it

  struct Change {  // words of a depth in [from, to] become `word`
    uint8_t from, to;
    uint32_t word;
    bool concerns(uint32_t old) const { return depth(old) >= from && depth(old) <= to; }
  };

  static uint32_t load(const Word& w) noexcept { return w.load(std::memory_order_acquire); }
  static uint8_t depth(uint32_t word) { return word >> 24 & 63; }
  static uint32_t make(uint8_t depth, uint32_t value) { return uint32_t{depth} << 24 | value; }
  Word* group(uint32_t word) const noexcept { return groups_ + size_t{word & kMaxValue} * kGroupWords; }
  bool write(const Ipv4Prefix& prefix, const Change& change);
  bool write_group(const Ipv4Prefix& prefix, Word& slot, const Change& change);
  static int apply(Word* at, size_t count, const Change& change);
  uint32_t extend(Word& slot);
  void collapse(Word& slot);

  Reclaimer& reclaimer_;
  ZeroPages top_pages_, group_pages_;
  Word* top_;
  Word* groups_;  // kGroups * kGroupWords words
  std::atomic<uint32_t> fallback_{0};
  std::shared_ptr<std::vector<uint32_t>>
      free_groups_;               // shared with what waits in the reclaimer, which may outlive this
  std::vector<uint16_t> longer_;  // by group: how many of its words are longer than /24
  uint32_t used_groups_ = 0;      // ever taken from the end
};

}  // namespace flyover::route
