// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : what handlers do with the bytes behind the IP header, in one segment or in several
// Linux counterpart : pskb_may_pull, skb_checksum
#pragma once

#include "dpdk/segments.hpp"
#include "net/checksum.hpp"
#include "packet/packet.hpp"

namespace flyover::ipv4 {

// Bytes from the start of the mbuf's data to the IP header.
inline uint16_t ip_offset(const Packet& p) noexcept {
  return static_cast<uint16_t>(reinterpret_cast<const uint8_t*>(p.ip) - rte_pktmbuf_mtod(p.mbuf, const uint8_t*));
}

inline uint16_t payload_length(const Packet& p) noexcept {
  return static_cast<uint16_t>(p.length - p.ip->header_length());
}

// The first `bytes` bytes behind the IP header, contiguous; null when the datagram is shorter.
inline uint8_t* need(Packet& p, uint16_t bytes) noexcept {
  if (payload_length(p) < bytes) return nullptr;
  const auto end = static_cast<uint32_t>(ip_offset(p) + p.ip->header_length() + bytes);
  return dpdk::pull_up(p.mbuf, end) ? p.ip->payload() : nullptr;
}

// The one's-complement sum of the first `bytes` bytes behind the IP header, not folded.
uint64_t payload_sum(const Packet& p, uint16_t bytes) noexcept;

// Whether a UDP or TCP checksum is right: over the pseudo-header with `length`, and the first `covered` bytes behind the IP header.
inline bool transport_checksum_ok(const Packet& p, uint16_t length, uint16_t covered) noexcept {
  const uint64_t pseudo = pseudo_header_sum(p.ip->source, p.ip->destination, p.ip->protocol, length);
  return checksum_fold(pseudo + payload_sum(p, covered)) == 0xffff;
}

}  // namespace flyover::ipv4
