// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : how a stage says "this packet ends here, and its sender is to be told"
// Linux counterpart : icmp_send() as the stages of the IP stack call it
// Guarantees        : the packet goes to lane IcmpError, where it is dropped under `reason` whether or not the error is sent
#pragma once

#include "packet/packet.hpp"

namespace flyover::ipv4 {

// `info`: the second word of the ICMP header in host order: next-hop MTU, pointer << 24, or gateway.
inline Verdict owe(Packet& p, DropReason reason, uint8_t type, uint8_t code, uint32_t info = 0) noexcept {
  p.owed = Owed{.reason = reason, .type = type, .code = code, .info = info};
  return divert(Lane::IcmpError);
}

}  // namespace flyover::ipv4
