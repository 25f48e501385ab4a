// SPDX-License-Identifier: BSD-3-Clause
#include "dpdk/mbuf_pool.hpp"

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_mbuf_pool_ops.h>
#include <rte_memzone.h>

#include "base/check.hpp"

namespace flyover::dpdk {
namespace {

constexpr int kNamesakes = 1000;
constexpr unsigned kPage = 4096;
constexpr unsigned kObjectHeader = RTE_ALIGN_CEIL(sizeof(rte_mempool_objhdr), RTE_CACHE_LINE_SIZE);

void free_stretch(rte_mempool_memhdr*, void* zone) { rte_memzone_free(static_cast<const rte_memzone*>(zone)); }

// All of the pool's objects, side by side; false: there is no such stretch of memory.
bool populate_stretch(rte_mempool* pool) {
  const size_t object = pool->header_size + pool->elt_size + pool->trailer_size;
  const size_t size = pool->size * object + RTE_MEMPOOL_ALIGN;
  const std::string name = std::string("MP_") + pool->name + "_0";
  const rte_memzone* zone =
      rte_memzone_reserve_aligned(name.c_str(), size, pool->socket_id, 0, object == kPage ? kPage : RTE_MEMPOOL_ALIGN);
  if (!zone) return false;
  auto* start = static_cast<char*>(zone->addr);
  const int count =
      rte_mempool_populate_iova(pool, start, zone->iova, zone->len, free_stretch, const_cast<rte_memzone*>(zone));
  if (count <= 0) rte_memzone_free(zone);
  return count == static_cast<int>(pool->size);
}

// Without hugepages DPDK lets no object cross a page. That puts every mbuf at the same place of a page of its own, where all
// their first lines share one set of the L1 cache, and so do all frames: a packet of a burst of 32 cost 41 cycles instead of 27.
// Where devices see the process's addresses, pages need not be minded; where the kernel maps pages for one (AF_XDP without copies),
// an mbuf and what stands before it are made exactly a page.
rte_mempool* create_without_hugepages(const char* name, const MbufPool::Shape& shape, uint16_t room) {
  const unsigned size = static_cast<unsigned>(sizeof(rte_mbuf)) + kNoteRoom + room;
  check(!shape.page_each || kObjectHeader + size <= kPage, "an mbuf is longer than a page");
  rte_mempool* pool = rte_mempool_create_empty(
      name, shape.count, shape.page_each ? kPage - kObjectHeader : size, shape.cache, sizeof(rte_pktmbuf_pool_private),
      shape.socket, RTE_MEMPOOL_F_NO_IOVA_CONTIG | (shape.page_each ? RTE_MEMPOOL_F_NO_SPREAD : 0U));
  if (!pool) return nullptr;
  rte_pktmbuf_pool_private room_of{.mbuf_data_room_size = room, .mbuf_priv_size = kNoteRoom, .flags = 0};
  int error = -rte_mempool_set_ops_byname(pool, rte_mbuf_best_mempool_ops(), nullptr);
  if (!error) {
    rte_pktmbuf_pool_init(pool, &room_of);
    if (!populate_stretch(pool)) error = ENOMEM;
  }
  if (error) {
    rte_mempool_free(pool);
    rte_errno = error;
    return nullptr;
  }
  rte_mempool_obj_iter(pool, rte_pktmbuf_init, nullptr);
  return pool;
}

rte_mempool* create_pool(const char* name, const MbufPool::Shape& shape, uint16_t room) {
  if (!rte_eal_has_hugepages() && rte_eal_iova_mode() == RTE_IOVA_VA)
    return create_without_hugepages(name, shape, room);
  return rte_pktmbuf_pool_create(name, shape.count, shape.cache, kNoteRoom, room, shape.socket);
}

}  // namespace

Result<MbufPool> MbufPool::create(const std::string& name, const Shape& shape) {
  const uint16_t room = static_cast<uint16_t>(shape.data_room + RTE_PKTMBUF_HEADROOM);
  rte_mempool* pool = nullptr;
  rte_errno = EEXIST;
  for (int n = 1; !pool && rte_errno == EEXIST && n < kNamesakes; ++n) {
    const std::string own = n == 1 ? name : name + "." + std::to_string(n);
    pool = create_pool(own.c_str(), shape, room);
  }
  if (!pool)
    return refused("cannot make a pool of " + std::to_string(shape.count) + " mbufs of " + std::to_string(room) +
                   " bytes: " + rte_strerror(rte_errno));
  return MbufPool(pool);
}

}  // namespace flyover::dpdk
