// SPDX-License-Identifier: BSD-3-Clause
#include "dpdk/ring.hpp"

#include <rte_errno.h>

namespace flyover::dpdk {

Result<MbufRing> MbufRing::create(const std::string& name, uint32_t capacity, int socket) {
  rte_ring* ring = rte_ring_create(name.c_str(), capacity, socket, RING_F_SP_ENQ | RING_F_SC_DEQ | RING_F_EXACT_SZ);
  if (!ring) return refused("cannot make the queue " + name + ": " + rte_strerror(rte_errno));
  return MbufRing(ring);
}

MbufRing::~MbufRing() {
  if (!ring_) return;
  rte_mbuf* mbufs[32];
  while (const uint16_t n = pop(mbufs, 32)) rte_pktmbuf_free_bulk(mbufs, n);
}

}  // namespace flyover::dpdk
