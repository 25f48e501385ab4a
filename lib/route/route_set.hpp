// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : the routes of one table, for control: found by prefix, walked in the order that `ip route show` prints
// Linux counterpart : fib_table's trie with its fib_aliases
// Structure         : a hash of prefixes whose words hold the whole key; routes of one prefix are chained, by type of service
//                     from the highest down, then by metric; prefixes whose networks have the first bits in common are chained
//                     unsorted, in a bucket, and sorted when they are walked: up to 16 bits, the more the larger the set is
// Cost              : one cache miss to find, three to insert; 40 bytes a route, 3 KiB an empty set
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "net/address.hpp"

namespace flyover::route {

class RouteSet {
 public:
  using Index = uint32_t;  // of an entry; 0 = none
  static constexpr size_t kMaxRoutes = (size_t{1} << 26) - 1;
  struct Entry {
    uint32_t network = 0;
    uint8_t length = 0;
    uint8_t tos = 0;  // 0: for all packets
    uint32_t metric = 0;
    uint32_t path = 0;                           // 0: the entry is free
    Index next = 0;                              // of the same prefix; or the next free one
    Index bucket_next = 0, bucket_previous = 0;  // of a prefix's first entry only
    Ipv4Prefix prefix() const { return Ipv4Prefix(Ipv4Address(network), length); }
  };

  // Types of service that packets can have (Linux's IPTOS_RT_MASK), by value >> 2; the first is none.
  static constexpr size_t kTosSlots = 8;

  RouteSet();
  size_t size() const { return size_; }
  size_t with_tos(size_t slot) const { return by_tos_[slot]; }  // routes for this type of service
  const Entry& at(Index i) const { return chunks_[i / kChunk][i % kChunk]; }
  Index find(const Ipv4Prefix& prefix) const;  // the first route of the prefix
  // The first route of the longest prefix of at most `length` that covers the address.
  Index longest(Ipv4Address address, uint8_t length) const;
  // Twice before a prefix is changed, with others in between: its slot, then the entries that are touched.
  void prefetch(const Ipv4Prefix& prefix) const {
    __builtin_prefetch(&slots_[home(key_of(prefix))]);
    __builtin_prefetch(&buckets_[uint64_t{prefix.network().host()} >> bucket_shift_]);
  }
  void prefetch_entries(const Ipv4Prefix& prefix) const {
    const Index first = find(prefix);
    __builtin_prefetch(&at(first ? first : buckets_[uint64_t{prefix.network().host()} >> bucket_shift_]), 1);
  }
  void replace(Index i, uint32_t path) { entry(i).path = path; }
  // After the route `after` of the same prefix; first if that is 0. False when the table is full.
  bool insert(const Ipv4Prefix& prefix, Index after, uint8_t tos, uint32_t metric, uint32_t path);
  void erase(Index i);

  size_t memory() const {  // bytes
    return sizeof *this + first_chunk_ * sizeof(Entry) + (chunks_.size() - 1) * kChunk * sizeof(Entry) +
           chunks_.capacity() * sizeof(chunks_[0]) + slots_.capacity() * sizeof(slots_[0]) +
           buckets_.capacity() * sizeof(Index);
  }

  // Calls visit(first route of a prefix) from the first prefix after `after` on, by network and then the longest first, until
  // it says false.
  void walk(std::optional<Ipv4Prefix> after, const std::function<bool(Index)>& visit) const;
  // Calls visit(route) in no order, from entry `from` on (1: the first), until it says false. Gives the entry to go on from, 0
  // when all were visited; those that came or went meanwhile do no harm.
  Index each(Index from, const std::function<bool(Index)>& visit) const;

 private:
  static constexpr uint32_t kChunk = 1024, kMostBuckets = 1U << 16;
  static constexpr uint32_t kIndexBits = 26;

  static uint64_t key_of(const Ipv4Prefix& p) { return uint64_t{p.network().host()} << 6 | p.length(); }
  size_t home(uint64_t key) const { return key * 0x9e3779b97f4a7c15ULL >> shift_; }
  Entry& entry(Index i) { return chunks_[i / kChunk][i % kChunk]; }
  size_t slot_of(uint64_t key) const;
  Index& bucket_of(const Entry& e) { return buckets_[uint64_t{e.network} >> bucket_shift_]; }
  void grow();
  void grow_buckets();
  void remove_slot(size_t slot);
  void link(Index i);
  void unlink(Index i);
  Index take_entry();

  std::vector<std::unique_ptr<Entry[]>> chunks_;
  uint32_t first_chunk_;  // entries for which there is room in the first one, which grows
  Index unused_ = 1;      // entries from here on were never used
  Index free_ = 0;
  std::vector<uint64_t> slots_;  // {network 32, length 6, index 26}; 0 = empty
  unsigned shift_ = 0;
  size_t prefixes_ = 0, size_ = 0;
  std::array<size_t, 33> by_length_{};
  std::array<size_t, kTosSlots + 1> by_tos_{};  // the last: those that no packet can have
  std::vector<Index> buckets_;
  unsigned bucket_shift_ = 0;
};

}  // namespace flyover::route
