// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : longest-prefix match over IPv4, 31-bit results
// Linux counterpart : fib_trie
// Guarantees        : one writer, any number of readers without locks; a reader sees the answer before or after an update,
//                     never a torn or a missing one. 0 = no route.
// Structure         : docs/fib.md. A root word for each /18 names a block of run-length coded values of its /24s; a large block
//                     stands for a /24 that has longer prefixes. A small table has a root word for each /12 and blocks beneath it
//                     for /18s. The default route stands aside, so that it costs one store. A block is replaced as a whole, or,
//                     while its runs stay the same, value by value; replaced ones are used again after a grace period.
// Cost              : two cache lines per lookup, mostly; 3 MiB for a full table and 12 for the writer's own, 20 KiB for a small one
#pragma once

#include <atomic>
#include <bit>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "net/address.hpp"
#include "packet/published.hpp"
#include "route/block_store.hpp"
#include "route/memory.hpp"
#include "route/prefix_tree.hpp"
#include "route/zero_pages.hpp"

namespace flyover::route {

class Fib {
 public:
  static constexpr uint32_t kMaxValue = (1U << 31) - 1;
  explicit Fib(Reclaimer& reclaimer);
  ~Fib();
  Fib(const Fib&) = delete;
  Fib& operator=(const Fib&) = delete;

  // Where to look, for a loop over many addresses; good until the thread is quiescent.
  class Reader {
   public:
    // Twice before a lookup, with other addresses in between: the root word, then the line of the block that it names.
    void prefetch(Ipv4Address a) const noexcept { prefetch(a.host()); }
    void prefetch_block(Ipv4Address a) const noexcept { prefetch_block(a.host()); }
    uint32_t lookup(Ipv4Address a) const noexcept { return lookup(a.host()); }
    // Many addresses in host order, and their values.
    void lookup(const uint32_t* hosts, uint32_t* values, unsigned count) const noexcept {
      for (unsigned i = 0; i < count; ++i) prefetch(hosts[i]);
      for (unsigned i = 0; i < count && !small(); ++i) prefetch_block(hosts[i]);
      for (unsigned i = 0; i < count; ++i) values[i] = lookup(hosts[i]);
    }
    // The whole table is in the nearest caches: nothing to prefetch.
    bool small() const noexcept { return shift_ != kShift; }

   private:
    friend class Fib;
    explicit Reader(const Fib& fib) noexcept
        : Reader(fib.root_.load(std::memory_order_acquire), fib.blocks_begin_, fib.fallback_) {}
    Reader(uintptr_t root, const uint64_t* blocks, const uint32_t& fallback) noexcept
        : root_(reinterpret_cast<const uint32_t*>(root & ~kSmall)),
          blocks_(blocks),
          shift_(root & kSmall ? kSmallShift : kShift),
          fallback_(&fallback) {}
    void prefetch(uint32_t host) const noexcept { __builtin_prefetch(&root_[host >> shift_]); }
    void prefetch_block(uint32_t host) const noexcept {
      const uint32_t word = load(root_[host >> kShift]);
      const uint32_t flat = static_cast<uint32_t>(static_cast<int32_t>(word) >> 31);  // all ones if it is
      __builtin_prefetch(reinterpret_cast<const uint8_t*>(block(word) + 1) + (host >> 7 & 126 & flat));
    }
    uint32_t lookup(uint32_t host) const noexcept {
      uint32_t word = load(root_[host >> shift_]), value;
      if (small()) {
        word = in_small_block(word, host >> kShift & 63);
        value = in_small_block(word, host >> 8 & 63);
      } else {
        value = in_block(word, host >> 8 & 63);
      }
      if (value - 1 < kMaxValue) [[likely]]
        return value;
      return value ? in_large_block(value, host & 255) : load(*fallback_);
    }
    const uint64_t* block(uint32_t word) const noexcept { return blocks_ + (word & kOffset); }
    // Whether a block is flat is as good as random, so that a branch would often be guessed wrongly.
    uint32_t in_block(uint32_t word, unsigned slot) const noexcept {
      static constexpr uint64_t kEachARun = ~uint64_t{1};
      const uint64_t runs = load(*(word & kFlat ? &kEachARun : block(word)));
      return leaf(block(word) + 1, word, static_cast<unsigned>(std::popcount(runs << (63 - slot))));
    }
    // A small table's packets often take the same way, and most of its blocks are constant.
    uint32_t in_small_block(uint32_t word, unsigned slot) const noexcept {
      if (word & kConstant) return load(*reinterpret_cast<const uint32_t*>(block(word) + 1));
      return in_block(word, slot);
    }
    uint32_t in_large_block(uint32_t word, unsigned slot) const noexcept {
      const unsigned part = slot >> 6, before = load(*block(word)) >> (8 * part) & 255;
      const uint64_t runs = load(block(word)[1 + part]);
      const uint32_t value =
          leaf(block(word) + 5, word, before + static_cast<unsigned>(std::popcount(runs << (63 - (slot & 63)))));
      return value ? value : load(*fallback_);
    }
    static uint32_t leaf(const uint64_t* leaves, uint32_t word, unsigned run) noexcept {
      if (word & kWide) return load(reinterpret_cast<const uint32_t*>(leaves)[run]);
      return load(reinterpret_cast<const uint16_t*>(leaves)[run]);
    }

    const uint32_t* root_;
    const uint64_t* blocks_;
    unsigned shift_;
    const uint32_t* fallback_;
  };
  Reader reader() const noexcept { return Reader(*this); }
  uint32_t lookup(Ipv4Address a) const noexcept { return reader().lookup(a); }

  // Writer. `set` adds or replaces. False when there is no memory: nothing has changed then.
  bool set(const Ipv4Prefix& prefix, uint32_t value);
  bool clear(const Ipv4Prefix& prefix);
  // Before some of these, at most kTogether, are set or cleared: what that will touch.
  static constexpr size_t kTogether = PrefixTree::kTogether;
  void prefetch(std::span<const Ipv4Prefix> prefixes) const;
  size_t size() const { return tree_.size() + (fallback_ != 0); }  // prefixes
  Memory memory() const;

 private:
  // The name of a block: where it begins, in units of 8 bytes, and what its leaves are: 32 bits wide, else 16; one for each
  // slot, else one for each run; kConstant: there is one run only. In a leaf, kLarge says that the rest is the name of a large block and not a value.
  static constexpr uint32_t kFlat = 1U << 31, kLarge = 1U << 31, kWide = 1U << 30, kConstant = 1U << 29,
                            kOffset = kConstant - 1;
  static constexpr unsigned kShift = 14, kSmallShift = 20;  // a root word for each /18, /12
  static constexpr uintptr_t kSmall = 1;                    // beside the root's address

  using Cover = PrefixTree::Cover;
  using Node = PrefixTree::Node;
  struct Concern {
    Ipv4Prefix where;
    uint8_t depth;  // what is covered by longer prefixes than this is as it was
  };
  struct Shape {
    unsigned head, leaves, units;
  };
  template <class T>
  static T load(const T& word) noexcept {
    return __atomic_load_n(&word, __ATOMIC_ACQUIRE);
  }

  Reader writers_view() const { return {root_now(), blocks_begin_, fallback_}; }
  uintptr_t root_now() const { return reinterpret_cast<uintptr_t>(root_pages_->begin()) | (small_ ? kSmall : 0); }
  bool make_room(const Ipv4Prefix& prefix);
  void grow();
  void refresh(const Concern& c);
  void refresh_group(uint32_t group, const Node* node, Cover above, const Concern& c);
  uint32_t refresh_block(uint32_t old, const Node* node, Cover above, const Concern& c);
  uint32_t refresh_large_block(uint32_t old, const Node* node, uint32_t above);
  uint32_t constant(uint32_t value);
  template <unsigned kSlots>
  uint32_t encode(const uint32_t* values, uint32_t old);
  template <unsigned kSlots>
  static Shape shape_of(uint32_t word, unsigned leaves);
  template <unsigned kSlots>
  void drop(uint32_t word);
  void hand_back();

  // What a reader loads, in one line.
  alignas(64) std::atomic<uintptr_t> root_;
  const uint64_t* blocks_begin_;
  uint32_t fallback_ = 0;

  bool small_ = true;
  Reclaimer& reclaimer_;
  PrefixTree tree_;
  std::shared_ptr<ZeroPages> root_pages_;
  std::shared_ptr<BlockStore> blocks_;                // shared with what waits in the reclaimer, which may outlive this
  std::unordered_map<uint32_t, uint32_t> constants_;  // values that a whole /18 has, to the blocks that say so
  std::pair<uint32_t, uint32_t> last_constant_;
  std::vector<std::pair<uint32_t, unsigned>>
      dropped_;  // blocks that no reader finds any more, not yet with the reclaimer
};

}  // namespace flyover::route
