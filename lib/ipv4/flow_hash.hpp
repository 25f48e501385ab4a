// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : the number by which a packet's flow is told from others where a route has several next hops
// Linux counterpart : fib_multipath_hash, ip_multipath_l3_keys, flow_hash_from_keys
// Expects           : ip
// Guarantees        : 31 bits, the same in both directions of a flow and in all workers; nobody outside can choose them, unless
//                     fib_multipath_hash_seed is set: then they are Linux's own for that seed
// Cost              : 8 cycles for policy 0 without a seed
#pragma once

#include <algorithm>
#include <cstdint>

#include "packet/worker.hpp"

namespace flyover::ipv4 {

// What is hashed of a flow; both ends' order does not matter.
struct FlowKeys {
  Ipv4Address source, destination;
  uint16_t source_port = 0, destination_port = 0;  // as they stand in the packet
  uint8_t protocol = 0;
};

uint32_t hash_of(const FlowKeys& keys, const Snapshot& tables) noexcept;
// Of packets that are forwarded or answered, by whatever policy.
uint32_t unusual_flow_hash(const Packet& p, const Worker& w) noexcept;
// Of packets that the router sends.
uint32_t output_flow_hash(const Packet& p, const Worker& w) noexcept;

// Two multiplications to 128 bits, the halves folded.
inline uint32_t mix_flow(uint64_t key, uint64_t addresses, uint64_t rest) noexcept {
  const auto fold = [](uint64_t a, uint64_t b) {
    const auto product = static_cast<unsigned __int128>(a) * b;
    return static_cast<uint64_t>(product >> 64) ^ static_cast<uint64_t>(product);
  };
  const uint64_t first = fold(addresses ^ key, 0x9e3779b97f4a7c15ULL);
  return static_cast<uint32_t>(fold(first ^ rest ^ key >> 32, key | 1) >> 33);
}

// The higher one in the upper half; without a branch, which nobody could predict.
inline uint64_t address_pair(Ipv4Address a, Ipv4Address b) noexcept {
  return std::max(uint64_t{a.raw()} << 32 | b.raw(), uint64_t{b.raw()} << 32 | a.raw());
}

inline bool has_usual_hash(const Settings& s) noexcept {
  return s.fib_multipath_hash_policy == 0 && s.fib_multipath_hash_seed == 0;
}
// By that and if the packet is no ICMP one.
inline uint32_t usual_hash(const Packet& p, uint64_t key) noexcept {
  return mix_flow(key, address_pair(p.ip->source, p.ip->destination), 0);
}
inline uint32_t flow_hash(const Packet& p, const Worker& w) noexcept {
  const bool usual = has_usual_hash(w.tables->settings) && p.ip->protocol != protocol::kIcmp;
  return usual ? usual_hash(p, w.tables->flow_key) : unusual_flow_hash(p, w);
}

}  // namespace flyover::ipv4
