// SPDX-License-Identifier: BSD-3-Clause
#include "hook/hook_table.hpp"

#include <algorithm>

namespace flyover::hook {

bool HookTable::has(uint16_t handle) const {
  return std::ranges::any_of(functions_, [handle](const auto& chain) {
    return std::ranges::any_of(chain, [handle](const HookFunction& f) { return f.handle == handle; });
  });
}

uint16_t HookTable::add(Hook hook, const HookFunction& function) {
  uint16_t handle = last_;
  for (uint16_t tries = 0; tries < kMaxHandle; ++tries) {
    handle = static_cast<uint16_t>(handle % kMaxHandle + 1);
    if (has(handle)) continue;
    auto& chain = functions_[static_cast<size_t>(hook)];
    const auto later = [](int32_t priority, const HookFunction& f) { return priority < f.priority; };
    auto at = chain.insert(std::upper_bound(chain.begin(), chain.end(), function.priority, later), function);
    used_ |= 1U << static_cast<size_t>(hook);
    return at->handle = last_ = handle;
  }
  return 0;
}

bool HookTable::remove(uint16_t handle) {
  for (size_t hook = 0; hook < functions_.size(); ++hook) {
    auto& chain = functions_[hook];
    if (!std::erase_if(chain, [handle](const HookFunction& f) { return f.handle == handle; })) continue;
    if (chain.empty()) used_ &= ~(1U << hook);
    return true;
  }
  return false;
}

}  // namespace flyover::hook
