// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : a pool of mbufs with room for a packet's note in each
// Guarantees : every mbuf has kNoteRoom bytes of private area; the pool is freed by its owner's destructor,
//              which must outlive every mbuf of it
#pragma once

#include <rte_mbuf.h>

#include <memory>
#include <string>

#include "base/result.hpp"

namespace flyover::dpdk {

inline constexpr uint16_t kNoteRoom = 64;           // bytes: one cache line, a packet's row while it waits
inline constexpr uint16_t kDefaultDataRoom = 2048;  // bytes after the headroom

class MbufPool {
 public:
  struct Shape {
    uint32_t count = 8191;                  // mbufs; 2^n - 1 is the best use of memory
    uint16_t data_room = kDefaultDataRoom;  // bytes, without the headroom
    uint32_t cache = 256;                   // mbufs kept per lcore
    int socket = SOCKET_ID_ANY;
    bool page_each =
        false;  // without hugepages: no mbuf crosses a page, for a device to which the kernel maps our pages
  };
  // The name is unique in the process: one that is taken gets a number.
  static Result<MbufPool> create(const std::string& name, const Shape& shape);

  rte_mempool* raw() const { return pool_.get(); }
  uint32_t in_use() const { return rte_mempool_in_use_count(pool_.get()); }
  uint32_t capacity() const { return pool_->size; }

 private:
  struct Free {
    void operator()(rte_mempool* pool) const { rte_mempool_free(pool); }
  };
  explicit MbufPool(rte_mempool* pool) : pool_(pool) {}
  std::unique_ptr<rte_mempool, Free> pool_;
};

}  // namespace flyover::dpdk
