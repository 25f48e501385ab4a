// SPDX-License-Identifier: BSD-3-Clause
#include "ipv4/payload.hpp"

#include <rte_ip.h>

namespace flyover::ipv4 {

uint64_t payload_sum(const Packet& p, uint16_t bytes) noexcept {
  uint16_t sum = 0;
  rte_raw_cksum_mbuf(p.mbuf, static_cast<uint32_t>(ip_offset(p) + p.ip->header_length()), bytes, &sum);
  return sum;
}

}  // namespace flyover::ipv4
