// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : `flyover-bench lookup`: the Fib beside DPDK's rte_fib and rte_lpm, with the same table, keys and machine
// Guarantees : all three answer every key alike, or the measurement fails; samples of all three take turns
#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"

namespace flyover::bench {

struct LookupChoice {
  std::string table;          // a file of lines "PREFIX WORD", '-': standard input; empty: a made one
  std::string updates;        // a file of lines "TIME a|w PREFIX WORD" to be replayed
  uint32_t routes = 1000000;  // of the made one
  uint32_t next_hops = 512;   // WORDs become one of so many
  bool lpm = false;           // rte_lpm too, which takes minutes to build a full table
  int samples = 11;           // whose median counts
};

flyover::Result<> run_lookup(const LookupChoice& choice);

}  // namespace flyover::bench
