// SPDX-License-Identifier: BSD-3-Clause
#include "ipv4/fragment.hpp"

#include <algorithm>
#include <cstring>
#include <memory>

#include "dpdk/segments.hpp"
#include "ipv4/fragment_parts.hpp"
#include "ipv4/options.hpp"
#include "ipv4/owe.hpp"
#include "route/dst.hpp"

namespace flyover::ipv4 {
namespace {

constexpr uint16_t kMaxFragments = LaneQueue::kSize;  // of one datagram: they have to fit into lane Inject at once
constexpr uint16_t kMaxSegments = kMaxFragments + 64;
constexpr uint16_t kFrameRoom = sizeof(EthernetHeader);

// Mbufs for all fragments of a datagram but the first; all or none.
class Supply {
 public:
  explicit Supply(rte_mempool* pool)
      : pool_(pool), room_(static_cast<uint16_t>(rte_pktmbuf_data_room_size(pool) - RTE_PKTMBUF_HEADROOM)) {}
  bool take(const Cut& c) noexcept {
    int needed = c.fragments - 1;
    if (kFrameRoom + c.header + c.each > room_) {
      const auto segments = [&](uint16_t data) { return (kFrameRoom + c.header + data + room_ - 1) / room_; };
      needed = (c.fragments - 2) * segments(c.each) + segments(c.last);
    }
    return needed <= kMaxSegments && rte_pktmbuf_alloc_bulk(pool_, mbufs_.data(), static_cast<unsigned>(needed)) == 0;
  }
  rte_mbuf* next() noexcept { return mbufs_[used_++]; }
  uint16_t room() const { return room_; }

 private:
  rte_mempool* pool_;
  uint16_t room_, used_ = 0;
  std::array<rte_mbuf*, kMaxSegments> mbufs_;
};

// Reads a chain's bytes from front to back.
class Reader {
 public:
  Reader(const rte_mbuf* m, uint32_t at) : segment_(m), at_(at) {}
  void copy(uint8_t* to, uint32_t bytes) noexcept {
    for (;;) {
      while (at_ >= segment_->data_len) at_ -= segment_->data_len, segment_ = segment_->next;
      const uint32_t part = std::min<uint32_t>(bytes, segment_->data_len - at_);
      std::memcpy(to, rte_pktmbuf_mtod_offset(segment_, const uint8_t*, at_), part);
      at_ += part;
      if (part == bytes) return;
      to += part, bytes -= part;
    }
  }

 private:
  const rte_mbuf* segment_;
  uint32_t at_;
};

// A frame with room for the Ethernet header and `header` bytes, and with `data` bytes behind them.
rte_mbuf* build(Supply& supply, uint16_t header, Reader& from, uint32_t data) noexcept {
  rte_mbuf* first = supply.next();
  uint16_t filled = static_cast<uint16_t>(kFrameRoom + header);
  first->pkt_len = filled + data;
  for (rte_mbuf* m = first;;) {
    const uint16_t part = static_cast<uint16_t>(std::min<uint32_t>(data, supply.room() - filled));
    from.copy(rte_pktmbuf_mtod_offset(m, uint8_t*, filled), part);
    m->data_len = static_cast<uint16_t>(filled + part);
    data -= part;
    if (data == 0) return first;
    m = m->next = supply.next();
    ++first->nb_segs;
    filled = 0;
  }
}

// Where the fragments of a datagram go.
class Outlet {
 public:
  Outlet(Burst& b, Worker& w) : b_(b), w_(w), lane_(w.lanes[index_of(Lane::Inject)]) {}
  // `others`: rows of the burst that are not to be used.
  bool open(uint16_t fragments, uint16_t others) noexcept {
    direct_ = lane_.size() == 0 && fragments + others + b_.size() <= Burst::kMax;
    return direct_ || fragments + lane_.size() <= LaneQueue::kSize;
  }
  bool by_lane() const { return !direct_; }
  void put(const Packet& p, rte_mbuf* m, Ipv4Header* ip, uint16_t length) noexcept {
    Packet& f = direct_ ? b_.add() : spare_;
    f = p;
    f.mbuf = m;
    f.ip = ip;
    f.length = length;
    f.frag_max = 0;
    if (!direct_) enter(Lane::Inject, f, w_);
  }

 private:
  Burst& b_;
  Worker& w_;
  LaneQueue& lane_;
  bool direct_ = false;
  Packet spare_;
};

void cut_up(const Packet& p, const Cut& c, Supply& supply, Outlet& to) noexcept {
  Ipv4Header& ip = *p.ip;
  const uint32_t start = ip.fragment_offset();
  std::array<uint8_t, 60> copied;  // the header of all but the first, where options make a difference
  const bool thinner = c.header > sizeof ip && start == 0;
  if (thinner) [[unlikely]] {
    std::memcpy(copied.data(), &ip, c.header);
    options::keep_copied(*reinterpret_cast<Ipv4Header*>(copied.data()));
  }
  const Header first(ip), later(thinner ? *reinterpret_cast<const Ipv4Header*>(copied.data()) : ip);
  const uint16_t keep = ip.dont_fragment() && p.frag_max ? Ipv4Header::kDontFragment : 0;
  const uint16_t more = keep | Ipv4Header::kMoreFragments, at_end = ip.more_fragments() ? more : keep;
  const auto end_of_first = static_cast<uint32_t>(ip.payload() - rte_pktmbuf_mtod(p.mbuf, uint8_t*)) + c.each;
  Reader from(p.mbuf, end_of_first);
  to.put(p, p.mbuf, &ip, static_cast<uint16_t>(c.header + c.each));
  uint32_t at = start;
  for (uint16_t i = 1; i < c.fragments; ++i) {
    rte_mbuf* m = build(supply, c.header, from, c.data(i));
    auto* header = rte_pktmbuf_mtod_offset(m, Ipv4Header*, kFrameRoom);
    at += c.each;
    later.write(*header, c.data(i), static_cast<uint16_t>(at >> 3 | (i + 1 < c.fragments ? more : at_end)));
    to.put(p, m, header, static_cast<uint16_t>(c.header + c.data(i)));
  }
  first.differ(ip, c.each, static_cast<uint16_t>(start >> 3 | more));
  dpdk::trim_to(p.mbuf, end_of_first);
}

// Continue: the packet's fragments have gone to the outlet.
Verdict fragment(Packet& p, uint16_t others, Outlet& to, Worker& w) noexcept {
  const uint16_t mtu = p.dst->mtu;
  const bool follows = p.frag_max == 0 && p.length <= mtu;  // it is here to stay behind one that is cut
  // DF binds unless the datagram came in fragments, which then leave no longer than they came.
  if (!follows && p.ip->dont_fragment() && (p.frag_max == 0 || p.frag_max > mtu))
    return owe(p, DropReason::FragmentationNeeded, icmp::kDestinationUnreachable, icmp::kFragmentationNeeded, mtu);
  const Cut c = cut_for(p.ip->header_length(), p.length, p.frag_max && p.frag_max < mtu ? p.frag_max : mtu);
  if (c.fragments == 0 || c.fragments > kMaxFragments) return drop(DropReason::FragmentFailed);
  if (!to.open(c.fragments, others)) return divert(Lane::Fragment);
  // The lane would drop each of them, and with the first the bytes that the others are copied from.
  if (to.by_lane() && p.passes >= Worker::kMaxPasses) return drop(DropReason::LoopLimit);
  Supply supply(w.pool);
  if (c.fragments > 1 && !supply.take(c)) return drop(DropReason::NoBuffer);
  if (c.fragments == 1) {
    to.put(p, p.mbuf, p.ip, p.length);
    return go_on();
  }
  ++w.counters.fragmented;
  ++w.counters.consumed;
  w.counters.created += c.fragments;
  w.counters.fragments_made += c.fragments;
  cut_up(p, c, supply, to);
  return go_on();
}

}  // namespace

void Fragment::run(Burst& b, Worker& w, Leavers& out) noexcept {
  alignas(Packet) std::array<std::byte, sizeof(Packet) * Burst::kMax> room;  // the burst grows over its own rows
  auto* packets = reinterpret_cast<Packet*>(room.data());
  const uint16_t size = b.size();
  std::uninitialized_copy_n(b.begin(), size, packets);
  b.resize(0);
  Outlet to(b, w);
  for (uint16_t i = 0; i < size; ++i) {
    const uint16_t others = static_cast<uint16_t>(size - i - 1);  // each may need a row, to leave
    const Verdict v = fragment(packets[i], others, to, w);
    if (v.exit() == Exit::Continue) continue;
    out.add(b.size(), v, id);
    b.add() = packets[i];
  }
}

}  // namespace flyover::ipv4
