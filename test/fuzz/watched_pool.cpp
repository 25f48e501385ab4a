// SPDX-License-Identifier: BSD-3-Clause
#include "watched_pool.hpp"

#include <rte_mbuf.h>
#include <sanitizer/asan_interface.h>

#include <cstring>
#include <deque>

#include "base/check.hpp"
#include "dpdk/mbuf_pool.hpp"

namespace flyover::fuzz {
namespace {

struct FreeList {
  std::deque<void*> objects;  // first in, first out: the longest time until an mbuf is used again
  bool watching = false;      // not while DPDK still makes the mbufs
};
FreeList the_list;  // not in DPDK's memory, where LeakSanitizer does not look
uint8_t fresh = 0;

FreeList& list_of(const rte_mempool* pool) { return *static_cast<FreeList*>(pool->pool_data); }

int make(rte_mempool* pool) {
  check(the_list.objects.empty(), "there is one watched pool in a process");
  pool->pool_data = &the_list;
  return 0;
}
void unmake(rte_mempool*) { the_list.objects.clear(); }

int give_back(rte_mempool* pool, void* const* objects, unsigned count) {
  FreeList& list = list_of(pool);
  for (unsigned i = 0; i < count; ++i) {
    if (list.watching) {
      check(!__asan_address_is_poisoned(objects[i]), "an mbuf is freed twice");
      __asan_poison_memory_region(objects[i], pool->elt_size);
    }
    list.objects.push_back(objects[i]);
  }
  return 0;
}

int take(rte_mempool* pool, void** objects, unsigned count) {
  FreeList& list = list_of(pool);
  if (list.objects.size() < count) return -ENOBUFS;
  for (unsigned i = 0; i < count; ++i) {
    objects[i] = list.objects.front();
    list.objects.pop_front();
    if (!list.watching) continue;
    __asan_unpoison_memory_region(objects[i], pool->elt_size);
    std::memset(static_cast<uint8_t*>(objects[i]) + sizeof(rte_mbuf), fresh, pool->elt_size - sizeof(rte_mbuf));
  }
  return 0;
}

unsigned available(const rte_mempool* pool) { return static_cast<unsigned>(list_of(pool).objects.size()); }

}  // namespace

rte_mempool* watched_pool(const char* name, uint32_t count) {
  rte_mempool_ops ops{};
  std::strcpy(ops.name, "watched");
  ops.alloc = make, ops.free = unmake, ops.enqueue = give_back, ops.dequeue = take, ops.get_count = available;
  check(rte_mempool_register_ops(&ops) >= 0, "the operations of the watched pool");
  constexpr uint16_t room = dpdk::kDefaultDataRoom + RTE_PKTMBUF_HEADROOM;
  rte_mempool* pool = rte_pktmbuf_pool_create_by_ops(name, count, 0, dpdk::kNoteRoom, room, SOCKET_ID_ANY, "watched");
  check(pool != nullptr, "the watched pool");
  FreeList& list = list_of(pool);
  list.watching = true;
  for (void* object : list.objects) __asan_poison_memory_region(object, pool->elt_size);
  return pool;
}

void fill_with(uint8_t byte) { fresh = byte; }

}  // namespace flyover::fuzz
