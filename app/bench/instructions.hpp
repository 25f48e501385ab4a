// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : how many instructions a piece of work retires in user space, exactly, on any machine
// Guarantees : counted by single-stepping a forked copy of this process (ptrace): no performance counter is needed, other
//              processes do not disturb the figure. The work's effects stay in the copy, but for shared memory.
// Cost       : about 3 us per instruction
#pragma once

#include <cstdint>
#include <functional>

namespace flyover::bench {

// `prepare` runs before counting begins, in the copy too. 0: this machine does not allow tracing.
uint64_t count_instructions(const std::function<void()>& prepare, const std::function<void()>& work);

}  // namespace flyover::bench
