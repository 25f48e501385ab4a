// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : the Fibs of one table, or of local and main as one: by type of service, as packets see its routes
// Linux counterpart : fib_table_lookup's choice among the aliases of a prefix
// Guarantees        : a packet finds the longest prefix that has a route of its own type of service or of none; on equal prefixes its
//                     own, then the lowest metric. A table without routes by type of service has one Fib.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>
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
  void prefetch(std::span<const Ipv4Prefix> prefixes) const { fibs_[0]->prefetch(prefixes); }
  bool by_tos() const;
  Memory memory() const;

 private:
  static constexpr size_t kSlots = RouteSet::kTosSlots;
  static size_t slot_of(uint8_t tos) noexcept { return (tos & kTosMask) >> 2; }
  bool wants(size_t slot) const;
  bool fill(size_t slot);
  bool write(size_t slot, const Ipv4Prefix& prefix);
  uint32_t best(size_t slot, const Ipv4Prefix& prefix) const;

  Reclaimer& reclaimer_;
  std::vector<const RouteSet*> sources_;
  IsUsable is_usable_;
  std::array<std::unique_ptr<Fib>, kSlots> fibs_;  // null: as [0], which is for no type of service
  std::array<std::atomic<const Fib*>, kSlots> by_tos_;
};

}  // namespace flyover::route
