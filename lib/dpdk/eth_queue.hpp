// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : a port's receive and transmit burst
#pragma once

#include <rte_ethdev.h>

#include "base/strong_id.hpp"

namespace flyover::dpdk {

inline uint16_t rx_burst(PortId port, QueueId queue, rte_mbuf** mbufs, uint16_t most) noexcept {
  return rte_eth_rx_burst(port.value(), queue.value(), mbufs, most);
}
inline uint16_t tx_burst(PortId port, QueueId queue, rte_mbuf** mbufs, uint16_t count) noexcept {
  return rte_eth_tx_burst(port.value(), queue.value(), mbufs, count);
}

}  // namespace flyover::dpdk
