// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : make datagrams of fragments that are for this router
// Linux counterpart : ip_defrag, ip_frag_queue, ip_frag_reasm, ip_expire, inet_frag_queue_insert
// Expects           : one thread (control); fragments that Receive has checked
// Guarantees        : RFC 791 3.2, RFC 5722 for overlaps (a part that is there already is a duplicate, real overlap ends the
//                     datagram), RFC 3168 5.3 for ECN, ipfrag_time, ipfrag_max_dist, and ipfrag_high_thresh in the kernel's
//                     measure. Memory is bounded by that; the mbufs that fragments pin, by a quarter of their pool.
// Counters          : a fragment is held until it is dropped under a reason, or consumed when its datagram is complete, which
//                     is created. So the law holds at any time: held() is what waits here.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "packet/pool_share.hpp"
#include "packet/worker.hpp"

namespace flyover::ipv4 {

class Reassembler {
 public:
  Reassembler();
  Reassembler(const Reassembler&) = delete;
  Reassembler& operator=(const Reassembler&) = delete;
  ~Reassembler();  // clear() has been called

  // Takes a fragment, whatever becomes of it. The datagram when it was the last one missing: a chain behind the header of the
  // first fragment, with dst and frag_max; it is in nobody's lane yet.
  std::optional<Packet> add(const Packet& fragment, uint64_t now_ms, Worker& w);
  // Ends the datagrams whose time is up, as many as lane IcmpError has room for; their senders are told where the first fragment
  // is here (time exceeded, code 1).
  void poll(uint64_t now_ms, Worker& w);
  void clear(Worker& w);

  uint32_t held() const { return held_; }  // fragments
  size_t datagrams() const { return waiting_.size(); }
  uint64_t charge() const { return charge_; }  // bytes, as ipfrag_high_thresh counts them

 private:
  struct Key {
    Ipv4Address source, destination;
    Be16 id;
    uint8_t protocol;
    bool operator==(const Key&) const = default;
  };
  struct Hash {
    uint64_t salt;  // so that a sender cannot choose fragments that share a bucket
    size_t operator()(const Key& k) const noexcept;
    size_t operator()(Ipv4Address a) const noexcept { return (*this)(Key{a, {}, {}, 0}); }
  };
  // Fragments without a gap, as they arrived in order (the kernel's fragment run).
  struct Run {
    uint32_t end;
    std::vector<rte_mbuf*> pieces;
  };
  struct Datagram {
    std::map<uint32_t, Run> runs;  // by the offset of the first byte
    uint32_t length = 0;           // bytes behind the header, as far as is known
    uint32_t here = 0;             // bytes that have arrived
    uint64_t charge = 0;
    uint64_t deadline = 0;  // ms
    uint32_t seen = 0;      // its source's count of fragments when the last one came
    bool has_first = false, has_last = false;
    uint8_t ecn = 0;                       // bit per codepoint that was seen
    uint16_t longest = 0, longest_df = 0;  // fragments: header and data
    InterfaceId in;                        // of the fragment that came last
    bool complete() const { return has_first && has_last && here == length; }
  };
  // What a sender has sent altogether while any of its datagrams waits here: tells late fragments (inet_peer's rid).
  struct Source {
    uint32_t fragments = 0, datagrams = 0;
  };
  enum class Fit : uint8_t { Fits, Duplicate, Overlap, Malformed };
  using Waiting = std::unordered_map<Key, Datagram, Hash>;

  Waiting::iterator find_or_begin(const Key& key, uint64_t now_ms, const Settings& s);
  void forget_if_late(Waiting::iterator at, uint64_t now_ms, Worker& w);
  Fit place(Datagram& d, Packet& p);
  void drop_pieces(Datagram& d, DropReason reason, Worker& w);
  void end(Waiting::iterator at, DropReason reason, Worker& w);
  void erase(Waiting::iterator at);
  std::optional<Packet> join(Waiting::iterator at, Worker& w);

  PoolShare share_{4};
  uint32_t held_ = 0;
  uint64_t charge_ = 0;
  uint64_t next_deadline_ = UINT64_MAX;  // no datagram's time is up before
  Waiting waiting_;
  std::unordered_map<Ipv4Address, Source, Hash> sources_;
};

}  // namespace flyover::ipv4
