// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : which buckets of a resilient group go to which member, and when one may be moved
// Linux counterpart : nh_res_table: nh_res_group_rebalance, nh_res_table_migrate_buckets, nh_res_table_upkeep
// Expects           : times in ms, from any beginning, that go forward
// Guarantees        : a bucket in use stays with its member, unless that has gone, or the group has been unbalanced for longer
//                     than unbalanced_timer
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "route/buckets.hpp"
#include "route/next_hop_spec.hpp"

namespace flyover::route {

class ResilientTable {
 public:
  ResilientTable(uint16_t buckets, const std::vector<NextHopMember>& members, uint32_t idle_ms, uint32_t unbalanced_ms,
                 uint64_t now_ms);

  // Other members or weights: buckets of those that stay are theirs, those of others move at once.
  void change(const std::vector<NextHopMember>& members, uint64_t now_ms);
  // Moves what may be moved, when it is time; true if a bucket has moved.
  bool tick(uint64_t now_ms);
  void set_timers(uint32_t idle_ms, uint32_t unbalanced_ms) {
    idle_ms_ = idle_ms, unbalanced_timer_ms_ = unbalanced_ms;
  }

  std::shared_ptr<const Buckets> published() const { return published_; }
  uint16_t size() const { return published_->size(); }
  uint32_t idle_timer_ms() const { return idle_ms_; }
  uint32_t unbalanced_timer_ms() const { return unbalanced_timer_ms_; }
  uint32_t unbalanced_ms(uint64_t now_ms) const {
    return underweight_.empty() ? 0 : static_cast<uint32_t>(now_ms - unbalanced_since_);
  }
  uint32_t member_id(uint16_t bucket) const { return members_[bucket_[bucket].member].id; }
  uint32_t idle_ms(uint16_t bucket, uint64_t now_ms) const {
    const uint32_t ahead = published_->used_ms(bucket) - static_cast<uint32_t>(now_ms);
    return ahead < kMostAheadMs ? 0 : uint32_t{0} - ahead;
  }

 private:
  static constexpr uint32_t kMostAheadMs = 1 << 16;  // a worker's clock goes on while control is at work
  struct Member {
    uint32_t id, weight, wants = 0, has = 0;
  };
  struct Bucket {
    uint16_t member = 0;
    bool occupied = false;
    uint32_t migrated_ms = 0;
  };
  void rebalance(uint64_t now_ms);
  bool upkeep(uint64_t now_ms);
  bool should_move(uint16_t bucket, uint64_t now_ms, uint32_t& wait_ms) const;
  void move(uint16_t bucket, uint64_t now_ms);

  std::vector<Member> members_;
  std::vector<Bucket> bucket_;
  Buckets::Times used_;
  std::shared_ptr<Buckets> published_;  // of these members
  std::deque<uint16_t> underweight_;    // who gets the next bucket
  uint32_t idle_ms_, unbalanced_timer_ms_;
  uint64_t unbalanced_since_ = 0, next_ms_ = 0;
};

}  // namespace flyover::route
