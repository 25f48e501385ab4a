// SPDX-License-Identifier: BSD-3-Clause
#include "ipv4/fragment.hpp"

#include <algorithm>
#include <cstring>

#include "dpdk/segments.hpp"
#include "ipv4/options.hpp"
#include "ipv4/owe.hpp"
#include "net/checksum.hpp"
#include "packet/run.hpp"
#include "route/dst.hpp"

namespace flyover::ipv4 {
namespace {

constexpr uint16_t kMaxFragments = LaneQueue::kSize;  // of one datagram: they have to fit into lane Inject at once
constexpr uint16_t kMaxSegments = kMaxFragments + 64;
constexpr uint16_t kFrameRoom = sizeof(EthernetHeader);

// How a datagram's bytes behind the header are dealt out.
struct Cut {
  uint16_t header;     // bytes of each fragment's header
  uint16_t each;       // bytes of data in all fragments but the last
  uint16_t last;       // bytes of data in the last
  uint16_t fragments;  // how many

  uint16_t data(uint16_t number) const { return number + 1 == fragments ? last : each; }
};

Cut cut_for(const Packet& p, uint16_t limit) noexcept {
  Cut c{.header = p.ip->header_length(), .each = 0, .last = 0, .fragments = 0};
  const uint16_t room = static_cast<uint16_t>(limit - std::min(limit, c.header));
  const uint16_t data = static_cast<uint16_t>(p.length - c.header);
  c.each = room & ~7;  // offsets count in units of 8 bytes
  if (c.each == 0) return c;
  // The last one may be as long as the room is, be that a multiple of 8 or not.
  const uint16_t before = data <= room ? 0 : static_cast<uint16_t>((data - room + c.each - 1) / c.each);
  c.fragments = static_cast<uint16_t>(before + 1);
  c.last = static_cast<uint16_t>(data - before * c.each);
  return c;
}

// Mbufs for all fragments but the first; all or none.
class Supply {
 public:
  explicit Supply(rte_mempool* pool)
      : pool_(pool), room_(static_cast<uint16_t>(rte_pktmbuf_data_room_size(pool) - RTE_PKTMBUF_HEADROOM)) {}
  bool take(const Cut& c) noexcept {
    const auto segments = [&](uint16_t data) { return (kFrameRoom + c.header + data + room_ - 1) / room_; };
    const int needed = (c.fragments - 2) * segments(c.each) + segments(c.last);
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
    while (bytes) {
      while (at_ >= segment_->data_len) at_ -= segment_->data_len, segment_ = segment_->next;
      const uint32_t part = std::min<uint32_t>(bytes, segment_->data_len - at_);
      std::memcpy(to, rte_pktmbuf_mtod_offset(segment_, const uint8_t*, at_), part);
      to += part, bytes -= part, at_ += part;
    }
  }

 private:
  const rte_mbuf* segment_;
  uint32_t at_;
};

// A fragment's frame: room for the Ethernet header, `header`, `bytes` from `from`.
rte_mbuf* build(Supply& supply, const uint8_t* header, uint16_t header_length, Reader& from, uint32_t bytes) noexcept {
  rte_mbuf* first = supply.next();
  std::memcpy(rte_pktmbuf_mtod_offset(first, uint8_t*, kFrameRoom), header, header_length);
  uint16_t filled = static_cast<uint16_t>(kFrameRoom + header_length);
  first->pkt_len = filled + bytes;
  for (rte_mbuf* m = first;;) {
    const uint16_t part = static_cast<uint16_t>(std::min<uint32_t>(bytes, supply.room() - filled));
    from.copy(rte_pktmbuf_mtod_offset(m, uint8_t*, filled), part);
    m->data_len = static_cast<uint16_t>(filled + part);
    bytes -= part;
    if (bytes == 0) return first;
    m = m->next = supply.next();
    ++first->nb_segs;
    filled = 0;
  }
}

void address(Ipv4Header& ip, uint16_t length, uint32_t offset, uint16_t flags) noexcept {
  ip.total_length = Be16(length);
  ip.fragment = Be16(static_cast<uint16_t>(offset >> 3 | flags));
  set_ipv4_checksum(ip);
}

void send(const Packet& p, rte_mbuf* m, Ipv4Header* ip, Worker& w) noexcept {
  Packet f = p;
  f.mbuf = m;
  f.ip = ip;
  f.length = ip->total_length.host();
  f.frag_max = 0;
  ++w.counters.created;
  ++w.counters.fragments_made;
  enter(Lane::Inject, f, w);
}

void cut_up(Packet& p, const Cut& c, Supply& supply, Worker& w) noexcept {
  Ipv4Header& ip = *p.ip;
  const uint32_t start = ip.fragment_offset();
  const bool last_stays = !ip.more_fragments();
  const uint16_t keep = ip.dont_fragment() && p.frag_max ? Ipv4Header::kDontFragment : 0;
  const auto begin =
      static_cast<uint32_t>(reinterpret_cast<uint8_t*>(&ip) - rte_pktmbuf_mtod(p.mbuf, uint8_t*)) + c.header;

  std::array<uint8_t, 60> header;
  std::memcpy(header.data(), &ip, c.header);
  if (start == 0 && p.has_options) options::keep_copied(*reinterpret_cast<Ipv4Header*>(header.data()));
  std::array<rte_mbuf*, kMaxFragments> later;
  Reader from(p.mbuf, begin + c.each);
  for (uint16_t i = 1; i < c.fragments; ++i) {
    later[i] = build(supply, header.data(), c.header, from, c.data(i));
    const bool more = i + 1 < c.fragments || !last_stays;
    address(*rte_pktmbuf_mtod_offset(later[i], Ipv4Header*, kFrameRoom), static_cast<uint16_t>(c.header + c.data(i)),
            start + uint32_t{i} * c.each, static_cast<uint16_t>(keep | (more ? Ipv4Header::kMoreFragments : 0)));
  }
  dpdk::trim_to(p.mbuf, begin + c.each);
  address(ip, static_cast<uint16_t>(c.header + c.each), start, keep | Ipv4Header::kMoreFragments);
  send(p, p.mbuf, &ip, w);
  for (uint16_t i = 1; i < c.fragments; ++i)
    send(p, later[i], rte_pktmbuf_mtod_offset(later[i], Ipv4Header*, kFrameRoom), w);
}

}  // namespace

Verdict Fragment::step(Packet& p, Worker& w) noexcept {
  const uint16_t mtu = p.dst->mtu;
  // DF binds unless the datagram came in fragments, which then leave no longer than they came.
  if (p.ip->dont_fragment() && (p.frag_max == 0 || p.frag_max > mtu))
    return owe(p, DropReason::FragmentationNeeded, icmp::kDestinationUnreachable, icmp::kFragmentationNeeded, mtu);
  const Cut c = cut_for(p, p.frag_max && p.frag_max < mtu ? p.frag_max : mtu);
  if (c.fragments == 1) return divert(Lane::Inject);
  if (c.fragments == 0 || c.fragments > kMaxFragments) return drop(DropReason::FragmentFailed);
  if (c.fragments > LaneQueue::kSize - w.lanes[index_of(Lane::Inject)].size()) return divert(Lane::Fragment);
  Supply supply(w.pool);
  if (!supply.take(c)) return drop(DropReason::NoBuffer);
  ++w.counters.fragmented;
  ++w.counters.consumed;
  cut_up(p, c, supply, w);
  return consumed();
}

}  // namespace flyover::ipv4
