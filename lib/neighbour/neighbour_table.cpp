// SPDX-License-Identifier: BSD-3-Clause
#include "neighbour/neighbour_table.hpp"

#include "base/secret.hpp"

namespace flyover::neighbour {

NeighbourTable::NeighbourTable()
    : factor_(secret() | 1),
      entries_(std::make_unique<NeighbourEntry[]>(kEntries)),
      buckets_(std::make_unique<std::atomic<uint64_t>[]>(kBuckets)) {}

void NeighbourTable::insert(NeighbourId id, InterfaceId interface, Ipv4Address address) noexcept {
  NeighbourEntry& entry = entries_[id.value()];
  entry.interface = interface;
  entry.address = address;
  const uint64_t key = key_of(interface, address);
  for (uint32_t b = bucket_of(key);; b = (b + 1) % kBuckets) {
    const uint64_t slot = buckets_[b].load(std::memory_order_relaxed);
    if (slot != 0) continue;
    buckets_[b].store(key << 16 | id.value(), std::memory_order_release);
    return;
  }
}

// What lies behind the gap moves into it where its search would end there (Knuth 6.4, algorithm R): a mark instead would stay
// until the end of its run of buckets goes, and runs would grow together with every neighbour that comes and goes.
void NeighbourTable::remove(NeighbourId id) noexcept {
  const NeighbourEntry& entry = entries_[id.value()];
  const uint64_t key = key_of(entry.interface, entry.address), gone = key << 16 | id.value();
  uint32_t gap = bucket_of(key);
  for (;; gap = (gap + 1) % kBuckets) {
    const uint64_t slot = buckets_[gap].load(std::memory_order_relaxed);
    if (slot == 0) return;
    if (slot == gone) break;
  }
  for (uint32_t b = (gap + 1) % kBuckets;; b = (b + 1) % kBuckets) {
    const uint64_t slot = buckets_[b].load(std::memory_order_relaxed);
    if (slot == 0) break;
    const uint32_t home = bucket_of(slot >> 16);
    if ((b - home) % kBuckets < (b - gap) % kBuckets) continue;  // its search begins behind the gap
    buckets_[gap].store(slot, std::memory_order_release);
    gap = b;
  }
  buckets_[gap].store(0, std::memory_order_release);
}

}  // namespace flyover::neighbour
