// SPDX-License-Identifier: BSD-3-Clause
// What the tables take of memory.
#include "route/route_control.hpp"

namespace flyover::route {

std::vector<MemoryUse> RouteControl::memory() const {
  using Part = MemoryUse::Part;
  std::vector<MemoryUse> uses{
      {Part::Fib, {kTableLocal, kTableMain}, local_->routes.size() + main_->routes.size(), merged_.memory()}};
  for (const auto& table : tables_)
    if (table->fibs) uses.push_back({Part::Fib, {table->id}, table->routes.size(), table->fibs->memory()});
  for (const auto& table : tables_)
    uses.push_back({Part::Routes, {table->id}, table->routes.size(), {.lookup = 0, .writer = table->routes.memory()}});
  uses.push_back({Part::Paths, {}, paths_.size(), paths_.memory()});
  Memory groups;
  for (const auto& [path, group] : groups_) {
    groups.lookup += group.published->memory();
    groups.writer += sizeof(std::pair<const uint32_t, Group>) + group.legs.capacity() * sizeof(GroupLeg);
  }
  for (const auto& [id, object] : objects_)
    if (object.resilient) groups.lookup += object.resilient->published()->memory();
  if (!groups_.empty()) uses.push_back({Part::Groups, {}, groups_.size(), groups});
  if (exceptions_.size()) uses.push_back({Part::Exceptions, {}, exceptions_.size(), exceptions_.memory()});
  if (const RuleTable* rules = readers_.rules())
    uses.push_back({Part::Rules, {}, rules_.rules().size(), {.lookup = rules->memory(), .writer = 0}});
  return uses;
}

}  // namespace flyover::route
