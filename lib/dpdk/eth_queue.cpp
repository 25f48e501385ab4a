// SPDX-License-Identifier: BSD-3-Clause
#include "dpdk/eth_queue.hpp"

#include <rte_mbuf.h>

namespace flyover::dpdk {

bool gather(rte_mbuf*& m, uint16_t most, rte_mempool* pool) noexcept {
  const bool ours_alone = RTE_MBUF_DIRECT(m) && rte_mbuf_refcnt_read(m) == 1;
  if (ours_alone && rte_pktmbuf_linearize(m) == 0) return true;
  rte_mbuf* copy = rte_pktmbuf_copy(m, pool, 0, UINT32_MAX);
  if (!copy) return false;
  if (copy->nb_segs > most) {
    rte_pktmbuf_free(copy);
    return false;
  }
  rte_pktmbuf_free(m);
  m = copy;
  return true;
}

}  // namespace flyover::dpdk
