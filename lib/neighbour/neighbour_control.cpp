// SPDX-License-Identifier: BSD-3-Clause
// Entries: slots, publication, the lists of the idle; neigh_update.
#include "neighbour/neighbour_control.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace flyover::neighbour {

NeighbourControl::NeighbourControl(NeighbourTable& table, Reclaimer& reclaimer, Worker& slow, uint32_t hold_limit)
    : table_(table), reclaimer_(reclaimer), slow_(slow), room_(hold_limit) {
  for (Parameters& p : parameters_) randomise(p);
  swept_ = periodic_gc_ = randomised_ = now();
}

void NeighbourControl::clear() {
  for (uint32_t id = 1; id < records_.size(); ++id) purge(id, DropReason::Shutdown);
  for (Departure& d : departures_)
    while (rte_mbuf* m = room_.pop(d.queue)) discard(m, DropReason::Shutdown, slow_);
}

void NeighbourControl::configure(InterfaceId interface, const NeighbourSettings& settings) {
  Parameters& p = parameters_[interface.value()];
  const bool new_base = p.settings.base_reachable_time_ms != settings.base_reachable_time_ms;
  p.settings = settings;
  if (new_base) randomise(p);
}

// ---- slots ----

uint32_t NeighbourControl::take_slot() {
  if (!free_->empty()) {
    const uint32_t slot = free_->back();
    free_->pop_back();
    return slot;
  }
  if (records_.size() == NeighbourTable::kEntries) return 0;
  records_.emplace_back();
  return static_cast<uint32_t>(records_.size() - 1);
}

uint32_t NeighbourControl::insert(InterfaceId interface, Ipv4Address address) {
  const uint32_t id = take_slot();
  if (id == 0) return 0;
  Record& r = records_[id] = Record{};
  r.used = r.updated = now();
  table_.insert(NeighbourId(id), interface, address);
  r.confirmed = now() - 2 * int64_t{parameters_of(id).settings.base_reachable_time_ms};
  ++stats_.allocs;
  return id;
}

// neigh_alloc: only what traffic can make is bounded.
uint32_t NeighbourControl::create(InterfaceId interface, Ipv4Address address, bool permanent) {
  if (!permanent && !make_room()) {
    ++stats_.table_fulls;
    return 0;
  }
  const uint32_t id = insert(interface, address);
  if (id == 0) ++stats_.table_fulls;
  return id;
}

// The neighbour is forgotten. The slot stays where routes hold it.
void NeighbourControl::erase(uint32_t id) {
  Record& r = records_[id];
  timers_.cancel(id);
  purge(id, DropReason::Shutdown);
  set_state(id, State::None);
  r.mac = 0;
  r.probes = 0;
  settle(id);
  table_.at(NeighbourId(id)).used.store(0, std::memory_order_relaxed);
  if (r.pins) return;
  table_.remove(NeighbourId(id));
  ++stats_.destroys;
  reclaimer_.retire([free = free_, id] { free->push_back(id); });
}

NeighbourId NeighbourControl::pin(InterfaceId interface, Ipv4Address address) {
  uint32_t id = table_.find(interface, address).value();
  if (id == 0) id = insert(interface, address);
  if (id == 0) return kNoNeighbour;
  ++records_[id].pins;
  settle(id);
  return NeighbourId(id);
}

void NeighbourControl::unpin(NeighbourId id) {
  Record& r = records_[id.value()];
  check(r.pins > 0, "a neighbour is unpinned more often than pinned");
  --r.pins;
  if (r.state == State::None && r.pins == 0) return erase(id.value());
  settle(id.value());
}

NeighbourId NeighbourControl::find(InterfaceId interface, Ipv4Address address) const {
  const NeighbourId id = table_.find(interface, address);
  return records_[id.value()].state == State::None ? kNoNeighbour : id;
}

NeighbourId NeighbourControl::find_or_create(InterfaceId interface, Ipv4Address address) {
  const NeighbourId id = table_.find(interface, address);
  return id != kNoNeighbour ? id : NeighbourId(create(interface, address, false));
}

// ---- what follows from a change ----

void NeighbourControl::set_state(uint32_t id, State next) {
  Record& r = records_[id];
  if (r.state == State::None && next != State::None) ++entries_;
  if (r.state != State::None && next == State::None) --entries_;
  r.state = next;
  // From here on any use means a use since (see sweep_used).
  if (next == State::Stale) {
    notice_use(id);
    table_.at(NeighbourId(id)).used.store(0, std::memory_order_relaxed);
  }
}

// Publishes the entry for workers, and books it for collection.
void NeighbourControl::settle(uint32_t id) {
  Record& r = records_[id];
  const uint64_t word = is_valid(r.state)        ? r.mac | NeighbourEntry::kUsable
                        : r.state == State::None ? 0
                                                 : NeighbourEntry::kUnanswered;
  std::atomic<uint64_t>& published = table_.at(NeighbourId(id)).word;
  if (published.load(std::memory_order_relaxed) != word) published.store(word, std::memory_order_release);

  const bool counted = r.state != State::None && r.state != State::Permanent && r.pins == 0;
  collectable_ += counted - r.counted;
  r.counted = counted;
  unlink_idle(id);
  if (!counted || is_in(r.state, kInTimer)) return;
  link_idle(id, r.state == State::Failed || r.state == State::Noarp ? Idle::Failed : Idle::Aging);
}

void NeighbourControl::link_idle(uint32_t id, Idle idle) {
  IdleList& list = list_of(idle);
  Record& r = records_[id];
  r.idle = idle;
  r.idle_next = 0;
  r.idle_previous = list.last;
  (list.last ? records_[list.last].idle_next : list.first) = id;
  list.last = id;
}

void NeighbourControl::unlink_idle(uint32_t id) {
  Record& r = records_[id];
  if (r.idle == Idle::No) return;
  IdleList& list = list_of(r.idle);
  (r.idle_previous ? records_[r.idle_previous].idle_next : list.first) = r.idle_next;
  (r.idle_next ? records_[r.idle_next].idle_previous : list.last) = r.idle_previous;
  r.idle = Idle::No;
}

// ---- neigh_update ----

Result<> NeighbourControl::update(NeighbourId number, std::optional<MacAddress> mac, State next, uint8_t flags) {
  const uint32_t id = number.value();
  Record& r = records_[id];
  const State old = r.state;
  if (!(flags & kAdmin) && is_in(old, bits(State::Noarp) | bits(State::Permanent)))
    return refused("Operation not permitted");
  if (!is_valid(next)) {
    timers_.cancel(id);
    set_state(id, next);
    if (next == State::Failed && is_in(old, bits(State::Incomplete) | bits(State::Probe))) fail(id);
    settle(id);
    return {};
  }
  if (!mac && !is_valid(old)) return refused("No link layer address given");
  uint64_t word = mac ? mac->word() : r.mac;
  const bool known = is_valid(old);
  if (is_in(next, kConnected)) r.confirmed = now();
  if (known && word != r.mac && !(flags & kOverride)) {
    if (!(flags & kWeakOverride) || !is_in(old, kConnected)) return {};
    word = r.mac;
    next = State::Stale;
  } else if (known && word == r.mac && next == State::Stale && !(flags & kAdmin)) {
    next = old;  // nothing new: no reason to doubt what is known
  }
  // Only a change moves the window of locktime.
  if (next != old || word != r.mac) r.updated = now();
  if (next != old) {
    timers_.cancel(id);
    if (next == State::Probe) r.probes = 0;
    if (is_in(next, kInTimer)) arm(id, next == State::Reachable ? parameters_of(id).reachable_ms : 0);
    set_state(id, next);
  }
  if (word != r.mac) {
    r.mac = word;
    if (!is_in(next, kConnected)) r.confirmed = now() - 2 * int64_t{parameters_of(id).settings.base_reachable_time_ms};
  }
  settle(id);
  if (!known && r.queue.count) {
    want(id);  // sending them is a use
    depart(r.queue, Lane::Inject);
  }
  return {};
}

}  // namespace flyover::neighbour
