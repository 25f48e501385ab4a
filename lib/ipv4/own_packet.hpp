// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : packets that the router makes itself: room, IP header, identification
// Linux counterpart : ip_make_skb, ip_select_ident
// Guarantees        : an own packet's data starts where its Ethernet header will be
#pragma once

#include <span>

#include "packet/worker.hpp"

namespace flyover::ipv4 {

struct HeaderFields {
  Ipv4Address source, destination;
  uint8_t protocol = 0, tos = 0, ttl = 64;
  uint16_t id = 0;
  uint16_t fragment = 0;                  // flags and offset, host order
  std::span<const uint8_t> options = {};  // a multiple of four bytes
  uint16_t payload = 0;                   // bytes behind the header

  uint16_t header_length() const { return static_cast<uint16_t>(sizeof(Ipv4Header) + options.size()); }
  uint16_t total_length() const { return static_cast<uint16_t>(header_length() + payload); }
};

// The IPv4 header with its checksum; `ip` has room for header_length() bytes.
void write_header(Ipv4Header& ip, const HeaderFields& fields) noexcept;

// The next IP identification: one counter per hash of (source, destination, protocol), never 0 (RFC 6864: unlike its neighbours
// in time wherever a datagram may be fragmented).
uint16_t next_id(Worker& w, Ipv4Address source, Ipv4Address destination, uint8_t protocol) noexcept;

// A new packet with this header and room for its payload, counted as created. Its row is ready for lane Output.
// False, and nothing has happened, when the pool is empty or the mbuf too small.
bool make_packet(Packet& p, const HeaderFields& fields, Worker& w) noexcept;

}  // namespace flyover::ipv4
