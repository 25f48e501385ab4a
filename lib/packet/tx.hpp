// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : a worker's transmit buffer of one interface
// Guarantees : a full buffer is handed on at once; what the far side refuses is given back to be dropped and counted, in order
#pragma once

#include <rte_mbuf.h>

#include <array>
#include <cstdint>

namespace flyover {

// Who takes complete frames: an ethdev queue, another thread's ring, a test's collector. Takes a prefix, returns how many; what
// is behind it is the caller's, and may be in another order.
struct TxSink {
  uint16_t (*send)(void* context, rte_mbuf** mbufs, uint16_t count) noexcept = nullptr;
  void* context = nullptr;
  uint16_t most_segments = UINT16_MAX;  // one of more mbufs is refused for want of one to copy it to, not of room
  bool relay = false;                   // into another thread's buffer for the interface, where its counters are kept
};

struct alignas(64) TxBuffer {
  static constexpr uint16_t kSize = 64;
  TxSink sink;
  uint16_t count = 0;
  uint32_t bytes = 0;
  std::array<rte_mbuf*, kSize> mbufs;
};

}  // namespace flyover
