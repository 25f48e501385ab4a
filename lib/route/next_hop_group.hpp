// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : the legs of a route with several next hops, and which of them a packet takes
// Linux counterpart : fib_nh's of a fib_info with fib_nh_upper_bound, nh_group; fib_select_multipath, nexthop_select_path
// Guarantees        : immutable; replaced as a whole behind its Dst. Legs divide the 31-bit hashes by upper bounds, so that a
//                     flow keeps its leg as long as the legs stay
// Cost              : one comparison of 16 bounds at once
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/strong_id.hpp"
#include "route/buckets.hpp"
#include "route/dst.hpp"
#include "route/lanes.hpp"

namespace flyover::route {

enum class GroupKind : uint8_t {
  Legs,    // of a route's own: it depends on fib_multipath_use_neigh whether neighbours that fail are passed over
  Object,  // a next-hop object or group: such neighbours are always passed over
};

class NextHopGroup {
 public:
  struct Leg {
    const Dst* dst;
    uint32_t weight;
    bool chosen = true;  // false: dead, or without carrier where that is looked at
  };
  // `first`: the leg that counts where no leg is selected (fib_lookup). `buckets`: of a resilient group, else null.
  NextHopGroup(GroupKind kind, const std::vector<Leg>& legs, const Dst* first, std::shared_ptr<const Buckets> buckets);

  GroupKind kind() const noexcept { return kind_; }
  uint32_t size() const noexcept { return size_; }  // legs that may be selected
  const Dst& first() const noexcept { return *first_; }
  // fib_info_nh_uses_dev: has it a leg there, be it dead?
  bool uses(InterfaceId id) const noexcept;
  bool alone() const noexcept { return alone_; }  // there is nothing to select
  bool resilient() const noexcept { return buckets_ != nullptr; }
  size_t memory() const noexcept {  // bytes, without the buckets
    return sizeof *this + more_.capacity() * sizeof(Block) + member_.capacity() * sizeof(member_[0]) +
           outs_.capacity() * sizeof(outs_[0]);
  }

  // 2 to 16 legs, whose bounds are compared at once.
  bool few() const noexcept { return few_; }
  const Dst& by_few(uint32_t hash) const noexcept { return *front_.dst[count_less(front_.bound, hash)]; }

  // The leg whose share of 0 .. 2^31-1 holds the hash.
  const Dst& by_hash(uint32_t hash) const noexcept {
    const Block* block = &front_;
    if (size_ > kBlock) [[unlikely]]
      block = block_of(hash);
    return *block->dst[count_less(block->bound, hash)];
  }
  const Dst& by_bucket(uint32_t hash, uint32_t now_ms) const noexcept { return *member_[buckets_->take(hash, now_ms)]; }

  // good(const Dst&): may packets go there now? If nobody is good, the first.
  template <class Good>
  const Dst& select(uint32_t hash, Good good) const noexcept {
    const Dst& leg = by_hash(hash);
    if (good(leg)) [[likely]]
      return leg;
    const Dst* fallback = nullptr;
    for (uint32_t i = 0; i < size_; ++i) {
      const Block& block = at(i);
      const Dst& other = *block.dst[i % kBlock];
      if (!good(other)) continue;
      if (hash <= block.bound.lane[i % kBlock]) return other;
      if (!fallback) fallback = &other;
    }
    return fallback ? *fallback : *first_;
  }

  // Among the good legs one that speaks(const Dst&) with the packet's source address comes before the one of the hash.
  template <class Good, class Speaks>
  const Dst& select(uint32_t hash, Good good, Speaks speaks) const noexcept {
    const Dst* best = first_;
    int best_score = -1;
    for (uint32_t i = 0; i < size_ && best_score < 3; ++i) {
      const Block& block = at(i);
      const Dst& leg = *block.dst[i % kBlock];
      if (!good(leg)) continue;
      const int score = (speaks(leg) ? 2 : 0) + (hash <= block.bound.lane[i % kBlock] ? 1 : 0);
      if (score > best_score) best = &leg, best_score = score;
    }
    return *best;
  }

 private:
  static constexpr size_t kBlock = kLanes;
  struct alignas(64) Block {
    Lanes bound;                           // of legs that are not there: the highest
    std::array<const Dst*, kBlock> dst{};  // of legs that are not there: the first
  };
  const Block& at(uint32_t leg) const noexcept { return leg < kBlock ? front_ : more_[leg / kBlock - 1]; }
  const Block* block_of(uint32_t hash) const noexcept;

  Block front_;
  uint32_t size_ = 0;
  GroupKind kind_;
  bool alone_, few_ = false;
  const Dst* first_;
  std::shared_ptr<const Buckets> buckets_;
  std::vector<Block> more_;         // beyond the first 16 legs
  std::vector<const Dst*> member_;  // all legs, in the group's order
  std::vector<InterfaceId> outs_;   // of all legs
};

}  // namespace flyover::route
