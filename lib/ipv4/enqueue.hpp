// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : put the frame into the egress interface's transmit buffer
// Linux counterpart : dev_queue_xmit
// Expects           : a complete frame, out
// Guarantees        : the buffer owns the mbuf; the caller empties the burst behind this stage. What the port refuses later
//                     is dropped and counted (TxRingFull) when the buffer is flushed.
// Exits             : none
#pragma once

#include "packet/run.hpp"

namespace flyover::port {

class Enqueue {
 public:
  static constexpr auto id = StageId::Enqueue;
  Enqueue(const Burst&, const Worker& w) noexcept : buffers_(const_cast<TxBuffer*>(w.tx.data())) {}
  Verdict step(Packet& p, Worker& w) const noexcept {
    append(buffers_[p.out.value()], p.mbuf, p.out, w);
    return go_on();
  }

 private:
  TxBuffer* buffers_;  // the worker's own, by InterfaceId
};

}  // namespace flyover::port
