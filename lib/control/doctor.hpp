// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : is this machine ready for fast packets: what stands in /sys and /proc, and the command that mends it
// Guarantees : reads only; nothing of what it looks for has to be there
#pragma once

#include <string>
#include <vector>

#include "control/grammar.hpp"

namespace flyover::control {

struct Finding {
  enum class State : uint8_t { Good, Note, Bad } state = State::Good;  // Note: slower than it could be, or a choice
  std::string topic;
  std::string says;
  std::string mend;  // a command; empty: nothing to do
};

// `root` is "/", or a folder with another machine's sys and proc.
std::vector<Finding> examine(const std::string& root);
std::string doctor_report(const std::vector<Finding>& findings, const Style& style);

}  // namespace flyover::control
