// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : tell senders what became of their packets
// Linux counterpart : __icmp_send, ip_rt_send_redirect
// Expects           : owed; ip with `length` bytes behind it that were checked
// Guarantees        : RFC 1122 3.2.2, RFC 1812 4.3.2: no error about an error, a later fragment or what was sent to many; both rate
//                     limits; at most 576 bytes. The packet itself is dropped under owed.reason, error or not.
// Exits             : Drop(owed.reason)
// Cost              : docs/performance.md
#pragma once

#include "packet/worker.hpp"

namespace flyover::icmp {

// Sends what is owed to the packet's sender, if it may be sent. The packet stays as it is.
void send_error(const Packet& p, const Owed& owed, Worker& w) noexcept;

// Sends what p.owed says.
void tell_sender(Packet& p, Worker& w) noexcept;

// The packet that is being forwarded has a better first hop: tells its sender so, not too often. Expects dst.
void redirect(const Packet& p, Worker& w) noexcept;

struct Error {
  static constexpr auto id = StageId::IcmpError;
  static Verdict step(Packet& p, Worker& w) noexcept {
    tell_sender(p, w);
    return drop(p.owed.reason);
  }
};

}  // namespace flyover::icmp
