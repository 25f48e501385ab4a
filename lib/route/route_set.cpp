// SPDX-License-Identifier: BSD-3-Clause
#include "route/route_set.hpp"

#include <algorithm>
#include <bit>

namespace flyover::route {
namespace {

constexpr size_t kFirstSlots = 64;  // and buckets
constexpr uint32_t kFirstEntries = 32;
constexpr uint64_t kIndexMask = (1U << 26) - 1;

// In the order of the walk: by network, the longest prefix first.
uint64_t order_of(const Ipv4Prefix& p) { return uint64_t{p.network().host()} << 6 | (32U - p.length()); }

size_t tos_slot(uint8_t tos) {
  return tos >> 2 < static_cast<int>(RouteSet::kTosSlots) ? tos >> 2 : RouteSet::kTosSlots;
}

}  // namespace

RouteSet::RouteSet()
    : first_chunk_(kFirstEntries),
      slots_(kFirstSlots),
      shift_(64 - std::countr_zero(kFirstSlots)),
      buckets_(kFirstSlots),
      bucket_shift_(32 - std::countr_zero(kFirstSlots)) {
  chunks_.push_back(std::make_unique<Entry[]>(kFirstEntries));  // entry 0 stands for none
}

// Where the key is, or the empty slot where its search ends.
size_t RouteSet::slot_of(uint64_t key) const {
  size_t slot = home(key);
  while (slots_[slot] != 0 && slots_[slot] >> kIndexBits != key) slot = (slot + 1) & (slots_.size() - 1);
  return slot;
}

RouteSet::Index RouteSet::find(const Ipv4Prefix& prefix) const {
  return static_cast<Index>(slots_[slot_of(key_of(prefix))] & kIndexMask);
}

RouteSet::Index RouteSet::longest(Ipv4Address address, uint8_t length) const {
  for (int l = length; l >= 0; --l) {
    if (by_length_[static_cast<size_t>(l)] == 0) continue;
    if (const Index i = find(Ipv4Prefix(address, static_cast<uint8_t>(l)))) return i;
  }
  return 0;
}

bool RouteSet::insert(const Ipv4Prefix& prefix, Index after, uint8_t tos, uint32_t metric, uint32_t path) {
  const Index i = take_entry();
  if (i == 0) return false;
  entry(i) = {
      .network = prefix.network().host(), .length = prefix.length(), .tos = tos, .metric = metric, .path = path};
  ++size_, ++by_tos_[tos_slot(tos)];
  if (after != 0) {
    entry(i).next = entry(after).next;
    entry(after).next = i;
    return true;
  }
  if ((prefixes_ + 1) * 2 > slots_.size()) grow();
  const uint64_t key = key_of(prefix);
  uint64_t& slot = slots_[slot_of(key)];
  if (const auto first = static_cast<Index>(slot & kIndexMask)) {
    entry(i).next = first;
    unlink(first);
  } else {
    ++prefixes_, ++by_length_[prefix.length()];
  }
  slot = key << kIndexBits | i;
  link(i);
  return true;
}

void RouteSet::erase(Index i) {
  const Ipv4Prefix prefix = entry(i).prefix();
  const uint64_t key = key_of(prefix);
  const size_t slot = slot_of(key);
  const Index next = entry(i).next;
  if (const auto first = static_cast<Index>(slots_[slot] & kIndexMask); first != i) {
    Index before = first;
    while (entry(before).next != i) before = entry(before).next;
    entry(before).next = next;
  } else {
    unlink(i);
    if (next != 0) {
      slots_[slot] = key << kIndexBits | next;
      link(next);
    } else {
      remove_slot(slot);
      --prefixes_, --by_length_[prefix.length()];
    }
  }
  --by_tos_[tos_slot(entry(i).tos)];
  entry(i) = {.next = free_};
  free_ = i;
  --size_;
}

// Those behind the hole move up, as far as their search would begin at or before it.
void RouteSet::remove_slot(size_t hole) {
  const size_t mask = slots_.size() - 1;
  for (size_t at = (hole + 1) & mask; slots_[at] != 0; at = (at + 1) & mask) {
    const size_t from = home(slots_[at] >> kIndexBits);
    if (((at - from) & mask) < ((at - hole) & mask)) continue;
    slots_[hole] = slots_[at];
    hole = at;
  }
  slots_[hole] = 0;
}

void RouteSet::grow() {
  std::vector<uint64_t> old(slots_.size() * 2);
  old.swap(slots_);
  --shift_;
  for (const uint64_t word : old)
    if (word != 0) slots_[slot_of(word >> kIndexBits)] = word;
  if (buckets_.size() < kMostBuckets) grow_buckets();
}

// Each bucket becomes two.
void RouteSet::grow_buckets() {
  std::vector<Index> old(buckets_.size() * 2);
  old.swap(buckets_);
  --bucket_shift_;
  for (Index i : old)
    for (Index next = 0; i != 0; i = next) {
      next = at(i).bucket_next;
      link(i);
    }
}

RouteSet::Index RouteSet::take_entry() {
  if (const Index i = free_) {
    free_ = entry(i).next;
    return i;
  }
  if (unused_ > kMaxRoutes) return 0;
  if (unused_ == first_chunk_ && first_chunk_ < kChunk) {
    auto larger = std::make_unique<Entry[]>(2 * first_chunk_);
    std::copy_n(chunks_[0].get(), first_chunk_, larger.get());
    chunks_[0] = std::move(larger);
    first_chunk_ *= 2;
  }
  if (unused_ / kChunk >= chunks_.size()) chunks_.push_back(std::make_unique<Entry[]>(kChunk));
  return unused_++;
}

void RouteSet::link(Index i) {
  Index& head = bucket_of(at(i));
  entry(i).bucket_next = head;
  entry(i).bucket_previous = 0;
  if (head != 0) entry(head).bucket_previous = i;
  head = i;
}

void RouteSet::unlink(Index i) {
  const Entry& e = entry(i);
  if (e.bucket_next != 0) entry(e.bucket_next).bucket_previous = e.bucket_previous;
  if (e.bucket_previous != 0)
    entry(e.bucket_previous).bucket_next = e.bucket_next;
  else
    bucket_of(e) = e.bucket_next;
}

void RouteSet::walk(std::optional<Ipv4Prefix> after, const std::function<bool(Index)>& visit) const {
  std::vector<std::pair<uint64_t, Index>> sorted;
  for (size_t bucket = after ? after->network().host() >> bucket_shift_ : 0; bucket < buckets_.size(); ++bucket) {
    if (buckets_[bucket] == 0) continue;
    sorted.clear();
    for (Index i = buckets_[bucket]; i != 0; i = at(i).bucket_next) {
      const uint64_t order = order_of(at(i).prefix());
      if (!after || order > order_of(*after)) sorted.emplace_back(order, i);
    }
    std::sort(sorted.begin(), sorted.end());
    for (const auto& [order, i] : sorted)
      if (!visit(i)) return;
  }
}

RouteSet::Index RouteSet::each(Index from, const std::function<bool(Index)>& visit) const {
  for (Index i = from; i < unused_; ++i)
    if (at(i).path != 0 && !visit(i)) return i + 1;
  return 0;
}

}  // namespace flyover::route
