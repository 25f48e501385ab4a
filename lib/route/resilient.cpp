// SPDX-License-Identifier: BSD-3-Clause
#include "route/resilient.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace flyover::route {
namespace {

constexpr uint32_t kLeastWaitMs = 500;  // between two looks at the buckets

std::shared_ptr<Buckets> buckets_with(uint16_t count, const Buckets::Times& used) {
  return std::make_shared<Buckets>(count, used);
}

}  // namespace

ResilientTable::ResilientTable(uint16_t buckets, const std::vector<NextHopMember>& members, uint32_t idle_ms,
                               uint32_t unbalanced_ms, uint64_t now_ms)
    : bucket_(buckets),
      used_(new std::atomic<uint32_t>[buckets]()),
      published_(buckets_with(buckets, used_)),
      idle_ms_(idle_ms),
      unbalanced_timer_ms_(unbalanced_ms) {
  for (const NextHopMember& m : members) members_.push_back({.id = m.id, .weight = m.weight});
  rebalance(now_ms);
  upkeep(now_ms);
}

void ResilientTable::change(const std::vector<NextHopMember>& members, uint64_t now_ms) {
  std::vector<Member> old;
  old.swap(members_);
  for (const NextHopMember& m : members) members_.push_back({.id = m.id, .weight = m.weight});
  std::unordered_map<uint32_t, uint16_t> now;  // by id
  for (uint16_t n = 0; n < members_.size(); ++n) now.emplace(members_[n].id, n);
  published_ = buckets_with(static_cast<uint16_t>(bucket_.size()), used_);
  for (uint16_t i = 0; i < bucket_.size(); ++i) {
    Bucket& b = bucket_[i];
    const auto at = now.find(old[b.member].id);
    b.occupied = at != now.end();
    b.member = b.occupied ? at->second : uint16_t{0};
    if (b.occupied) ++members_[b.member].has;
    published_->set_member(i, b.member);
  }
  const bool was_unbalanced = !underweight_.empty();
  const uint64_t since = unbalanced_since_;
  rebalance(now_ms);
  if (was_unbalanced && !underweight_.empty()) unbalanced_since_ = since;
  upkeep(now_ms);
}

bool ResilientTable::tick(uint64_t now_ms) { return !underweight_.empty() && now_ms >= next_ms_ && upkeep(now_ms); }

// How many buckets each is owed; the last of those who have too few is the first to get one.
void ResilientTable::rebalance(uint64_t now_ms) {
  uint64_t total = 0, sum = 0, before = 0;
  for (const Member& m : members_) total += m.weight;
  underweight_.clear();
  for (Member& m : members_) {
    sum += m.weight;
    const uint64_t bound = (bucket_.size() * sum + total / 2) / total;
    m.wants = static_cast<uint32_t>(bound - std::exchange(before, bound));
    if (m.has >= m.wants) continue;
    if (underweight_.empty()) unbalanced_since_ = now_ms;
    underweight_.push_front(static_cast<uint16_t>(&m - members_.data()));
  }
}

bool ResilientTable::upkeep(uint64_t now_ms) {
  bool moved = false;
  uint32_t wait_ms = unbalanced_timer_ms_ ? unbalanced_timer_ms_ : idle_ms_;
  for (uint16_t i = 0; i < bucket_.size(); ++i) {
    if (!should_move(i, now_ms, wait_ms) || underweight_.empty()) continue;
    move(i, now_ms);
    moved = true;
  }
  next_ms_ = now_ms + std::max(wait_ms, kLeastWaitMs);
  return moved;
}

// `wait_ms` becomes no more than what it takes until this bucket may move.
bool ResilientTable::should_move(uint16_t bucket, uint64_t now_ms, uint32_t& wait_ms) const {
  const Bucket& b = bucket_[bucket];
  if (!b.occupied) return true;
  if (members_[b.member].has <= members_[b.member].wants) return false;
  const uint32_t idle = idle_ms(bucket, now_ms);
  if (published_->used_ms(bucket) == b.migrated_ms || idle >= idle_ms_) return true;
  if (unbalanced_timer_ms_) {
    const uint64_t unbalanced = now_ms - unbalanced_since_;
    if (unbalanced > unbalanced_timer_ms_) return true;
    wait_ms = std::min(wait_ms, static_cast<uint32_t>(unbalanced_timer_ms_ - unbalanced));
  }
  wait_ms = std::min(wait_ms, idle_ms_ - idle);
  return false;
}

void ResilientTable::move(uint16_t bucket, uint64_t now_ms) {
  Bucket& b = bucket_[bucket];
  if (b.occupied) --members_[b.member].has;
  b = {.member = underweight_.front(), .occupied = true, .migrated_ms = static_cast<uint32_t>(now_ms)};
  published_->set_member(bucket, b.member);
  published_->set_used(bucket, b.migrated_ms);
  Member& m = members_[b.member];
  if (++m.has == m.wants) underweight_.pop_front();
}

}  // namespace flyover::route
