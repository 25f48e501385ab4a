// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : check the IPv4 header; nothing later looks at a byte that was not checked here
// Linux counterpart : ip_rcv_core, ip_rcv_finish (options)
// Expects           : ip behind the Ethernet header
// Guarantees        : RFC 1812 5.2.2: version, header length, checksum, total length; header and options lie in the first segment;
//                     the frame's padding is gone; length, has_options are set
// Exits             : Drop(RuntFrame, IpTooShort, IpVersion, IpHeaderLength, IpChecksum, IpTruncated, IpTotalLength, SourceRouted),
//                     Divert(IcmpError: parameter problem)
#pragma once

#include "net/checksum.hpp"
#include "packet/worker.hpp"

namespace flyover::ipv4 {

Verdict receive_unusual(Packet& p, Worker& w) noexcept;  // any header that is not 20 good bytes in a single segment

// Whether the one's-complement sum of a header without options is 0xffff, checksum included. 2^16, 2^32 and 2^64 are all 1
// modulo 0xffff, so the header may be added in words of any size, carries at the end, and is right if 0xffff divides the sum:
// that is so if the sum times 0xffff's inverse modulo 2^64 is no more than 2^64 / 0xffff. The sum is not 0: the version is in it.
inline bool plain_header_sum_ok(const Ipv4Header& ip) noexcept {
  constexpr uint64_t kInverse = 0xfffefffefffeffffULL, kMost = 0x0001000100010001ULL;
  static_assert(kInverse * 0xffff == 1);
  uint64_t a, b;
  uint32_t c;
  const auto* bytes = reinterpret_cast<const uint8_t*>(&ip);
  std::memcpy(&a, bytes, 8);
  std::memcpy(&b, bytes + 8, 8);
  std::memcpy(&c, bytes + 16, 4);
  unsigned long long sum;
  const unsigned char carry = __builtin_ia32_addcarryx_u64(0, a, b, &sum);
  const unsigned char again = __builtin_ia32_addcarryx_u64(carry, sum, c, &sum);
  return (sum + again) * kInverse <= kMost;
}

struct Receive {
  static constexpr auto id = StageId::Receive;
  static Verdict step(Packet& p, Worker& w) noexcept {
    rte_mbuf* m = p.mbuf;
    const Ipv4Header& ip = *p.ip;
    constexpr uint32_t offset = sizeof(EthernetHeader);  // Classify has seen to it
    const uint16_t total = ip.total_length.host();
    const uint32_t end = offset + total;
    const bool checked = (m->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) == RTE_MBUF_F_RX_IP_CKSUM_GOOD;
    // A header read beyond the frame's end is in the mbuf's room, and refused by the lengths.
    const bool plain = ip.version_ihl == 0x45 && m->nb_segs == 1 && total >= sizeof(Ipv4Header) && end <= m->data_len;
    if (!plain || (!checked && !plain_header_sum_ok(ip))) [[unlikely]]
      return receive_unusual(p, w);
    m->pkt_len = end;
    m->data_len = static_cast<uint16_t>(end);
    p.length = total;
    return go_on();
  }
};

}  // namespace flyover::ipv4
