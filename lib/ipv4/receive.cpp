// SPDX-License-Identifier: BSD-3-Clause
#include "ipv4/receive.hpp"

#include "dpdk/segments.hpp"

namespace flyover::ipv4 {

// The kernel's order (ip_rcv_core), so that a packet with several faults is counted under the same one.
Verdict receive_unusual(Packet& p, Worker&) noexcept {
  rte_mbuf* m = p.mbuf;
  constexpr uint32_t offset = sizeof(EthernetHeader);
  if (m->pkt_len < offset) return drop(DropReason::RuntFrame);
  if (!dpdk::pull_up(m, offset + sizeof(Ipv4Header))) return drop(DropReason::IpTooShort);
  const auto at = [&] { return p.ip = rte_pktmbuf_mtod_offset(m, Ipv4Header*, offset); };
  const uint16_t header = at()->header_length();
  if (p.ip->version() != 4) return drop(DropReason::IpVersion);
  if (header < sizeof(Ipv4Header) || !dpdk::pull_up(m, offset + header)) return drop(DropReason::IpHeaderLength);
  if (!ipv4_checksum_ok(*at())) return drop(DropReason::IpChecksum);
  const uint16_t total = p.ip->total_length.host();
  if (offset + total > m->pkt_len) return drop(DropReason::IpTruncated);
  if (total < header) return drop(DropReason::IpTotalLength);
  dpdk::trim_to(m, offset + total);
  p.length = total;
  p.has_options = header > sizeof(Ipv4Header);
  return go_on();
}

}  // namespace flyover::ipv4
