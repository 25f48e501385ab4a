// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : the prefixes of one table for the writer of its Fib: what is set, and what covers an address
// Linux counterpart : the trie of fib_trie with its leaves
// Structure         : a tree of nodes of six bits each. The node at level n stands for a prefix of 6n bits and holds those that are
//                     one to six bits longer: a bit for each of the 2 + 4 + ... + 64 possible ones, and their values in the
//                     order of the bits; likewise a bit for each of its 64 children. /0 is not in it.
// Cost              : a cache miss or two per level beneath the first two; 32 bytes a node, 4 a prefix, about 10 together
#pragma once

#include <bit>
#include <cstdint>
#include <optional>
#include <span>

#include "net/address.hpp"
#include "route/block_store.hpp"

namespace flyover::route {

class PrefixTree {
 public:
  static constexpr unsigned kStride = 6, kLevels = 6;
  struct Cover {  // value 0: none
    uint32_t value = 0;
    uint8_t length = 0;
  };
  struct Node {
    uint64_t shorter = 0;   // one to five bits more: bit 2^r - 2 + those r bits
    uint64_t full = 0;      // six bits more
    uint64_t children = 0;  // by the six bits
    uint32_t values = 0;    // block of 32-bit values: those of `shorter`, then those of `full`
    uint32_t nodes = 0;     // block of 32-bit node numbers
  };

  PrefixTree();
  // The value before (0: none); nothing when there is no memory: nothing has changed then.
  std::optional<uint32_t> set(const Ipv4Prefix& prefix, uint32_t value);
  uint32_t clear(const Ipv4Prefix& prefix);
  // Fetches the nodes on the way to each of these, at most kTogether, while it waits for those to the others.
  static constexpr size_t kTogether = 32;
  void prefetch(std::span<const Ipv4Prefix> prefixes) const;
  size_t size() const { return size_; }
  size_t memory() const { return store_.memory() + store_.lists(); }

  const Node* root() const { return &root_; }
  const Node* child(const Node* n, unsigned slot) const {  // null: none; of none, none
    if (!n || !(n->children >> slot & 1)) return nullptr;
    return node(words(n->nodes)[rank(n->children, slot)]);
  }
  // What covers slot `slot` of a node at `level`, where `above` covers the node.
  Cover cover(const Node* n, unsigned level, unsigned slot, Cover above) const;
  // Writes the values of the node's own prefixes over the 2^bits addresses (or blocks of them) that it stands for.
  void paint(const Node* n, uint32_t* values, unsigned bits) const;

 private:
  struct Place {  // of a prefix in its node
    unsigned level, length, bits;
  };
  static Place place_of(const Ipv4Prefix& p);
  static unsigned slot_at(Ipv4Address a, unsigned level) {
    return static_cast<unsigned>(uint64_t{a.host()} << 4 >> (30 - kStride * level) &
                                 63);  // as if addresses had 36 bits
  }
  static unsigned rank(uint64_t bits, unsigned at) {
    return static_cast<unsigned>(std::popcount(bits & ((uint64_t{1} << at) - 1)));
  }
  static bool has(const Node& n, const Place& p) { return (p.length == kStride ? n.full : n.shorter) >> bit(p) & 1; }
  static unsigned bit(const Place& p) { return p.length == kStride ? p.bits : (1U << p.length) - 2 + p.bits; }
  static unsigned value_rank(const Node& n, const Place& p) {
    return p.length == kStride ? static_cast<unsigned>(std::popcount(n.shorter)) + rank(n.full, p.bits)
                               : rank(n.shorter, bit(p));
  }
  uint32_t* words(uint32_t block) const { return reinterpret_cast<uint32_t*>(store_.begin() + block); }
  Node* node(uint32_t number) const { return reinterpret_cast<Node*>(store_.begin() + number); }

  bool insert(uint32_t& block, unsigned count, unsigned at, uint32_t word);
  void remove(uint32_t& block, unsigned count, unsigned at);
  Node* make_child(Node& n, unsigned slot);
  void drop_empty(const Ipv4Prefix& prefix, unsigned level);

  mutable BlockStore store_;
  Node root_;
  size_t size_ = 0;
};

}  // namespace flyover::route
