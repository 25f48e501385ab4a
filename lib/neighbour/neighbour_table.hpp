// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : what packets read of neighbours: (interface, address) to MAC
// Linux counterpart : neigh_table (arp_tbl), ip_neigh_for_gw
// Guarantees        : entries live in a slab that is never given back; a MAC and its validity are one 64-bit word, so that a reader
//                     never sees half of a change; lookups are lock-free while the one writer inserts and removes. A removal
//                     moves entries: a reader in the midst of it may miss one, its packet then asks the writer. Nothing that
//                     was removed makes a search longer, and nobody outside can tell which addresses lie side by side.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "base/strong_id.hpp"
#include "net/address.hpp"

namespace flyover::neighbour {

struct alignas(64) NeighbourEntry {
  static constexpr uint64_t kMacMask = 0xffffffffffffULL;
  static constexpr uint64_t kUsable = 1ULL
                                      << 48;  // the MAC may be used: REACHABLE, STALE, DELAY, PROBE, PERMANENT, NOARP

  static constexpr uint64_t kUnanswered = 1ULL << 49;  // it is asked for, or has not answered: INCOMPLETE, FAILED

  std::atomic<uint64_t> word{0};  // MacAddress::word() | kUsable, or kUnanswered; control writes
  std::atomic<uint32_t> used{
      0};                 // when packets last went there, in seconds + 1; workers write, at most once a second each
  InterfaceId interface;  // set before the entry is published
  Ipv4Address address;
};
static_assert(sizeof(NeighbourEntry) == 64);

class NeighbourTable {
 public:
  static constexpr uint32_t kEntries = 1U << 16;  // slots of the slab; slot 0 is never used
  static constexpr uint32_t kBuckets = 1U << 17;  // open addressing, linear probing

  NeighbourTable();
  NeighbourEntry& at(NeighbourId id) const noexcept { return entries_[id.value()]; }
  NeighbourEntry* entries() const noexcept { return entries_.get(); }  // the slab, by NeighbourId
  // The entry's slot, or none.
  NeighbourId find(InterfaceId interface, Ipv4Address address) const noexcept {
    const uint64_t key = key_of(interface, address);
    for (uint32_t b = bucket_of(key);; b = (b + 1) % kBuckets) {
      const uint64_t slot = buckets_[b].load(std::memory_order_acquire);
      if (slot == 0) return kNoNeighbour;
      if ((slot >> 16) == key) return NeighbourId(static_cast<uint32_t>(slot & 0xffff));
    }
  }

  // Writer. insert: no entry of that key may exist. A removed slot is for reuse only after a grace period: the caller waits.
  void insert(NeighbourId id, InterfaceId interface, Ipv4Address address) noexcept;
  void remove(NeighbourId id) noexcept;

 private:
  // A bucket is {interface 16, address 32, slot 16} in one word; 0: empty.
  static uint64_t key_of(InterfaceId i, Ipv4Address a) noexcept { return uint64_t{i.value()} << 32 | a.host(); }
  uint32_t bucket_of(uint64_t key) const noexcept {
    const uint64_t mixed = key * factor_;
    return static_cast<uint32_t>((mixed ^ mixed >> 32) * 0x9e3779b97f4a7c15ULL >> 47);
  }

  const uint64_t factor_;  // odd, drawn anew by each table
  std::unique_ptr<NeighbourEntry[]> entries_;
  std::unique_ptr<std::atomic<uint64_t>[]> buckets_;
};

}  // namespace flyover::neighbour
