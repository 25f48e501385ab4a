// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : is this a frame that a router may send? Written without anything of lib/'s, so that a mistake there is not
//              repeated here
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

namespace flyover::fuzz {

struct Limits {
  std::array<uint8_t, 6> mac;  // the sending port's
  uint32_t mtu;
  std::span<const uint32_t> own;  // what comes from one of these addresses was made by the router; host order
};
// What is wrong with it; empty: nothing.
std::string wrong_with(std::span<const uint8_t> frame, const Limits& limits);

// Sets what the words of an IPv4 frame depend on, as far as the frame's lengths allow.
struct Fixes {
  bool lengths = true;  // the IP total length, and UDP's
  bool header = true;   // the header's checksum
  bool payload = true;  // the checksum of ICMP, TCP or UDP
};
void mend(std::span<uint8_t> frame, const Fixes& fixes);
bool header_sum_right(std::span<const uint8_t> frame);

}  // namespace flyover::fuzz
