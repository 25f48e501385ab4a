// SPDX-License-Identifier: BSD-3-Clause
#include "route/exceptions.hpp"

#include <algorithm>
#include <new>

#include "base/secret.hpp"

namespace flyover::route {
namespace {

constexpr uint64_t kNever = ~uint64_t{0};
constexpr uint64_t kLookMs = 100;  // between two searches for those whose time is up

}  // namespace

Exceptions::Exceptions(Reclaimer& reclaimer, PathTable& paths)
    : reclaimer_(reclaimer),
      paths_(paths),
      table_(secret()),
      records_(1),
      free_(std::make_shared<std::vector<uint32_t>>()) {}

uint32_t Exceptions::slot_at(uint32_t word) const {
  return static_cast<uint32_t>(table_.words_[word].load(std::memory_order_relaxed)) & (ExceptionTable::kSlots - 1);
}

std::optional<uint32_t> Exceptions::word_of(uint32_t path, Ipv4Address to) const {
  const uint32_t first = table_.line_of(path, to);
  for (uint32_t word = first; word < first + ExceptionTable::kWays; ++word) {
    const uint32_t slot = slot_at(word);
    if (slot != 0 && records_[slot].exception.path == path && records_[slot].exception.to == to) return word;
  }
  return std::nullopt;
}

uint32_t Exceptions::free_word(uint32_t path, Ipv4Address to) const {
  const uint32_t first = table_.line_of(path, to);
  const auto leaves_at = [this](uint32_t word) {
    const uint32_t slot = slot_at(word);
    return slot == 0 ? 0 : records_[slot].exception.expires_ms;
  };
  uint32_t best = first;
  for (uint32_t word = first + 1; word < first + ExceptionTable::kWays; ++word)
    if (leaves_at(word) < leaves_at(best)) best = word;
  return best;
}

std::optional<Exception> Exceptions::find(uint32_t path, Ipv4Address to) const {
  if (!counts_.contains(path)) return std::nullopt;
  const auto word = word_of(path, to);
  return word ? std::optional(records_[slot_at(*word)].exception) : std::nullopt;
}

uint32_t Exceptions::take_slot() {
  if (free_->empty() && records_.size() == ExceptionTable::kSlots) reclaimer_.poll();
  if (!free_->empty()) {
    const uint32_t slot = free_->back();
    free_->pop_back();
    return slot;
  }
  if (records_.size() == ExceptionTable::kSlots) return 0;
  records_.emplace_back();
  return static_cast<uint32_t>(records_.size() - 1);
}

void Exceptions::set(const Exception& exception) {
  const uint32_t slot = take_slot();
  if (slot == 0) return;  // a worker hangs: what it may still see is not written to
  const auto old = word_of(exception.path, exception.to);
  const uint32_t word = old ? *old : free_word(exception.path, exception.to);
  records_[slot] = {.exception = exception, .neighbour = kNoNeighbour};
  build(slot);
  const uint32_t replaced = slot_at(word);
  table_.words_[word].store(uint64_t{exception.to.raw()} << 32 | slot, std::memory_order_release);
  count(exception, 1);
  link(slot);
  if (replaced != 0) retire(replaced);
  next_expiry_ms_ = std::min(next_expiry_ms_, exception.expires_ms);
}

void Exceptions::build(uint32_t slot) {
  Record& record = records_[slot];
  const Exception& e = record.exception;
  const Dst& base = paths_.slab()[e.path];
  ExceptionTable::Slot& made = *new (table_.slots_ + slot) ExceptionTable::Slot;
  for (Dst* dst : {&made.forward, &made.own}) {
    dst->action = base.action, dst->scope = base.scope, dst->length = base.length;
    dst->directed_broadcast = base.directed_broadcast;
    dst->mtu_locked = base.mtu_locked || e.mtu_locked;
    dst->out = base.out, dst->source = base.source, dst->table = base.table;
    dst->gateway = base.gateway, dst->neighbour = base.neighbour;
    dst->generation = base.generation;
    dst->base = &base;
  }
  set_mtus(slot);
  if (e.gateway.is_any()) return;
  record.neighbour = paths_.pin(base.out, e.gateway);
  for (Dst* dst : {&made.forward, &made.own}) dst->gateway = e.gateway, dst->neighbour = record.neighbour;
}

// ip_dst_mtu_maybe_forward
void Exceptions::set_mtus(uint32_t slot) {
  const Exception& e = records_[slot].exception;
  const uint16_t usual = paths_.slab()[e.path].mtu;
  table_.slots_[slot].own.mtu = e.mtu ? e.mtu : usual;
  table_.slots_[slot].forward.mtu = believes(e) ? e.mtu : usual;
}

void Exceptions::remove(uint32_t word) {
  const uint32_t slot = slot_at(word);
  table_.words_[word].store(0, std::memory_order_release);
  retire(slot);
}

void Exceptions::retire(uint32_t slot) {
  unlink(slot);
  count(records_[slot].exception, -1);
  reclaimer_.retire([free = free_, unpin = paths_.unpin(), slot, neighbour = records_[slot].neighbour] {
    if (neighbour != kNoNeighbour && *unpin) (*unpin)(neighbour);
    free->push_back(slot);
  });
}

// The Dst says whether there is anything to look for.
void Exceptions::count(const Exception& e, int by) {
  size_ += by;
  Count& count = counts_[e.path];
  count.all += by;
  if (concerns_forwarding(e)) count.forward += by;
  mark(e.path, count);
  if (count.all == 0) counts_.erase(e.path);
}

void Exceptions::link(uint32_t slot) {
  uint32_t& first = counts_[records_[slot].exception.path].first;
  records_[slot].previous = 0, records_[slot].next = first;
  if (first != 0) records_[first].previous = slot;
  first = slot;
}

void Exceptions::unlink(uint32_t slot) {
  const Record& record = records_[slot];
  (record.previous ? records_[record.previous].next : counts_[record.exception.path].first) = record.next;
  if (record.next != 0) records_[record.next].previous = record.previous;
}

void Exceptions::mark(uint32_t path, const Count& count) {
  const int uses = (count.forward ? static_cast<int>(Use::Forward) : 0) | (count.all ? static_cast<int>(Use::Own) : 0);
  paths_.set_exceptions(path, static_cast<uint8_t>(uses));
}

// What concerns forwarding has changed.
void Exceptions::recount() {
  for (auto& [path, count] : counts_) count.forward = 0;
  visit([this](const Exception& e) { counts_[e.path].forward += concerns_forwarding(e); });
  for (const auto& [path, count] : counts_) mark(path, count);
}

void Exceptions::remove_if(const std::function<bool(const Exception&)>& gone) {
  for (uint32_t word = 0; size_ != 0 && word < ExceptionTable::kRoom; ++word)
    if (const uint32_t slot = slot_at(word); slot != 0 && gone(records_[slot].exception)) remove(word);
}

void Exceptions::forget(uint32_t path) {
  for (auto own = counts_.find(path); own != counts_.end(); own = counts_.find(path))
    remove(*word_of(path, records_[own->second.first].exception.to));
}

void Exceptions::clear() {
  remove_if([](const Exception&) { return true; });
}

Memory Exceptions::memory() const {
  return {
      .lookup = sizeof(ExceptionTable::Word) * ExceptionTable::kRoom + records_.size() * sizeof(ExceptionTable::Slot),
      .writer = records_.capacity() * sizeof(Record) + counts_.size() * sizeof(std::pair<const uint32_t, Count>)};
}

void Exceptions::visit(const std::function<void(const Exception&)>& visitor) const {
  for (uint32_t word = 0; size_ != 0 && word < ExceptionTable::kRoom; ++word)
    if (const uint32_t slot = slot_at(word)) visitor(records_[slot].exception);
}

void Exceptions::interface_mtu_changed(InterfaceId id, uint32_t old, uint32_t mtu) {
  std::vector<Exception> changed;
  for (uint32_t word = 0; size_ != 0 && word < ExceptionTable::kRoom; ++word) {
    const uint32_t slot = slot_at(word);
    if (slot == 0 || paths_.at(records_[slot].exception.path).out != id) continue;
    set_mtus(slot);
    Exception e = records_[slot].exception;
    if (e.mtu && (e.mtu_locked ? mtu <= e.mtu : mtu < e.mtu || old == e.mtu)) {
      e.mtu = static_cast<uint16_t>(std::min(mtu, 65535U));
      e.mtu_locked = false;
      changed.push_back(e);
    }
  }
  for (const Exception& e : changed) set(e);
}

void Exceptions::believe_in_forwarding(bool on) {
  if (on == believe_) return;
  believe_ = on;
  for (uint32_t word = 0; size_ != 0 && word < ExceptionTable::kRoom; ++word)
    if (const uint32_t slot = slot_at(word)) set_mtus(slot);
  recount();
}

void Exceptions::expire(uint64_t now_ms) {
  if (now_ms < next_expiry_ms_ || now_ms < next_look_ms_) return;
  next_look_ms_ = now_ms + kLookMs;
  next_expiry_ms_ = kNever;
  remove_if([&](const Exception& e) {
    if (e.expires_ms <= now_ms) return true;
    next_expiry_ms_ = std::min(next_expiry_ms_, e.expires_ms);
    return false;
  });
}

}  // namespace flyover::route
