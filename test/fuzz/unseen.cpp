// SPDX-License-Identifier: BSD-3-Clause
// Built without counters of its own: a file that has them must not name these symbols, which the compiler makes for it.
#include "unseen.hpp"

#include <algorithm>

extern "C" uint8_t __start___sancov_cntrs[], __stop___sancov_cntrs[];

namespace flyover::fuzz {

Unseen::Unseen() : kept_(__start___sancov_cntrs, __stop___sancov_cntrs) {}
Unseen::~Unseen() { std::copy(kept_.begin(), kept_.end(), __start___sancov_cntrs); }

}  // namespace flyover::fuzz
