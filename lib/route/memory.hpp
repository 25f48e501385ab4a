// SPDX-License-Identifier: BSD-3-Clause
// Purpose : what tables take of memory, by who needs it
#pragma once

#include <cstddef>
#include <vector>

#include "base/strong_id.hpp"

namespace flyover::route {

struct Memory {       // bytes
  size_t lookup = 0;  // what packets' lookups touch
  size_t writer = 0;  // what only control needs
};

// One row of `stats show memory`.
struct MemoryUse {
  enum class Part {
    Fib,         // what packets find routes in; a Fib may be of several tables as one
    Routes,      // a table's routes for control
    Paths,       // next hops and what goes with them, of all tables, and their Dsts
    Groups,      // several next hops, as packets select one; with the buckets of all resilient groups
    Exceptions,  // what has been learned of single destinations
    Rules,       // policy rules as packets read them
  } part;
  std::vector<TableId> tables;
  size_t entries = 0;  // routes, paths, groups or rules
  Memory memory;
};

}  // namespace flyover::route
