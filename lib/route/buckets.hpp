// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : the buckets of a resilient next-hop group: which member has which share of the hashes, and when each was
//                     last used
// Linux counterpart : nh_res_table, nh_res_bucket; nh_res_table_upkeep decides in ResilientTable
// Guarantees        : packets read a bucket's member and mark it used, control writes members in place; members are numbers
//                     within one version of the group, so a group whose members change gets new Buckets, with the old times
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

namespace flyover::route {

class Buckets {
 public:
  using Times = std::shared_ptr<std::atomic<uint32_t>[]>;
  Buckets(uint16_t count, Times used)
      : count_(count), member_(new std::atomic<uint16_t>[count]()), used_(std::move(used)) {}

  uint16_t size() const noexcept { return count_; }
  size_t memory() const noexcept { return sizeof *this + count_ * (sizeof member_[0] + sizeof used_[0]); }  // bytes
  // The member that packets of this hash go to, from now on one that is in use.
  uint16_t take(uint32_t hash, uint32_t now_ms) const noexcept {
    const uint32_t bucket = hash % count_;
    if (used_[bucket].load(std::memory_order_relaxed) != now_ms) used_[bucket].store(now_ms, std::memory_order_relaxed);
    return member_[bucket].load(std::memory_order_relaxed);
  }

  void set_member(uint16_t bucket, uint16_t member) noexcept {
    member_[bucket].store(member, std::memory_order_relaxed);
  }
  uint32_t used_ms(uint16_t bucket) const noexcept { return used_[bucket].load(std::memory_order_relaxed); }
  void set_used(uint16_t bucket, uint32_t ms) noexcept { used_[bucket].store(ms, std::memory_order_relaxed); }

 private:
  uint16_t count_;
  std::unique_ptr<std::atomic<uint16_t>[]> member_;
  Times used_;
};

}  // namespace flyover::route
