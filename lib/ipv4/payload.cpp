// SPDX-License-Identifier: BSD-3-Clause
#include "ipv4/payload.hpp"

#include <algorithm>

namespace flyover::ipv4 {

// Not rte_raw_cksum_mbuf: in DPDK 22.11 it loses carries behind a segment of odd length.
uint64_t payload_sum(const Packet& p, uint16_t bytes) noexcept {
  const rte_mbuf* m = p.mbuf;
  uint32_t skip = static_cast<uint32_t>(ip_offset(p) + p.ip->header_length());
  uint64_t sum = 0;
  uint32_t done = 0;
  for (; m && done < bytes; m = m->next) {
    if (skip >= m->data_len) {
      skip -= m->data_len;
      continue;
    }
    const uint32_t size = std::min<uint32_t>(m->data_len - skip, bytes - done);
    const uint16_t part = checksum_fold(checksum_add(0, rte_pktmbuf_mtod_offset(m, const uint8_t*, skip), size));
    sum += done & 1 ? __builtin_bswap16(part) : part;  // RFC 1071: an odd start swaps the bytes of the sum
    done += size;
    skip = 0;
  }
  return sum;
}

}  // namespace flyover::ipv4
