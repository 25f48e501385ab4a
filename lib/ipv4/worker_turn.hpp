// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : one turn of a worker's loop
// Guarantees : everything that came in has gone out, is in a queue of the control thread, or is dropped, when it returns;
//              no lock, no wait, no system call
#pragma once

#include "dpdk/rcu.hpp"
#include "packet/published.hpp"
#include "packet/worker.hpp"

namespace flyover::ipv4 {

inline constexpr uint16_t kRxBurst = 32;         // measured: docs/performance.md
inline constexpr uint64_t kQuiescentEvery = 16;  // turns
inline constexpr uint64_t kSampleEvery = 64;     // turns between two in which the stages are timed

// Takes the current snapshot, and the plan of queues and sinks if it is a new one.
void take_tables(Worker& w, const Snapshot* current) noexcept;
void set_clock(Worker& w, uint64_t tsc) noexcept;

// A burst of `count` frames that came in by `in`, through the whole journey (not the lanes).
void receive(Worker& w, rte_mbuf** mbufs, uint16_t count, InterfaceId in) noexcept;

// Polls every queue once, drains the lanes behind each, sends; `tsc` is now. True if there was anything to do.
bool worker_turn(Worker& w, const Published<Snapshot>& current, dpdk::Rcu& rcu, uint64_t tsc) noexcept;

}  // namespace flyover::ipv4
