// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : the blocks of a pcapng file (draft-ietf-opsawg-pcapng) with one interface
// Guarantees : nanoseconds; every packet says whether it came or left, and by which queue; whole blocks in this machine's byte
//              order, which the section's first block tells
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "iface/port_driver.hpp"

namespace flyover::port::pcapng {

enum class Direction : uint32_t { In = 1, Out = 2 };  // as in epb_flags

// An enhanced packet block is this, the frame, zeros up to a multiple of four, and PacketTail.
struct PacketHead {
  uint32_t type, length, interface;
  std::array<uint32_t, 2> time;  // of the epoch, the upper half first
  uint32_t captured, original;
};
struct PacketTail {
  std::array<uint16_t, 2> flags_option;
  uint32_t flags;
  std::array<uint16_t, 2> queue_option;
  uint32_t queue;
  uint32_t end_option, length;
};
static_assert(sizeof(PacketHead) == 28 && sizeof(PacketTail) == 24);

constexpr uint32_t padding(uint32_t frame) { return -frame % 4; }
constexpr uint32_t packet_length(uint32_t frame) {
  return static_cast<uint32_t>(sizeof(PacketHead) + frame + padding(frame) + sizeof(PacketTail));
}
constexpr std::array<uint32_t, 2> halves(uint64_t time) {
  return {static_cast<uint32_t>(time >> 32), static_cast<uint32_t>(time)};
}
constexpr uint64_t whole(const std::array<uint32_t, 2>& halves) { return uint64_t{halves[0]} << 32 | halves[1]; }

PacketHead packet_head(uint32_t frame, uint64_t time);
PacketTail packet_tail(uint32_t frame, Direction direction, uint32_t queue);

using Block = std::vector<uint8_t>;
Block section();
Block interface(const std::string& name, const iface::PortInfo& info);
Block statistics(uint64_t time, uint64_t received, uint64_t lost);  // frames

}  // namespace flyover::port::pcapng
