// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : what flyover-bench measures
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace flyover::bench {

struct Choice {
  uint32_t routes = 1000000;
  int rounds = 31;
  std::string only;
};

struct StageResult {
  std::string name;  // the group's first stage
  double cycles;     // per packet that entered it
};

struct Result {
  std::string name;
  std::string sentence;
  uint16_t burst = 0;
  double cycles = 0;                // per packet, median of single bursts
  double cycles_low = 0;            // 10th percentile
  double instructions = 0;          // per packet; 0: not counted here
  double target = 0;                // cycles; 0: none
  std::vector<StageResult> stages;  // of separate, sampled rounds: taking the time costs a few cycles itself
};

std::vector<Result> run_cases(const Choice& choice);

}  // namespace flyover::bench
