// SPDX-License-Identifier: BSD-3-Clause
#include "dpdk/mbuf_pool.hpp"

#include <rte_errno.h>

namespace flyover::dpdk {

Result<MbufPool> MbufPool::create(const std::string& name, const Shape& shape) {
  const uint16_t room = static_cast<uint16_t>(shape.data_room + RTE_PKTMBUF_HEADROOM);
  rte_mempool* pool = rte_pktmbuf_pool_create(name.c_str(), shape.count, shape.cache, kNoteRoom, room, shape.socket);
  if (!pool)
    return refused("cannot make a pool of " + std::to_string(shape.count) + " mbufs of " + std::to_string(room) +
                   " bytes: " + rte_strerror(rte_errno));
  return MbufPool(pool);
}

}  // namespace flyover::dpdk
