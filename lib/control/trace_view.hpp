// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : what was traced, in words: one packet per block, stop by stop
// Guarantees : words from kStages, kDropReasons, kLanes and kPuntReasons only
#pragma once

#include <vector>

#include "control/print.hpp"
#include "control/router.hpp"

namespace flyover::control {

struct TraceStop {
  uint16_t worker;  // the control thread's is the last
  TraceRecord record;
};

// What the workers have recorded since `since` (TSC), in order of time.
std::vector<TraceStop> traced(Router& router, uint64_t since);
// A row per packet, at most `most`, in the order in which they came.
std::vector<Json> trace_rows(Router& router, const std::vector<TraceStop>& stops, size_t most);
std::string print_trace(const Json& row, const Style& style);

}  // namespace flyover::control
