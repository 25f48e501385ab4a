// SPDX-License-Identifier: BSD-3-Clause
#include "ipv4/reassemble.hpp"

#include <algorithm>

#include "base/secret.hpp"
#include "dpdk/segments.hpp"
#include "ipv4/owe.hpp"
#include "ipv4/payload.hpp"
#include "ipv4/resolve.hpp"
#include "net/checksum.hpp"
#include "packet/charge.hpp"
#include "packet/run.hpp"

namespace flyover::ipv4 {
namespace {

constexpr uint64_t kDatagramCharge = 200;  // what the kernel charges for a datagram without its fragments
constexpr uint32_t kMaxTotal = 65535;
constexpr uint16_t kLaneShare = LaneQueue::kSize / 2;  // of lane IcmpError, for datagrams whose time is up

// RFC 3168 5.3, by the set of codepoints of a datagram's fragments (bit n: codepoint n): what the whole one carries besides the
// first fragment's; kRefused: not-ECT may not be mixed with any other.
constexpr uint8_t kNotEct = 1, kCongested = 8, kRefused = 0xff;
constexpr uint8_t ecn_of(uint8_t seen) {
  if (seen & kNotEct) return seen == kNotEct ? 0 : kRefused;
  return seen & kCongested && seen != kCongested ? 3 : 0;
}

// Cuts what is behind the fragment's last byte, and remembers its length.
void trim(Packet& p, uint32_t data) noexcept {
  const uint32_t length = p.ip->header_length() + data;
  if (length < p.length) dpdk::trim_to(p.mbuf, ip_offset(p) + length);
  p.length = static_cast<uint16_t>(length);
}

uint8_t* header_of(rte_mbuf* m) noexcept { return reinterpret_cast<uint8_t*>(note_of(m).ip); }

// The other fragments' data, behind the first fragment.
class Chain {
 public:
  explicit Chain(rte_mbuf* first) : first_(first), last_(rte_pktmbuf_lastseg(first)) {}
  void append(rte_mbuf* m) noexcept {
    const auto* ip = reinterpret_cast<const Ipv4Header*>(header_of(m));
    rte_pktmbuf_adj(m, static_cast<uint16_t>(ip->payload() - rte_pktmbuf_mtod(m, uint8_t*)));
    last_->next = m;
    last_ = rte_pktmbuf_lastseg(m);
    first_->nb_segs = static_cast<uint16_t>(first_->nb_segs + m->nb_segs);
    first_->pkt_len += m->pkt_len;
  }

 private:
  rte_mbuf *first_, *last_;
};

}  // namespace

Reassembler::Reassembler() : waiting_(0, Hash{secret()}), sources_(0, waiting_.hash_function()) {}

Reassembler::~Reassembler() { check(held_ == 0, "a reassembler was destroyed with fragments in it"); }

size_t Reassembler::Hash::operator()(const Key& k) const noexcept {
  constexpr uint64_t odd = 0x9e3779b97f4a7c15ULL;
  uint64_t hash = ((uint64_t{k.source.raw()} << 32 | k.destination.raw()) ^ salt) * odd;
  hash = (hash ^ hash >> 29 ^ (uint64_t{k.id.raw()} << 8 | k.protocol)) * odd;
  return hash ^ hash >> 32;
}

std::optional<Packet> Reassembler::add(const Packet& fragment, uint64_t now_ms, Worker& w) {
  Packet p = fragment;
  const Settings& s = w.tables->settings;
  if (charge_ > s.ipfrag_high_thresh || s.ipfrag_high_thresh == 0 || !share_.fits(p.mbuf)) {
    discard(p.mbuf, DropReason::ReassemblyFull, w);
    return std::nullopt;
  }
  const Key key{p.ip->source, p.ip->destination, p.ip->id, p.ip->protocol};
  const auto at = find_or_begin(key, now_ms, s);
  forget_if_late(at, now_ms, w);
  Datagram& d = at->second;
  const Fit fit = place(d, p);
  if (fit == Fit::Duplicate) {
    discard(p.mbuf, DropReason::DuplicateFragment, w);
    return std::nullopt;
  }
  if (fit != Fit::Fits) {
    const DropReason reason = fit == Fit::Overlap ? DropReason::ReassemblyOverlap : DropReason::ReassemblyMalformed;
    discard(p.mbuf, reason, w);
    end(at, reason, w);
    return std::nullopt;
  }
  ++held_;
  return d.complete() ? join(at, w) : std::nullopt;
}

Reassembler::Waiting::iterator Reassembler::find_or_begin(const Key& key, uint64_t now_ms, const Settings& s) {
  const auto [at, is_new] = waiting_.try_emplace(key);
  if (!is_new) return at;
  Datagram& d = at->second;
  d.deadline = now_ms + s.ipfrag_time * 1000ULL;
  d.charge = kDatagramCharge;
  charge_ += d.charge;
  next_deadline_ = std::min(next_deadline_, d.deadline);
  ++sources_[key.source].datagrams;
  return at;
}

// ip_frag_too_far, ip_frag_reinit: so much else came from this sender in between that the identification may have come round.
void Reassembler::forget_if_late(Waiting::iterator at, uint64_t now_ms, Worker& w) {
  const Settings& s = w.tables->settings;
  Datagram& d = at->second;
  if (s.ipfrag_max_dist == 0) return;
  const uint32_t count = ++sources_[at->first.source].fragments;
  const bool late = !d.runs.empty() && count - d.seen > s.ipfrag_max_dist;
  if (late) {
    drop_pieces(d, DropReason::ReassemblyTooFar, w);
    const uint16_t longest = d.longest, longest_df = d.longest_df;
    d = Datagram{.charge = kDatagramCharge, .deadline = now_ms + s.ipfrag_time * 1000ULL};
    d.longest = longest, d.longest_df = longest_df;
  }
  d.seen = count;
}

// ip_frag_queue: takes the fragment in, if it can be part of this datagram.
Reassembler::Fit Reassembler::place(Datagram& d, Packet& p) {
  const Ipv4Header& ip = *p.ip;
  const uint32_t begin = ip.fragment_offset();
  uint32_t end = begin + p.length - ip.header_length();
  if (!ip.more_fragments()) {
    if (end < d.length || (d.has_last && end != d.length)) return Fit::Malformed;
    d.has_last = true;
    d.length = end;
  } else {
    end &= ~7U;
    if (end > d.length) {
      if (d.has_last) return Fit::Malformed;
      d.length = end;
    }
  }
  if (end == begin) return Fit::Malformed;

  // Runs do not overlap: the first that ends behind our beginning is the first that we can meet.
  auto next = d.runs.upper_bound(begin);
  auto behind = next == d.runs.begin() ? d.runs.end() : std::prev(next);
  if (behind != d.runs.end() && behind->second.end > begin) next = behind;
  if (next != d.runs.end() && next->first < end)
    return begin >= next->first && end <= next->second.end ? Fit::Duplicate : Fit::Overlap;
  const bool goes_on = next == d.runs.end() && behind != d.runs.end() && behind->second.end == begin;

  const uint64_t charge = charge_of(rte_pktmbuf_pkt_len(p.mbuf));
  trim(p, end - begin);
  share_.take(p.mbuf);
  spill(p);
  if (goes_on)
    behind->second.pieces.push_back(p.mbuf), behind->second.end = end;
  else
    d.runs.emplace(begin, Run{end, {p.mbuf}});
  d.in = p.in;
  d.here += end - begin;
  d.ecn |= static_cast<uint8_t>(1U << (ip.tos & 3));
  d.charge += charge;
  charge_ += charge;
  d.has_first |= begin == 0;
  d.longest = std::max(d.longest, p.length);
  if (ip.dont_fragment()) d.longest_df = std::max(d.longest_df, p.length);
  return Fit::Fits;
}

void Reassembler::drop_pieces(Datagram& d, DropReason reason, Worker& w) {
  for (auto& [begin, run] : d.runs)
    for (rte_mbuf* m : run.pieces) {
      share_.give(m);
      discard(m, reason, w);
      --held_;
    }
  d.runs.clear();
  charge_ -= d.charge - kDatagramCharge;
  d.charge = kDatagramCharge;
}

void Reassembler::end(Waiting::iterator at, DropReason reason, Worker& w) {
  drop_pieces(at->second, reason, w);
  erase(at);
}

void Reassembler::erase(Waiting::iterator at) {
  charge_ -= at->second.charge;
  const auto source = sources_.find(at->first.source);
  if (--source->second.datagrams == 0) sources_.erase(source);
  waiting_.erase(at);
}

// ip_frag_reasm
std::optional<Packet> Reassembler::join(Waiting::iterator at, Worker& w) {
  Datagram& d = at->second;
  rte_mbuf* first = d.runs.begin()->second.pieces.front();
  Packet p;
  reload(p, first);
  const uint32_t total = p.ip->header_length() + d.length;
  const uint8_t ecn = ecn_of(d.ecn);
  if (ecn == kRefused || total > kMaxTotal) {
    end(at, DropReason::ReassemblyMalformed, w);
    return std::nullopt;
  }
  Chain chain(first);
  uint32_t pieces = 0;
  for (auto& [begin, run] : d.runs)
    for (rte_mbuf* m : run.pieces) {
      share_.give(m);  // before it is part of the first one's chain
      if (pieces++) chain.append(m);
    }
  held_ -= pieces;
  w.counters.consumed += pieces;
  ++w.counters.created;
  ++w.counters.reassembled;
  p.in = d.in;
  p.dst = &dst_again(p, w);
  p.length = static_cast<uint16_t>(total);
  p.frag_max = d.longest;
  p.ip->total_length = Be16(p.length);
  p.ip->tos |= ecn;
  p.ip->fragment = Be16(d.longest_df == d.longest ? Ipv4Header::kDontFragment : uint16_t{0});
  set_ipv4_checksum(*p.ip);
  erase(at);
  return p;
}

void Reassembler::poll(uint64_t now_ms, Worker& w) {
  if (now_ms < next_deadline_) return;
  next_deadline_ = UINT64_MAX;
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    const auto here = at++;
    Datagram& d = here->second;
    if (d.deadline > now_ms) {
      next_deadline_ = std::min(next_deadline_, d.deadline);
      continue;
    }
    if (w.lanes[index_of(Lane::IcmpError)].size() >= kLaneShare) {  // the rest when these have been told
      next_deadline_ = now_ms;
      return;
    }
    if (d.has_first) {
      auto& pieces = d.runs.begin()->second.pieces;
      Packet p;
      reload(p, pieces.front());
      share_.give(p.mbuf);
      pieces.erase(pieces.begin());
      --held_;
      p.in = d.in;
      p.owed = Owed{DropReason::ReassemblyTimeout, icmp::kTimeExceeded, icmp::kReassemblyTimeExceeded, 0};
      enter(Lane::IcmpError, p, w);
    }
    end(here, DropReason::ReassemblyTimeout, w);
  }
}

void Reassembler::clear(Worker& w) {
  while (!waiting_.empty()) end(waiting_.begin(), DropReason::Shutdown, w);
}

}  // namespace flyover::ipv4
