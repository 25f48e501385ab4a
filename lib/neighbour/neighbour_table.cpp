// SPDX-License-Identifier: BSD-3-Clause
#include "neighbour/neighbour_table.hpp"

namespace flyover::neighbour {

NeighbourTable::NeighbourTable()
    : entries_(std::make_unique<NeighbourEntry[]>(kEntries)),
      buckets_(std::make_unique<std::atomic<uint64_t>[]>(kBuckets)) {}

void NeighbourTable::insert(NeighbourId id, InterfaceId interface, Ipv4Address address) noexcept {
  NeighbourEntry& entry = entries_[id.value()];
  entry.interface = interface;
  entry.address = address;
  const uint64_t key = key_of(interface, address);
  for (uint32_t b = bucket_of(key);; b = (b + 1) % kBuckets) {
    const uint64_t slot = buckets_[b].load(std::memory_order_relaxed);
    if (slot != 0 && slot != kRemoved) continue;
    buckets_[b].store(key << 16 | id.value(), std::memory_order_release);
    return;
  }
}

void NeighbourTable::remove(NeighbourId id) noexcept {
  const NeighbourEntry& entry = entries_[id.value()];
  const uint64_t key = key_of(entry.interface, entry.address);
  for (uint32_t b = bucket_of(key);; b = (b + 1) % kBuckets) {
    const uint64_t slot = buckets_[b].load(std::memory_order_relaxed);
    if (slot == 0) return;
    if (slot != (key << 16 | id.value())) continue;
    // The end of a probe chain needs no marker, nor do the markers before it.
    const bool last = buckets_[(b + 1) % kBuckets].load(std::memory_order_relaxed) == 0;
    buckets_[b].store(last ? 0 : kRemoved, std::memory_order_release);
    if (last)
      for (uint32_t back = (b + kBuckets - 1) % kBuckets; buckets_[back].load(std::memory_order_relaxed) == kRemoved;
           back = (back + kBuckets - 1) % kBuckets)
        buckets_[back].store(0, std::memory_order_release);
    return;
  }
}

}  // namespace flyover::neighbour
