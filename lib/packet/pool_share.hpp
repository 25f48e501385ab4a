// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : how many mbufs of each pool wait in one place: for ARP, for the rest of a datagram, for a verdict
// Guarantees : never more than a fixed share of a pool, whatever its size, so that what waits leaves mbufs to those who receive;
//              a packet counts as many as it has
// Expects    : one thread; a packet has as many mbufs when it is given back as when it was taken
#pragma once

#include <rte_mbuf.h>

#include <cstdint>
#include <vector>

namespace flyover {

class PoolShare {
 public:
  explicit PoolShare(uint32_t parts) : parts_(parts) {}  // one of so many equal parts

  // A pool usually has 2^n - 1 mbufs.
  static uint32_t of(const rte_mempool& pool, uint32_t parts) { return (pool.size + 1) / parts; }

  bool fits(const rte_mbuf* m) { return used(*m) + m->nb_segs <= of(*m->pool, parts_); }
  bool take(const rte_mbuf* m) {
    if (!fits(m)) return false;
    used(*m) += m->nb_segs;
    return true;
  }
  void give(const rte_mbuf* m) { used(*m) -= m->nb_segs; }

 private:
  struct Used {
    const rte_mempool* pool;
    uint32_t mbufs;
  };
  uint32_t& used(const rte_mbuf& m) {
    for (Used& u : used_)
      if (u.pool == m.pool) return u.mbufs;
    return used_.emplace_back(Used{m.pool, 0}).mbufs;
  }
  const uint32_t parts_;
  std::vector<Used> used_;  // few: a pool or two for each NUMA node
};

}  // namespace flyover
