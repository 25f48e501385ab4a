// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : a packet's whole journey
// Linux counterpart : named beside each stage in pipeline.cpp
#pragma once

#include "packet/worker.hpp"

namespace flyover::pipeline {

void forward(Burst& b, Worker& w) noexcept;  // from the wire; b is empty afterwards
void from_prerouting(Burst& b, Worker& w) noexcept;
void from_forward(Burst& b, Worker& w) noexcept;
void output(Burst& b, Worker& w) noexcept;  // routed packets to the wire; b is empty afterwards
void drain_waiting(Worker& w) noexcept;
inline void drain_lanes(Worker& w) noexcept {  // until every lane is empty
  if (w.lanes_waiting) drain_waiting(w);
}

}  // namespace flyover::pipeline
