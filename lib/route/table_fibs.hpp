// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : the Fibs of one table, or of local and main as one: by type of service, as packets see its routes
// Linux counterpart : fib_table_lookup's choice among the aliases of a prefix
// Guarantees        : a packet finds the longest prefix that has a route of its own type of service or of none; on equal prefixes its
//                     own, then the lowest metric. A table without routes by type of service has one Fib.
//                     What was not ready() finds nothing, or what it found before, until it is
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "route/fib.hpp"
#include "route/flow.hpp"
#include "route/route_set.hpp"

namespace flyover::route {

class TableFibs {
 public:
  // Of these routes, which outlive this; on equal prefixes the first ones win. Routes whose path is not usable are as if they
  // were not there.
  using IsUsable = std::function<bool(uint32_t path)>;
  TableFibs(Reclaimer& reclaimer, std::vector<const RouteSet*> sources, IsUsable is_usable);

  // Packets.
  const Fib& of(uint8_t tos) const noexcept { return *by_tos_[slot_of(tos)].load(std::memory_order_acquire); }
  const Fib& plain() const noexcept { return *fibs_[0]; }

  // Control. After routes of a prefix have changed; false when there is no room: to be called again with the routes as before.
  bool update(const Ipv4Prefix& prefix);
  // A new Fib, be it the first, is filled piece by piece, and then given to packets. So many prefixes or the rest: how many.
  bool ready() const;
  size_t fill(size_t most);
  void prefetch(std::span<const Ipv4Prefix> prefixes) const { fibs_[0]->prefetch(prefixes); }
  bool by_tos() const;
  Memory memory() const;

 private:
  static constexpr size_t kSlots = RouteSet::kTosSlots;
  static size_t slot_of(uint8_t tos) noexcept { return (tos & kTosMask) >> 2; }
  bool wants(size_t slot) const;
  void make(size_t slot);
  bool write(size_t slot, const Ipv4Prefix& prefix);
  uint32_t best(size_t slot, const Ipv4Prefix& prefix) const;

  Reclaimer& reclaimer_;
  std::vector<const RouteSet*> sources_;
  IsUsable is_usable_;
  std::array<std::unique_ptr<Fib>, kSlots> fibs_;  // null: as [0], which is for no type of service
  std::array<std::atomic<const Fib*>, kSlots> by_tos_;
  std::array<bool, kSlots> full_{};  // there is no Fib, or it has all prefixes
  size_t source_ = 0;                // of the first one that is not: as far as it has been filled
  std::optional<Ipv4Prefix> after_;
};

}  // namespace flyover::route
