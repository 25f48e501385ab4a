// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : frames as text, both ways, so that a packet case is a row that a network engineer can read and extend
// Words      : what is sent      "udp 10.0.0.2 > 10.0.1.2 ttl 1 len 100 df"
//              what comes out    "icmp 10.0.0.1 > 10.0.0.2 ttl 64 tos 0xc0 len 56 11/0 quote udp 10.0.0.2 > 10.0.1.2 ttl 1 ..."
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "net/address.hpp"

namespace flyover::test {

using Bytes = std::vector<uint8_t>;

// The frame that a peer sends to the port with MAC `to`. The first word is the kind:
//   udp | tcp | icmp | proto N   SOURCE > DESTINATION, then any of
//     ttl N  tos N  id N  len N (IP total length)  df  mf  off N (bytes)  opt HEX (IP options)  sport N  dport N  flags S|A|R|SA|F
//     seq N  ack N  type N  code N  payload HEX  data N (so many bytes of payload)
//     badsum (IP)  badl4 (checksum of the payload's protocol)  nosum (UDP without)  ver N  ihl N  totlen N (as written)
//   arp request|reply SENDER-IP SENDER-MAC > TARGET-IP [TARGET-MAC]     with  hw N, plen N, op N to spoil it
//   raw HEX                      the whole frame
// and for any of them: dmac MAC|bcast|other|mcast  smac MAC  type N (Ethernet, before the rest: "ether N")  vlan N  pad N  cut N
Bytes frame_of(std::string_view text, MacAddress to, MacAddress from);

// A frame in the same words, checksums verified ("badsum" if one is wrong).
std::string text_of(const Bytes& frame);

}  // namespace flyover::test
