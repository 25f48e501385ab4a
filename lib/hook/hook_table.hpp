// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : the five hook points: functions over bursts, in priority order
// Linux counterpart : nf_hook_entries, nf_hook_slow
// Guarantees        : immutable once published; an empty hook costs one test per burst
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "packet/worker.hpp"

namespace flyover::hook {

enum class Hook : uint8_t { Prerouting, LocalIn, Forward, LocalOut, Postrouting, Count };  // NF_INET_*

enum class HookVerdict : uint8_t {
  Accept,  // on to the next function, then to the next stage
  Drop,
  Stolen,  // the function has taken the mbuf and counts it
  Queue,   // to the queue of the control thread, which may send it back after this function
  Repeat,  // call this function again for this packet
};

// The packets that one function is to judge, in order. It fills verdict[i] for each; Accept stands there before.
struct Batch {
  Hook hook;
  uint16_t size = 0;
  std::array<Packet*, Burst::kMax> packet;
  std::array<HookVerdict, Burst::kMax> verdict;
};

struct HookFunction {
  void (*run)(void* context, Batch& batch, Worker& worker) noexcept = nullptr;
  void* context = nullptr;  // outlives the table by a grace period
  int32_t priority = 0;     // lowest first: -300 raw, -200 conntrack, -150 mangle, -100 dstnat, 0 filter, 100 srcnat
  uint16_t handle = 0;      // for removal; given by add()
};

// Packet::hook_after of a packet that left the line at a function: its hook and its handle. 0: none.
inline constexpr uint16_t kHandleBits = 13, kMaxHandle = (1U << kHandleBits) - 1;
constexpr uint16_t place(Hook hook, uint16_t handle) {
  return static_cast<uint16_t>(static_cast<uint16_t>(hook) << kHandleBits | handle);
}
constexpr Hook hook_of(uint16_t place) { return static_cast<Hook>(place >> kHandleBits); }
constexpr uint16_t handle_of(uint16_t place) { return place & kMaxHandle; }

class HookTable {
 public:
  const std::vector<HookFunction>& functions(Hook hook) const noexcept { return functions_[static_cast<size_t>(hook)]; }
  bool empty(Hook hook) const noexcept { return (used_ >> static_cast<size_t>(hook) & 1) == 0; }

  // Control, before publication. Functions of one priority run in the order in which they were added. Gives the function's
  // handle; 0 if there are kMaxHandle functions. A handle is used again only when all others have been.
  uint16_t add(Hook hook, const HookFunction& function);
  bool remove(uint16_t handle);
  bool has(uint16_t handle) const;

 private:
  uint32_t used_ = 0;  // bit per hook that has functions
  uint16_t last_ = 0;  // the handle that was given last
  std::array<std::vector<HookFunction>, static_cast<size_t>(Hook::Count)> functions_;
};

}  // namespace flyover::hook
