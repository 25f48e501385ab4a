// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : executes a file of commands at start, as `flyover -b` would
// Guarantees : stops at the first line that fails; the error names file and line
#pragma once

#include <string>

#include "control/request.hpp"

namespace flyover::daemon {

// `say` gets what the commands print.
Result<> execute_file(const std::string& name, const control::Executor& execute,
                      const std::function<void(const std::string&)>& say);

}  // namespace flyover::daemon
