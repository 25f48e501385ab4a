// SPDX-License-Identifier: BSD-3-Clause
#include "route/table_fibs.hpp"

#include <algorithm>

namespace flyover::route {

TableFibs::TableFibs(Reclaimer& reclaimer, std::vector<const RouteSet*> sources, IsUsable is_usable)
    : reclaimer_(reclaimer), sources_(std::move(sources)), is_usable_(std::move(is_usable)) {
  full_.fill(true);
  for (size_t slot = 0; slot < kSlots; ++slot) {
    if (slot == 0 || wants(slot)) make(slot);
    by_tos_[slot].store(fibs_[0].get(), std::memory_order_relaxed);
  }
}

bool TableFibs::wants(size_t slot) const {
  for (const RouteSet* routes : sources_)
    if (routes->with_tos(slot) != 0) return true;
  return false;
}

// A Fib of all that packets of this type of service see, as soon as it is filled.
void TableFibs::make(size_t slot) {
  fibs_[slot] = std::make_unique<Fib>(reclaimer_);
  full_[slot] = false;
  source_ = 0, after_.reset();  // another one may begin anew: that does no harm
}

bool TableFibs::ready() const {
  return std::all_of(full_.begin(), full_.end(), [](bool full) { return full; });
}

size_t TableFibs::fill(size_t most) {
  size_t left = most;
  while (left != 0 && !ready()) {
    const auto slot = static_cast<size_t>(std::find(full_.begin(), full_.end(), false) - full_.begin());
    const RouteSet& routes = *sources_[source_];
    routes.walk(after_, [&](RouteSet::Index first) {
      after_ = routes.at(first).prefix();
      write(slot, *after_);
      return --left != 0;
    });
    if (left == 0) break;
    after_.reset();
    if (++source_ != sources_.size()) continue;
    source_ = 0;
    full_[slot] = true;
    by_tos_[slot].store(fibs_[slot].get(), std::memory_order_release);
  }
  return most - left;
}

bool TableFibs::update(const Ipv4Prefix& prefix) {
  bool done = true;
  for (size_t slot = 0; slot < kSlots; ++slot) {
    if (slot == 0 || (fibs_[slot] && wants(slot))) {
      done = write(slot, prefix) && done;
    } else if (fibs_[slot]) {
      if (!full_[slot]) source_ = 0, after_.reset();
      full_[slot] = true;
      by_tos_[slot].store(fibs_[0].get(), std::memory_order_release);
      reclaimer_.retire(std::unique_ptr<const Fib>(std::move(fibs_[slot])));
    } else if (wants(slot)) {
      make(slot);
    }
  }
  return done;
}

bool TableFibs::write(size_t slot, const Ipv4Prefix& prefix) {
  Fib& fib = *fibs_[slot];
  if (const uint32_t path = best(slot, prefix)) return fib.set(prefix, path);
  return fib.clear(prefix);
}

// The path that packets to the prefix take, 0 if none. The routes of a prefix are sorted: those by type of service come first.
uint32_t TableFibs::best(size_t slot, const Ipv4Prefix& prefix) const {
  for (const RouteSet* routes : sources_)
    for (auto i = routes->find(prefix); i != 0; i = routes->at(i).next) {
      const uint8_t tos = routes->at(i).tos;
      if ((tos == 0 || tos == slot << 2) && is_usable_(routes->at(i).path)) return routes->at(i).path;
    }
  return 0;
}

bool TableFibs::by_tos() const {
  for (size_t slot = 1; slot < kSlots; ++slot)
    if (fibs_[slot]) return true;
  return false;
}

Memory TableFibs::memory() const {
  Memory sum;
  for (const auto& fib : fibs_) {
    if (!fib) continue;
    sum.lookup += fib->memory().lookup;
    sum.writer += fib->memory().writer;
  }
  return sum;
}

}  // namespace flyover::route
