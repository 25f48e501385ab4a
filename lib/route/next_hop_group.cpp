// SPDX-License-Identifier: BSD-3-Clause
#include "route/next_hop_group.hpp"

#include <algorithm>

namespace flyover::route {
namespace {

constexpr uint32_t kAll = 0x7fffffff;  // the highest hash

}  // namespace

// fib_rebalance, nh_hthr_group_rebalance: upper bounds are rounded to the nearest.
NextHopGroup::NextHopGroup(GroupKind kind, const std::vector<Leg>& legs, const Dst* first,
                           std::shared_ptr<const Buckets> buckets)
    : kind_(kind), alone_(legs.size() == 1), first_(first), buckets_(std::move(buckets)) {
  front_.bound.lane.fill(kAll);
  front_.dst.fill(first);
  uint64_t total = 0, sum = 0;
  for (const Leg& leg : legs) {
    if (leg.chosen) total += leg.weight;
    member_.push_back(leg.dst);
    outs_.push_back(leg.dst->out);
  }
  for (const Leg& leg : legs) {
    if (!leg.chosen) continue;
    sum += leg.weight;
    if (size_ != 0 && size_ % kBlock == 0) {
      more_.emplace_back().bound.lane.fill(kAll);
      more_.back().dst.fill(first);
    }
    Block& block = size_ < kBlock ? front_ : more_.back();
    block.bound.lane[size_ % kBlock] = static_cast<uint32_t>(((sum << 31) + total / 2) / total - 1);
    block.dst[size_ % kBlock] = leg.dst;
    ++size_;
  }
  few_ = !alone_ && size_ <= kBlock && !buckets_;
}

bool NextHopGroup::uses(InterfaceId id) const noexcept {
  return std::find(outs_.begin(), outs_.end(), id) != outs_.end();
}

const NextHopGroup::Block* NextHopGroup::block_of(uint32_t hash) const noexcept {
  if (hash <= front_.bound.lane.back()) return &front_;
  const auto at = std::lower_bound(more_.begin(), more_.end(), hash,
                                   [](const Block& block, uint32_t h) { return block.bound.lane.back() < h; });
  return at == more_.end() ? &more_.back() : &*at;
}

}  // namespace flyover::route
