// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : bursts from and to one queue of a port
// Expects    : one thread per queue and direction; the port is started
// Guarantees : rx_burst() never waits; send() takes a prefix and leaves the rest to the caller, in order, but what the device can
//              never take goes behind all others
// Cost       : the driver's
#pragma once

#include <rte_ethdev.h>

#include <algorithm>
#include <cstdint>

#include "base/strong_id.hpp"

namespace flyover::dpdk {

inline uint16_t rx_burst(PortId port, QueueId queue, rte_mbuf** mbufs, uint16_t most) noexcept {
  return rte_eth_rx_burst(port.value(), queue.value(), mbufs, most);
}

inline uint16_t tx_burst(PortId port, QueueId queue, rte_mbuf** mbufs, uint16_t count) noexcept {
  return rte_eth_tx_burst(port.value(), queue.value(), mbufs, count);
}

// One worker's way out of a port; the context of its TxSink.
struct TxQueue {
  PortId port;
  QueueId queue;
  uint16_t most_segments;  // mbufs of one packet that the device takes: a datagram of small fragments may have many
  rte_mempool* pool;       // where a copy in fewer mbufs comes from
};

// Replaces a packet by one of at most `most` mbufs; false: it does not fit or there is none.
bool gather(rte_mbuf*& m, uint16_t most, rte_mempool* pool) noexcept;

inline uint16_t send(void* context, rte_mbuf** mbufs, uint16_t count) noexcept {
  const TxQueue& q = *static_cast<const TxQueue*>(context);
  for (uint16_t i = 0; i < count; ++i)
    while (i < count && mbufs[i]->nb_segs > q.most_segments && !gather(mbufs[i], q.most_segments, q.pool))
      [[unlikely]] std::rotate(mbufs + i, mbufs + i + 1, mbufs + count--);
  return tx_burst(q.port, q.queue, mbufs, count);
}

}  // namespace flyover::dpdk
