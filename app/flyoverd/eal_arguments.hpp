// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : what DPDK's EAL is started with: from the configuration and from what this machine has
// Guarantees : what the user says after -- comes last and wins; nothing of one daemon gets in the way of another
#pragma once

#include <string>
#include <vector>

#include "flyoverd/config.hpp"

namespace flyover::daemon {

struct Machine {
  std::vector<unsigned> cores;  // that this process may use
  uint64_t free_huge_mb = 0;
  bool vfio_without_iommu = false;  // vfio's unsafe mode
  unsigned present = 0;             // cores that there are; 0: not known
};
Machine look_at_machine();

struct EalPlan {
  std::vector<std::string> arguments;
  std::vector<std::string> remarks;  // for the log
  std::string error;                 // why it cannot start
  bool shared_core = false;          // a worker and the control thread, or two workers, on one core
};
// `name`: unlike that of any other daemon on this machine.
EalPlan plan_eal(const Config& config, const Machine& machine, const std::string& name);

}  // namespace flyover::daemon
