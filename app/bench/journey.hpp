// SPDX-License-Identifier: BSD-3-Clause
// Purpose : what is timed: a packet's whole journey without the driver
#pragma once

#include "ipv4/pipeline.hpp"
#include "ipv4/worker_turn.hpp"
#include "packet/run.hpp"

namespace flyover::bench {

inline void journey(Worker& w, rte_mbuf** mbufs, uint16_t count) {  // one burst's
  ipv4::receive(w, mbufs, count, InterfaceId(2));
  pipeline::drain_lanes(w);
  flush_all(w);
  bury(w);
}

}  // namespace flyover::bench
