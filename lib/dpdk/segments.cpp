// SPDX-License-Identifier: BSD-3-Clause
#include "dpdk/segments.hpp"

#include <algorithm>
#include <cstring>

namespace flyover::dpdk {
namespace {

void unlink_next(rte_mbuf* first, rte_mbuf* before) noexcept {
  rte_mbuf* gone = before->next;
  before->next = gone->next;
  --first->nb_segs;
  gone->next = nullptr;
  gone->nb_segs = 1;
  rte_pktmbuf_free_seg(gone);
}

}  // namespace

bool pull_up(rte_mbuf* m, uint32_t bytes) noexcept {
  if (m->data_len >= bytes) return true;
  if (m->pkt_len < bytes || m->data_len + rte_pktmbuf_tailroom(m) < bytes) return false;
  while (m->data_len < bytes) {
    rte_mbuf* next = m->next;
    const uint16_t take = static_cast<uint16_t>(std::min<uint32_t>(bytes - m->data_len, next->data_len));
    std::memcpy(rte_pktmbuf_mtod_offset(m, uint8_t*, m->data_len), rte_pktmbuf_mtod(next, const uint8_t*), take);
    m->data_len = static_cast<uint16_t>(m->data_len + take);
    next->data_off = static_cast<uint16_t>(next->data_off + take);
    next->data_len = static_cast<uint16_t>(next->data_len - take);
    if (next->data_len == 0) unlink_next(m, m);
  }
  return true;
}

void trim_to(rte_mbuf* m, uint32_t bytes) noexcept {
  uint32_t left = bytes;
  rte_mbuf* seg = m;
  while (left > seg->data_len) {
    left -= seg->data_len;
    seg = seg->next;
  }
  seg->data_len = static_cast<uint16_t>(left);
  while (seg->next) unlink_next(m, seg);
  m->pkt_len = bytes;
}

}  // namespace flyover::dpdk
