// SPDX-License-Identifier: BSD-3-Clause
#include "route/path_table.hpp"

#include <algorithm>
#include <new>

#include "base/check.hpp"

namespace flyover::route {
namespace {

constexpr uint32_t kLongest = 65535;  // IP_MAX_MTU

// ip_dst_mtu_maybe_forward: a route's own MTU counts as it is, also when it is more than the interface's.
uint16_t effective_mtu(const Path& p, uint32_t interface_mtu) {
  return static_cast<uint16_t>(std::min(p.mtu ? p.mtu : interface_mtu, kLongest));
}

Action action_of(RouteType type) {
  switch (type) {
    case RouteType::Unicast: return Action::Forward;
    case RouteType::Local: return Action::Local;
    case RouteType::Broadcast: return Action::Broadcast;
    case RouteType::Blackhole: return Action::Blackhole;
    case RouteType::Unreachable: return Action::Unreachable;
    case RouteType::Prohibit: return Action::Prohibit;
    case RouteType::Throw: return Action::Throw;
  }
  return Action::None;
}

}  // namespace

PathTable::PathTable(Reclaimer& reclaimer, PinNeighbour pin, UnpinNeighbour unpin)
    : reclaimer_(reclaimer),
      pin_(std::move(pin)),
      unpin_(std::make_shared<UnpinNeighbour>(std::move(unpin))),
      free_(std::make_shared<std::vector<uint32_t>>()),
      pages_(size_t{kMaxPaths + 1} * sizeof(Dst), ZeroPages::Kind::Huge),
      slab_(static_cast<Dst*>(pages_.begin())),
      entries_(1) {
  new (slab_) Dst;
}

size_t PathTable::Hash::operator()(const Path& p) const noexcept {
  const uint64_t where = uint64_t{p.gateway.host()} << 32 | uint64_t{p.out.value()} << 16 | (p.table.value() & 0xffff);
  const uint32_t kind =
      uint32_t(p.type) ^ uint32_t(p.protocol) << 4 ^ uint32_t { p.tos } << 20 ^ uint32_t { p.length } << 24;
  const uint64_t how = uint64_t{p.source.host()} << 32 | (p.mtu << 8 ^ kind);
  uint64_t legs = p.nexthop_id;
  for (const Leg& leg : p.legs)
    legs = (legs ^ (uint64_t{leg.gateway.host()} << 32 | uint64_t{leg.out.value()} << 16 | leg.weight)) *
           0x9e3779b97f4a7c15ULL;
  return (where * 0x9e3779b97f4a7c15ULL ^ how ^ legs) * 0xff51afd7ed558ccdULL >> 8;
}

uint32_t PathTable::acquire(const Path& path, uint32_t interface_mtu) {
  const auto [at, is_new] = by_path_.try_emplace(path, 0);
  if (!is_new) {
    ++entries_[at->second].users;
    return at->second;
  }
  if (free_->empty() && entries_.size() > kMaxPaths) reclaimer_.poll();
  uint32_t number = static_cast<uint32_t>(entries_.size());
  if (!free_->empty()) {
    number = free_->back();
    free_->pop_back();
  } else if (number > kMaxPaths) {
    by_path_.erase(at);
    return 0;
  } else {
    entries_.emplace_back();
  }
  at->second = number;
  entries_[number] = {.path = path, .users = 1, .mark = Mark::None};
  build(number, interface_mtu);
  return number;
}

void PathTable::build(uint32_t number, uint32_t interface_mtu) {
  const Path& p = entries_[number].path;
  Dst& dst = *new (slab_ + number) Dst;
  dst.action = p.is_group() && !is_error(p.type) ? Action::Group : action_of(p.type);
  dst.scope = static_cast<uint8_t>(p.scope);
  dst.out = p.out;
  dst.mtu = effective_mtu(p, interface_mtu);
  dst.mtu_locked = p.mtu_locked;
  dst.directed_broadcast = p.type == RouteType::Broadcast;
  dst.gateway = p.next_hop();
  dst.source = p.source;
  dst.table = p.table;
  dst.length = p.length;
  dst.generation = ++lives_;
  if (!dst.gateway.is_any() && pin_) dst.neighbour = pin_(p.out, dst.gateway);
}

bool PathTable::release(uint32_t number) {
  Entry& entry = entries_[number];
  check(entry.users > 0, "a path is released more often than acquired");
  if (--entry.users) return false;
  by_path_.erase(entry.path);
  entry.mark = Mark::None;
  reclaimer_.retire([free = free_, unpin = unpin_, number, neighbour = slab_[number].neighbour] {
    if (neighbour != kNoNeighbour && *unpin) (*unpin)(neighbour);
    free->push_back(number);
  });
  return true;
}

// The slab is in memory as far as a slot was ever used.
Memory PathTable::memory() const {
  static constexpr size_t kNode = sizeof(std::pair<const Path, uint32_t>) + 2 * sizeof(void*);
  return {.lookup = pages_.resident(entries_.size() * sizeof(Dst)),
          .writer = entries_.capacity() * sizeof(Entry) + by_path_.size() * kNode +
                    by_path_.bucket_count() * sizeof(void*) + free_->capacity() * sizeof(uint32_t)};
}

void PathTable::interface_mtu_changed(InterfaceId id, uint32_t mtu) {
  for (uint32_t number = 1; number < entries_.size(); ++number) {
    const Entry& entry = entries_[number];
    if (entry.users && entry.path.out == id) slab_[number].mtu = effective_mtu(entry.path, mtu);
  }
}

bool PathTable::any(const std::function<bool(const Path&)>& fits) const {
  return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.users && fits(e.path); });
}

bool PathTable::mark(Mark mark, const std::function<bool(uint32_t, const Path&)>& which) {
  bool any = false;
  for (uint32_t number = 1; number < entries_.size(); ++number) {
    Entry& entry = entries_[number];
    if (entry.users == 0 || entry.mark >= mark || !which(number, entry.path)) continue;
    entry.mark = mark;
    any = true;
  }
  return any;
}

void PathTable::unmark() {
  for (Entry& entry : entries_) entry.mark = Mark::None;
}

}  // namespace flyover::route
