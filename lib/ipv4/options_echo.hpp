// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : the IP options of a reply, made from those of the packet that it answers
// Linux counterpart : __ip_options_echo, ip_options_build
// Expects           : options that options::receive() has accepted: the pointers stand behind this router's own entries
// Guarantees        : record route and timestamp go on behind what they hold; a source route is turned round; the rest stays behind
#pragma once

#include <array>
#include <span>

#include "packet/worker.hpp"

namespace flyover::ipv4 {

struct ReplyOptions {
  std::array<uint8_t, 40> bytes{};
  uint8_t length = 0;  // a multiple of four
  // Where the sender of the reply has still to write, as offsets + 1 in `bytes`; 0: nowhere.
  uint8_t record = 0, stamp_address = 0, stamp_time = 0, last_hop = 0;
  Ipv4Address first_hop;  // of the source route; any: there is none, the reply goes to `destination` itself

  std::span<const uint8_t> view() const { return {bytes.data(), length}; }
  // What the sender writes: its own address, the time, and where a source route ends.
  void fill(Ipv4Address source, Ipv4Address destination, uint32_t day_ms) noexcept;
};

// False when an option has no room for what the reply must add, or leads back to nobody: then there is no reply. `valid`: how many
// bytes of the header are well-formed (all, but for a parameter problem).
bool reply_options(const Packet& p, uint16_t valid, const Worker& w, ReplyOptions& reply) noexcept;

}  // namespace flyover::ipv4
