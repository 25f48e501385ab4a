// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : a packet's first bytes as one readable line
// Guarantees : reads no byte that is not there, whatever the headers say
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace flyover::control {

// "10.0.0.2 > 10.0.1.2 icmp echo request id 1 seq 2, ttl 64, length 84". `bytes` begin at the IP header, or with a frame's
// Ethernet header.
std::string describe_ipv4(std::span<const uint8_t> bytes);
std::string describe_frame(std::span<const uint8_t> bytes);
std::string icmp_name(uint8_t type, uint8_t code);  // "time exceeded"

}  // namespace flyover::control
