// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : the wire headers that Flyover reads and writes
// Guarantees : alignment 1, sizes asserted; fields carry their byte order
#pragma once

#include <cstdint>

#include "net/address.hpp"

namespace flyover {

struct EthernetHeader {  // IEEE 802.3
  MacAddress destination;
  MacAddress source;
  Be16 type;
};
static_assert(sizeof(EthernetHeader) == 14 && alignof(EthernetHeader) == 1);

namespace ethertype {
inline constexpr Be16 kIpv4{uint16_t{0x0800}}, kArp{uint16_t{0x0806}}, kVlan{uint16_t{0x8100}}, kQinQ{uint16_t{0x88a8}};
}

struct VlanTag {  // IEEE 802.1Q, what follows the 0x8100
  Be16 control;   // PCP 3, DEI 1, VID 12
  Be16 type;
  constexpr uint16_t vid() const { return control.host() & 0xfff; }
};
static_assert(sizeof(VlanTag) == 4);

struct ArpHeader {                           // RFC 826 for Ethernet and IPv4
  Be16 hardware;                             // 1
  Be16 protocol;                             // 0x0800
  uint8_t hardware_length, protocol_length;  // 6, 4
  Be16 operation;
  MacAddress sender_mac;
  Ipv4Address sender_ip;
  MacAddress target_mac;
  Ipv4Address target_ip;
};
static_assert(sizeof(ArpHeader) == 28);

struct Ipv4Header {  // RFC 791 3.1
  uint8_t version_ihl;
  uint8_t tos;
  Be16 total_length;
  Be16 id;
  Be16 fragment;  // flags and offset in units of 8 bytes
  uint8_t ttl;
  uint8_t protocol;
  Be16 checksum;
  Ipv4Address source;
  Ipv4Address destination;

  static constexpr uint16_t kDontFragment = 0x4000, kMoreFragments = 0x2000, kOffsetMask = 0x1fff;
  constexpr uint8_t version() const { return version_ihl >> 4; }
  constexpr uint16_t header_length() const { return static_cast<uint16_t>((version_ihl & 15) * 4); }
  constexpr bool dont_fragment() const { return fragment.host() & kDontFragment; }
  constexpr bool more_fragments() const { return fragment.host() & kMoreFragments; }
  constexpr uint16_t fragment_offset() const {
    return static_cast<uint16_t>((fragment.host() & kOffsetMask) * 8);
  }  // bytes
  constexpr bool is_fragment() const { return fragment.host() & (kMoreFragments | kOffsetMask); }
  uint8_t* payload() { return reinterpret_cast<uint8_t*>(this) + header_length(); }
  const uint8_t* payload() const { return reinterpret_cast<const uint8_t*>(this) + header_length(); }
  uint8_t* options() { return reinterpret_cast<uint8_t*>(this) + 20; }
};
static_assert(sizeof(Ipv4Header) == 20 && alignof(Ipv4Header) == 1);

namespace protocol {
inline constexpr uint8_t kIcmp = 1, kIgmp = 2, kIpip = 4, kTcp = 6, kUdp = 17, kGre = 47, kEsp = 50, kAh = 51,
                         kPim = 103, kSctp = 132, kUdpLite = 136;
}

struct IcmpHeader {  // RFC 792
  uint8_t type;
  uint8_t code;
  Be16 checksum;
  Be32 rest;  // identifier and sequence, gateway, or unused and next-hop MTU (RFC 1191)
};
static_assert(sizeof(IcmpHeader) == 8);

// clang-format off
namespace icmp {
inline constexpr uint8_t kEchoReply = 0, kDestinationUnreachable = 3, kSourceQuench = 4, kRedirect = 5, kEcho = 8, kTimeExceeded = 11,
                         kParameterProblem = 12, kTimestamp = 13, kTimestampReply = 14;
// Codes of destination unreachable (RFC 792, RFC 1122 3.2.2.1, RFC 1812 5.2.7.1).
inline constexpr uint8_t kNetUnreachable = 0, kHostUnreachable = 1, kProtocolUnreachable = 2, kPortUnreachable = 3, kFragmentationNeeded = 4,
                         kSourceRouteFailed = 5, kAdminProhibited = 13;
inline constexpr uint8_t kTtlExceeded = 0, kReassemblyTimeExceeded = 1;
}  // namespace icmp
// clang-format on

struct UdpHeader {  // RFC 768
  Be16 source_port, destination_port, length, checksum;
};
static_assert(sizeof(UdpHeader) == 8);

struct TcpHeader {  // RFC 9293
  Be16 source_port, destination_port;
  Be32 sequence, acknowledgement;
  uint8_t offset;  // high nibble: header length in words
  uint8_t flags;
  Be16 window, checksum, urgent;
  static constexpr uint8_t kFin = 1, kSyn = 2, kRst = 4, kPsh = 8, kAck = 16;
  constexpr uint16_t header_length() const { return static_cast<uint16_t>((offset >> 4) * 4); }
};
static_assert(sizeof(TcpHeader) == 20);

}  // namespace flyover
