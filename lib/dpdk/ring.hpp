// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : a bounded queue of mbufs between two threads (one producer, one consumer)
// Guarantees : never blocks, never grows; what does not fit is refused, and the caller counts it. DPDK's list of rings, which
//              is the process's, does not know it: two routers in one process may name theirs alike.
#pragma once

#include <rte_mbuf.h>
#include <rte_ring.h>

#include <memory>
#include <string>
#include <utility>

#include "base/result.hpp"

namespace flyover::dpdk {

class MbufRing {
 public:
  // `name`: for debuggers, at most 31 characters. `capacity`: mbufs; it holds exactly that many.
  static Result<MbufRing> create(const std::string& name, uint32_t capacity, int socket = SOCKET_ID_ANY);
  MbufRing(MbufRing&&) = default;
  MbufRing& operator=(MbufRing&&) = default;
  ~MbufRing();  // frees the mbufs that are still in it

  bool push(rte_mbuf* mbuf) noexcept { return rte_ring_sp_enqueue(ring_.get(), mbuf) == 0; }
  uint16_t push(rte_mbuf** mbufs, uint16_t count) noexcept {
    return static_cast<uint16_t>(
        rte_ring_sp_enqueue_burst(ring_.get(), reinterpret_cast<void**>(mbufs), count, nullptr));
  }
  uint16_t pop(rte_mbuf** mbufs, uint16_t most) noexcept {
    return static_cast<uint16_t>(
        rte_ring_sc_dequeue_burst(ring_.get(), reinterpret_cast<void**>(mbufs), most, nullptr));
  }
  uint32_t size() const noexcept { return rte_ring_count(ring_.get()); }
  uint32_t capacity() const noexcept { return rte_ring_get_capacity(ring_.get()); }

 private:
  struct Free {
    void operator()(rte_ring* ring) const;
  };
  using Ring = std::unique_ptr<rte_ring, Free>;
  explicit MbufRing(Ring ring) : ring_(std::move(ring)) {}
  Ring ring_;
};

}  // namespace flyover::dpdk
