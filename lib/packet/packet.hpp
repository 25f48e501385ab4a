// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : one packet's row in a burst, the note it carries between lanes and threads, the burst
// Guarantees : a row is one cache line; a note is one cache line in the mbuf's private area; a burst owns its mbufs
#pragma once

#include <rte_mbuf.h>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "base/check.hpp"
#include "base/strong_id.hpp"
#include "dpdk/mbuf_pool.hpp"
#include "net/headers.hpp"
#include "packet/verdict.hpp"

namespace flyover {

namespace route {
struct Dst;
}

enum class L2Kind : uint8_t { Host, Broadcast, Multicast };  // the frame's destination MAC (PACKET_HOST ...)

// The ICMP error that a packet's sender is to get (lane IcmpError), and the reason under which the packet then counts.
struct Owed {
  DropReason reason{};
  uint8_t type = 0, code = 0;
  uint32_t info = 0;  // host order: next-hop MTU, or pointer << 24, or gateway; the "rest" of the ICMP header
};

struct alignas(64) Packet {
  rte_mbuf* mbuf = nullptr;
  Ipv4Header* ip = nullptr;         // set by Receive
  const route::Dst* dst = nullptr;  // set by Resolve; valid in this turn only
  InterfaceId in, out;
  uint32_t mark = 0;  // Linux's skb->mark
  uint32_t flow_hash = 0;
  uint16_t length = 0;      // IP total length, checked against the mbuf
  uint16_t frag_max = 0;    // largest fragment this datagram was reassembled from; 0: never a fragment
  uint8_t passes = 0;       // how often it went through a lane
  uint8_t option_work = 0;  // what options::receive leaves for options::forward to do
  uint16_t trace = 0;       // 0: not traced; else which traced packet this is
  L2Kind l2 = L2Kind::Host;
  bool has_options = false;  // IHL > 5
  bool redirect = false;     // leaves by the interface it came from, to a better first hop (IPSKB_DOREDIRECT)
  bool guarded = false;      // came by an interface that checks reverse paths or does not forward; set by Classify
  Ipv4Address next_hop;     // set by Rewrite where it had to look for it, and in packets that are ready but for the MAC
  uint16_t hook_after = 0;  // the hook function behind which a re-injected packet goes on (hook::place)
  Owed owed;

  // l2, has_options, redirect and guarded in one load.
  bool plain_in() const noexcept { return (traits() & 0xffffffff) == 0; }  // none of them
  bool plain_out() const noexcept { return (traits() & 0xffffff) == 0; }   // none but guarded
  // No longer than `mtu`, and was never in fragments: both in one load.
  bool fits(uint32_t mtu) const noexcept { return word_at(offsetof(Packet, length)) <= mtu; }

 private:
  uint32_t word_at(size_t offset) const noexcept;
  uint32_t traits() const noexcept;
};
static_assert(sizeof(Packet) == 64);
static_assert(std::is_standard_layout_v<Packet>);

inline uint32_t Packet::word_at(size_t offset) const noexcept {
  uint32_t word;
  std::memcpy(&word, reinterpret_cast<const char*>(this) + offset, sizeof word);
  return word;
}
inline uint32_t Packet::traits() const noexcept { return word_at(offsetof(Packet, l2)); }
static_assert(offsetof(Packet, l2) % 4 == 0 && offsetof(Packet, guarded) == offsetof(Packet, l2) + 3);
static_assert(std::endian::native == std::endian::little && offsetof(Packet, length) % 4 == 0 &&
              offsetof(Packet, frag_max) == offsetof(Packet, length) + 2);

// A packet that has just come in; everything else is as it is in a new row.
inline void start(Packet& p, rte_mbuf* m, InterfaceId in) {
  p = Packet{};
  p.mbuf = m;
  p.in = in;
}

// While a packet waits in a lane or a ring, its row waits in the mbuf's private area: one line to store, one to load. A Dst is
// valid in its own turn and thread only, so whoever lets a packet wait for longer clears it.
static_assert(sizeof(Packet) <= dpdk::kNoteRoom && std::is_trivially_copyable_v<Packet>);
inline Packet& note_of(rte_mbuf* m) { return *static_cast<Packet*>(rte_mbuf_to_priv(m)); }
inline void spill(const Packet& p) { note_of(p.mbuf) = p; }
inline void reload(Packet& p, rte_mbuf* m) { p = note_of(m); }

class Burst {
 public:
  static constexpr uint16_t kMax = 64;
  Burst() = default;
  Burst(const Burst&) = delete;
  Burst& operator=(const Burst&) = delete;
  ~Burst() { check(size_ == 0, "a burst was destroyed with packets in it"); }

  bool empty() const { return size_ == 0; }
  bool full() const { return size_ == kMax; }
  uint16_t size() const { return size_; }
  Packet& operator[](uint16_t i) { return rows_[i]; }
  const Packet& first() const { return rows_[0]; }  // if not empty
  Packet* begin() { return rows_.data(); }
  Packet* end() { return rows_.data() + size_; }
  const Packet* begin() const { return rows_.data(); }
  const Packet* end() const { return rows_.data() + size_; }
  Packet& add() {  // a row of unspecified content; the caller sets it
    return rows_[size_++];
  }
  void resize(uint16_t size) { size_ = size; }

 private:
  std::array<Packet, kMax> rows_;
  uint16_t size_ = 0;
};

}  // namespace flyover
