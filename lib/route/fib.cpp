// SPDX-License-Identifier: BSD-3-Clause
#include "route/fib.hpp"

#include <algorithm>
#include <array>

#include "base/check.hpp"

namespace flyover::route {
namespace {

constexpr uint32_t kUnits = 1U << 29;               // 4 GiB of address space
constexpr size_t kSmallPrefixes = 1000;             // more of them are a large table
constexpr size_t kSmallBytes = size_t{1} << 19;     // and so is more memory
constexpr unsigned kSlots = 64, kLargeSlots = 256;  // of a block: /24s (or /18s) and addresses
constexpr uint32_t kNarrow = 0xffff;                // what a narrow leaf can hold
constexpr size_t kUnitsPerPrefix = 16;              // at most: the heads of three blocks and two runs in each
constexpr uint32_t kFirstUnits = 7;
constexpr unsigned kLineUnits = 8;  // a block of /24s that would be longer is flat: no lookup needs two lines of it
constexpr size_t kDroppedTogether = 64;  // blocks that wait for one grace period

template <class T>
void store(T& word, T value) {
  __atomic_store_n(&word, value, __ATOMIC_RELEASE);
}

// The words before the leaves: the runs of each 64 slots, and for a large block how many begin before them.
constexpr unsigned head_of(unsigned slots) { return slots == kSlots ? 1 : 1 + slots / 64; }

// Bit i: slot i differs from the one before it.
uint64_t runs_of(const uint32_t* values, uint32_t before) {
  uint64_t runs = values[0] != before;
  for (unsigned i = 1; i < 64; ++i) runs |= uint64_t{values[i] != values[i - 1]} << i;
  return runs;
}

// The runs of equal values in a block's slots.
template <unsigned kSlots>
struct Runs {
  explicit Runs(const uint32_t* values) {
    constexpr unsigned kParts = kSlots / 64, kFirst = head_of(kSlots) - kParts;
    leaves[0] = all = values[0];
    for (unsigned part = 0; part < kParts; ++part) {
      const uint32_t* at = values + 64 * part;
      head[kFirst + part] = runs_of(at, part ? at[-1] : at[0]);
      if (kFirst) head[0] |= uint64_t{count - 1} << (8 * part);
      for (uint64_t left = head[kFirst + part]; left; left &= left - 1)
        all |= leaves[count++] = at[std::countr_zero(left)];
    }
  }
  std::array<uint64_t, head_of(kSlots)> head{};  // as it stands in the block
  std::array<uint32_t, kSlots> leaves;
  unsigned count = 1;
  uint32_t all;  // the bits of all leaves
};

// The slots of the node at `level` on the way to a network that `prefix` concerns.
struct Slots {
  unsigned first, end;
};
Slots slots_of(const Ipv4Prefix& prefix, unsigned level) {
  const unsigned before = level * PrefixTree::kStride;
  if (prefix.length() <= before) return {0, kSlots};
  const unsigned first = prefix.network().host() >> (26 - before) & 63;
  const unsigned more = prefix.length() - before;
  return {first, first + (more >= PrefixTree::kStride ? 1 : kSlots >> more)};
}

}  // namespace

Fib::Fib(Reclaimer& reclaimer)
    : reclaimer_(reclaimer),
      root_pages_(std::make_shared<ZeroPages>(sizeof(uint32_t) << (32 - kSmallShift), ZeroPages::Kind::Small)),
      blocks_(std::make_shared<BlockStore>(kUnits, ZeroPages::Kind::Small)) {
  check(blocks_->take(kFirstUnits) == 1, "the first line is free");  // and stays zero: it is the block of no route
  root_ = root_now();
  blocks_begin_ = blocks_->begin();
}

Fib::~Fib() = default;

bool Fib::set(const Ipv4Prefix& prefix, uint32_t value) {
  check(value != 0 && value <= kMaxValue, "a route's value is 1 to 2^31 - 1");
  if (prefix.length() == 0) return store(fallback_, value), true;
  if (!make_room(prefix)) return false;
  const auto before = tree_.set(prefix, value);
  if (!before) return false;
  if (*before != value) refresh({prefix, prefix.length()});
  return true;
}

bool Fib::clear(const Ipv4Prefix& prefix) {
  if (prefix.length() == 0) return store(fallback_, uint32_t{0}), true;
  if (!make_room(prefix)) return false;
  if (tree_.clear(prefix) != 0) refresh({prefix, prefix.length()});
  return true;
}

void Fib::prefetch(std::span<const Ipv4Prefix> prefixes) const {
  const Reader reader = writers_view();
  if (reader.small()) return;
  for (const Ipv4Prefix& p : prefixes) reader.prefetch(p.network());
  tree_.prefetch(prefixes);
  for (const Ipv4Prefix& p : prefixes) reader.prefetch_block(p.network());
}

// Whether all that the update may have to write finds room: the blocks on the way to the prefix, or those of all prefixes.
bool Fib::make_room(const Ipv4Prefix& prefix) {
  const size_t needed = 4 * BlockStore::kMaxUnits + (prefix.length() < 18 ? tree_.size() * kUnitsPerPrefix : 0);
  auto enough = [&] { return blocks_->untouched() >= needed; };
  if (small_ && (tree_.size() >= kSmallPrefixes || blocks_->memory() >= kSmallBytes)) grow();
  if (enough()) return true;
  hand_back();
  return enough();
}

void Fib::grow() {
  hand_back();
  auto old =
      std::exchange(root_pages_, std::make_shared<ZeroPages>(sizeof(uint32_t) << (32 - kShift), ZeroPages::Kind::Huge));
  small_ = false;
  blocks_->use_huge_pages();
  refresh({Ipv4Prefix(), 32});
  root_.store(root_now(), std::memory_order_release);
  reclaimer_.retire([old = std::move(old)]() mutable { old.reset(); });
}

// Goes down to the /12s whose addresses the prefix concerns, past what longer prefixes cover.
void Fib::refresh(const Concern& c) {
  const Node* top = tree_.root();
  const auto [first, end] = slots_of(c.where, 0);
  for (unsigned a = first; a != end; ++a) {
    const Cover above = tree_.cover(top, 0, a, {});
    if (above.length > c.depth) continue;
    const Node* node = tree_.child(top, a);
    const auto [from, to] = slots_of(c.where, 1);
    for (unsigned b = from; b != to; ++b) {
      const Cover cover = tree_.cover(node, 1, b, above);
      if (cover.length <= c.depth) refresh_group(a << 6 | b, tree_.child(node, b), cover, c);
    }
  }
  if (dropped_.size() >= kDroppedTogether) hand_back();
}

// The words of the /18s in a /12: in the root, or, in a small table, in a block.
void Fib::refresh_group(uint32_t group, const Node* node, Cover above, const Concern& c) {
  const Reader reader = writers_view();
  const bool small = small_;
  uint32_t* root = static_cast<uint32_t*>(root_pages_->begin()) + (small ? group : group << 6);
  std::array<uint32_t, kSlots> words;
  if (small)
    for (unsigned i = 0; i < kSlots; ++i) words[i] = reader.in_block(*root, i);
  const auto [first, end] = slots_of(c.where, 2);
  for (unsigned i = first; i != end; ++i) {
    const Cover cover = tree_.cover(node, 2, i, above);
    if (cover.length > c.depth) continue;
    uint32_t& word = small ? words[i] : root[i];
    store(word, refresh_block(word, tree_.child(node, i), cover, c));
  }
  if (small) store(*root, encode<kSlots>(words.data(), *root));
}

// The word of a /18, whose node is `node`.
uint32_t Fib::refresh_block(uint32_t old, const Node* node, Cover above, const Concern& c) {
  const Reader reader = writers_view();
  const auto [first, end] = slots_of(c.where, 3);
  auto leaf_at = [&](unsigned slot) { return reader.in_block(old, slot); };
  // Longer prefixes than /24 come and go one by one.
  if (c.where.length() > 24 && !tree_.child(node, first)) drop<kLargeSlots>(leaf_at(first));
  std::array<uint32_t, kSlots> values;
  values.fill(above.value);
  if (node) tree_.paint(node, values.data(), 6);
  for (uint64_t left = node ? node->children : 0; left; left &= left - 1) {
    const auto slot = static_cast<unsigned>(std::countr_zero(left));
    const bool concerned = slot >= first && slot < end && tree_.cover(node, 3, slot, above).length <= c.depth;
    const uint32_t leaf = leaf_at(slot);
    values[slot] = concerned ? refresh_large_block(leaf, tree_.child(node, slot), values[slot]) : leaf;
  }
  return encode<kSlots>(values.data(), old);
}

// The word of a /24 with longer prefixes.
uint32_t Fib::refresh_large_block(uint32_t old, const Node* node, uint32_t above) {
  std::array<uint32_t, kLargeSlots> values;
  values.fill(above);
  tree_.paint(node, values.data(), 8);
  for (uint64_t left = node->children; left; left &= left - 1) {
    const auto slot = static_cast<unsigned>(std::countr_zero(left));
    tree_.paint(tree_.child(node, slot), values.data() + 4 * slot, 2);
  }
  return encode<kLargeSlots>(values.data(), old);
}

// The block of a single run, which stays for good.
uint32_t Fib::constant(uint32_t value) {
  if (value == 0) return 0;                                         // unit 0 and what follows are zero for good
  if (value == last_constant_.first) return last_constant_.second;  // an update has the same one for many /18s
  uint32_t& word = constants_[value];
  if (word == 0) {
    const uint32_t at = blocks_->take(2);
    check(at != 0, "a table has room for what it has made room for");
    store(blocks_->begin()[at], uint64_t{0});
    store(blocks_->begin()[at + 1], uint64_t{value});
    word = kConstant | at | (value > kNarrow ? kWide : 0);
  }
  last_constant_ = {value, word};
  return word;
}

// The name of a block that says the same as `values`: the old one changed in place, or another.
template <unsigned kSlots>
uint32_t Fib::encode(const uint32_t* values, uint32_t old) {
  Runs<kSlots> runs(values);
  if (runs.count == 1) return drop<kSlots>(old), kSlots == 64 ? constant(values[0]) : values[0];
  const uint32_t width = runs.all > kNarrow ? kWide : 0;
  const Shape coded = shape_of<kSlots>(width, runs.count);
  const bool flat = kSlots == 64 && coded.units > kLineUnits;
  const uint32_t kind = kSlots == 64 ? (flat ? width | kFlat : width) : width | kLarge;
  const Shape shape = flat ? shape_of<kSlots>(kind, kSlots) : coded;
  const uint32_t* leaves = flat ? values : runs.leaves.data();

  uint64_t* block = blocks_->begin() + (old & kOffset);
  const bool stays = (old & ~kOffset) == kind && std::equal(runs.head.begin(), runs.head.begin() + shape.head, block);
  uint32_t at = old & kOffset;
  if (!stays) {
    at = blocks_->take(shape.units);
    check(at != 0, "a table has room for what it has made room for");
    if (flat) --at;  // the leaves of a flat block stand where those of others do, behind a head that is not there
    block = blocks_->begin() + at;
    for (unsigned i = 0; i < shape.head; ++i) store(block[i], runs.head[i]);
    drop<kSlots>(old);
  }
  block += head_of(kSlots);
  for (unsigned i = 0; i < shape.leaves; ++i)
    if (width)
      store(reinterpret_cast<uint32_t*>(block)[i], leaves[i]);
    else
      store(reinterpret_cast<uint16_t*>(block)[i], static_cast<uint16_t>(leaves[i]));
  return kind | at;
}

// How a block of the word's kind is laid out, with so many leaves.
template <unsigned kSlots>
Fib::Shape Fib::shape_of(uint32_t word, unsigned leaves) {
  const unsigned head = kSlots == 64 && word & kFlat ? 0 : head_of(kSlots), each = word & kWide ? 4 : 2;
  return {.head = head, .leaves = leaves, .units = head + (leaves * each + 7) / 8};
}

// What is no longer to be found is used again when no reader can be in it any more.
template <unsigned kSlots>
void Fib::drop(uint32_t word) {
  const bool flat = kSlots == 64 && word & kFlat;
  if (kSlots != 64 && !(word & kLarge)) return;
  const uint64_t* block = blocks_->begin() + (word & kOffset);
  unsigned leaves = flat ? kSlots : 1;
  for (unsigned i = head_of(kSlots) - kSlots / 64; !flat && i < head_of(kSlots); ++i)
    leaves += static_cast<unsigned>(std::popcount(block[i]));
  if (leaves > 1) dropped_.emplace_back((word & kOffset) + (flat ? 1 : 0), shape_of<kSlots>(word, leaves).units);
}

void Fib::hand_back() {
  if (dropped_.empty()) return;
  reclaimer_.retire([store = blocks_, blocks = std::exchange(dropped_, {})] {
    for (const auto& [at, units] : blocks) store->give(at, units);
  });
  reclaimer_.poll();
}

Memory Fib::memory() const {
  const size_t root = root_pages_->resident(sizeof(uint32_t) << (32 - (small_ ? kSmallShift : kShift)));
  static constexpr size_t kNode = sizeof(std::pair<const uint32_t, uint32_t>) + 2 * sizeof(void*);
  return {.lookup = root + blocks_->memory(),
          .writer = sizeof *this + sizeof *blocks_ + blocks_->lists() + tree_.memory() + constants_.size() * kNode};
}

}  // namespace flyover::route
