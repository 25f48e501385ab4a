// SPDX-License-Identifier: BSD-3-Clause
#include "dpdk/mbuf_pool.hpp"

#include <rte_errno.h>

namespace flyover::dpdk {
namespace {

constexpr int kNamesakes = 1000;

}  // namespace

Result<MbufPool> MbufPool::create(const std::string& name, const Shape& shape) {
  const uint16_t room = static_cast<uint16_t>(shape.data_room + RTE_PKTMBUF_HEADROOM);
  rte_mempool* pool = nullptr;
  rte_errno = EEXIST;
  for (int n = 1; !pool && rte_errno == EEXIST && n < kNamesakes; ++n) {
    const std::string own = n == 1 ? name : name + "." + std::to_string(n);
    pool = rte_pktmbuf_pool_create(own.c_str(), shape.count, shape.cache, kNoteRoom, room, shape.socket);
  }
  if (!pool)
    return refused("cannot make a pool of " + std::to_string(shape.count) + " mbufs of " + std::to_string(room) +
                   " bytes: " + rte_strerror(rte_errno));
  return MbufPool(pool);
}

}  // namespace flyover::dpdk
