// SPDX-License-Identifier: BSD-3-Clause
#include "route/prefix_tree.hpp"

#include <algorithm>
#include <array>
#include <new>
#include <utility>

namespace flyover::route {
namespace {

constexpr uint32_t kUnits = 1U << 28;  // 2 GiB of address space
constexpr unsigned kNodeUnits = sizeof(PrefixTree::Node) / 8;

constexpr unsigned units_of(unsigned words) { return (words + 1) / 2; }

}  // namespace

PrefixTree::PrefixTree() : store_(kUnits, ZeroPages::Kind::Small) {}

PrefixTree::Place PrefixTree::place_of(const Ipv4Prefix& p) {
  const unsigned level = (p.length() - 1U) / kStride, length = p.length() - level * kStride;
  return {level, length, slot_at(p.network(), level) >> (kStride - length)};
}

std::optional<uint32_t> PrefixTree::set(const Ipv4Prefix& prefix, uint32_t value) {
  const Place place = place_of(prefix);
  Node* n = &root_;
  for (unsigned level = 0; level < place.level && n; ++level) n = make_child(*n, slot_at(prefix.network(), level));
  if (!n) return drop_empty(prefix, place.level), std::nullopt;
  const unsigned at = value_rank(*n, place);
  if (has(*n, place)) return std::exchange(words(n->values)[at], value);
  const auto count = static_cast<unsigned>(std::popcount(n->shorter) + std::popcount(n->full));
  if (!insert(n->values, count, at, value)) return drop_empty(prefix, place.level), std::nullopt;
  (place.length == kStride ? n->full : n->shorter) |= uint64_t{1} << bit(place);
  ++size_;
  return 0;
}

void PrefixTree::prefetch(std::span<const Ipv4Prefix> prefixes) const {
  std::array<const Node*, kTogether> at;
  at.fill(&root_);
  for (unsigned level = 0; level < kLevels; ++level) {
    for (size_t i = 0; i < prefixes.size(); ++i) {
      if (!at[i]) continue;
      const Node& n = *at[i];
      const bool last = prefixes[i].length() <= (level + 1) * kStride;
      const unsigned slot = slot_at(prefixes[i].network(), level);
      __builtin_prefetch(words(last ? n.values : n.nodes) + (last ? 0 : rank(n.children, slot)));
      if (last) at[i] = nullptr;
    }
    for (size_t i = 0; i < prefixes.size(); ++i)
      if (at[i] && (at[i] = child(at[i], slot_at(prefixes[i].network(), level)))) __builtin_prefetch(at[i]);
  }
}

uint32_t PrefixTree::clear(const Ipv4Prefix& prefix) {
  const Place place = place_of(prefix);
  Node* n = &root_;
  for (unsigned level = 0; level < place.level && n; ++level)
    n = const_cast<Node*>(child(n, slot_at(prefix.network(), level)));
  if (!n || !has(*n, place)) return 0;
  const unsigned at = value_rank(*n, place);
  const uint32_t value = words(n->values)[at];
  remove(n->values, static_cast<unsigned>(std::popcount(n->shorter) + std::popcount(n->full)), at);
  (place.length == kStride ? n->full : n->shorter) &= ~(uint64_t{1} << bit(place));
  --size_;
  drop_empty(prefix, place.level);
  return value;
}

PrefixTree::Cover PrefixTree::cover(const Node* n, unsigned level, unsigned slot, Cover above) const {
  if (!n) return above;
  for (unsigned length = kStride; length > 0; --length) {
    const Place place{level, length, slot >> (kStride - length)};
    if (has(*n, place))
      return {words(n->values)[value_rank(*n, place)], static_cast<uint8_t>(level * kStride + length)};
  }
  return above;
}

void PrefixTree::paint(const Node* n, uint32_t* values, unsigned bits) const {
  const uint32_t* value = words(n->values);
  for (uint64_t left = n->shorter; left; left &= left - 1) {
    const auto at = static_cast<unsigned>(std::countr_zero(left)) + 2;
    const auto length = static_cast<unsigned>(std::bit_width(at)) - 1;
    std::fill_n(values + ((at - (1U << length)) << (bits - length)), size_t{1} << (bits - length), *value++);
  }
  for (uint64_t left = n->full; left; left &= left - 1)
    std::fill_n(values + (static_cast<unsigned>(std::countr_zero(left)) << (bits - kStride)),
                size_t{1} << (bits - kStride), *value++);
}

// A word more in a block of `count`, at place `at`.
bool PrefixTree::insert(uint32_t& block, unsigned count, unsigned at, uint32_t word) {
  const unsigned had = units_of(count), needs = units_of(count + 1);
  const uint32_t next = had == needs ? block : store_.take(needs);
  if (next == 0) return false;
  const uint32_t* from = words(block);
  uint32_t* to = words(next);
  std::copy_backward(from + at, from + count, to + count + 1);
  if (next != block) {
    std::copy_n(from, at, to);
    if (had) store_.give(block, had);
  }
  to[at] = word;
  block = next;
  return true;
}

void PrefixTree::remove(uint32_t& block, unsigned count, unsigned at) {
  const unsigned had = units_of(count), needs = units_of(count - 1);
  uint32_t* from = words(block);
  std::copy(from + at + 1, from + count, from + at);
  if (had == needs) return;
  uint32_t next = needs ? store_.take(needs) : 0;
  if (next)
    std::copy_n(from, count - 1, words(next));
  else if (needs)
    return;  // keeps the block that it has: nothing smaller is left
  store_.give(block, had);
  block = next;
}

PrefixTree::Node* PrefixTree::make_child(Node& n, unsigned slot) {
  if (n.children >> slot & 1) return const_cast<Node*>(child(&n, slot));
  const uint32_t number = store_.take(kNodeUnits);
  if (number == 0) return nullptr;
  Node* made = new (node(number)) Node;
  if (!insert(n.nodes, static_cast<unsigned>(std::popcount(n.children)), rank(n.children, slot), number))
    return store_.give(number, kNodeUnits), nullptr;
  n.children |= uint64_t{1} << slot;
  return made;
}

// Takes away the nodes on the way to `prefix` that hold nothing any more, from `level` upwards.
void PrefixTree::drop_empty(const Ipv4Prefix& prefix, unsigned level) {
  std::array<Node*, kLevels> way{&root_};
  unsigned deepest = 0;
  while (deepest < level) {
    Node* next = const_cast<Node*>(child(way[deepest], slot_at(prefix.network(), deepest)));
    if (!next) break;
    way[++deepest] = next;
  }
  for (; deepest > 0; --deepest) {
    const Node& n = *way[deepest];
    if (n.shorter || n.full || n.children) return;
    Node& parent = *way[deepest - 1];
    const unsigned slot = slot_at(prefix.network(), deepest - 1), at = rank(parent.children, slot);
    store_.give(words(parent.nodes)[at], kNodeUnits);
    remove(parent.nodes, static_cast<unsigned>(std::popcount(parent.children)), at);
    parent.children &= ~(uint64_t{1} << slot);
  }
}

}  // namespace flyover::route
