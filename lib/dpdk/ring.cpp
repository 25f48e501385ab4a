// SPDX-License-Identifier: BSD-3-Clause
#include "dpdk/ring.hpp"

#include <rte_errno.h>
#include <rte_malloc.h>

namespace flyover::dpdk {
namespace {

constexpr unsigned kFlags = RING_F_SP_ENQ | RING_F_SC_DEQ | RING_F_EXACT_SZ;

}  // namespace

Result<MbufRing> MbufRing::create(const std::string& name, uint32_t capacity, int socket) {
  const auto failed = [&](int error) { return refused("cannot make the queue " + name + ": " + rte_strerror(error)); };
  const ssize_t size = rte_ring_get_memsize(rte_align32pow2(capacity + 1));
  if (size < 0) return failed(static_cast<int>(-size));
  Ring ring(static_cast<rte_ring*>(rte_zmalloc_socket("ring", static_cast<size_t>(size), alignof(rte_ring), socket)));
  if (!ring) return failed(ENOMEM);
  if (const int e = rte_ring_init(ring.get(), name.c_str(), capacity, kFlags); e) return failed(-e);
  return MbufRing(std::move(ring));
}

void MbufRing::Free::operator()(rte_ring* ring) const { rte_free(ring); }

MbufRing::~MbufRing() {
  if (!ring_) return;
  rte_mbuf* mbufs[32];
  while (const uint16_t n = pop(mbufs, 32)) rte_pktmbuf_free_bulk(mbufs, n);
}

}  // namespace flyover::dpdk
