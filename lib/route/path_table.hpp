// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : what many routes have in common, once: where packets go and under which rules; and its Dst for packets
// Linux counterpart : fib_info
// Guarantees        : equal paths are one path, so that a million routes over few next hops touch few Dsts; a path's number is
//                     its Dst's slot and what the Fib holds. A Dst's slot is used again only after a grace period; within one
//                     life only its mtu changes.
#pragma once

#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "packet/published.hpp"
#include "route/dst.hpp"
#include "route/memory.hpp"
#include "route/route_spec.hpp"
#include "route/zero_pages.hpp"

namespace flyover::route {

using PinNeighbour = std::function<NeighbourId(InterfaceId, Ipv4Address)>;
using UnpinNeighbour = std::function<void(NeighbourId)>;

// One of several next hops, as it was found to be good.
struct Leg {
  InterfaceId out;
  Ipv4Address gateway;
  Scope next_hop_scope = Scope::Link;
  uint16_t weight = 1;
  bool onlink = false;
  bool blackhole = false;
  // Whom packets are given to; any: the destination itself, also where the gateway is an own address (rt_set_nexthop).
  Ipv4Address next_hop() const { return next_hop_scope == Scope::Link ? gateway : Ipv4Address(); }
  bool operator==(const Leg&) const = default;
};

struct Path {
  TableId table;
  RouteType type = RouteType::Unicast;
  Scope scope = Scope::Universe;
  Scope next_hop_scope =
      Scope::Nowhere;  // link: by a gateway, host: the destination is on the link, nowhere: own address
  Protocol protocol = Protocol::Boot;
  InterfaceId out;
  Ipv4Address gateway, source;
  uint32_t mtu = 0;  // 0: the interface's
  bool mtu_locked = false;
  bool onlink = false;
  uint8_t tos = 0;
  uint8_t length = kAnyLength;  // of the prefix, if a rule may suppress it
  // A group: its `out` and `gateway` stay empty, its Dst leads to those of its legs. Each leg is a path of its own.
  std::vector<Leg> legs;    // of the route's own
  uint32_t nexthop_id = 0;  // ... or whatever this object has
  Ipv4Address next_hop() const { return next_hop_scope == Scope::Link ? gateway : Ipv4Address(); }  // as a leg's
  bool is_group() const { return !legs.empty() || nexthop_id != 0; }
  bool operator==(const Path&) const = default;
};

class PathTable {
 public:
  static constexpr uint32_t kMaxPaths = (1U << 24) - 1;
  PathTable(Reclaimer& reclaimer, PinNeighbour pin, UnpinNeighbour unpin);
  ~PathTable() { *unpin_ = nullptr; }  // what still waits in the reclaimer finds nobody to tell

  // The number of an equal path, or of a new one; every acquire() is paired with one release(). 0 when all numbers are taken.
  uint32_t acquire(const Path& path, uint32_t interface_mtu);
  bool release(uint32_t number);  // true: nobody else has it
  // Gives a group its legs; packets see the old ones or the new ones.
  void set_group(uint32_t number, const NextHopGroup* group) { slab_[number].group.store(group); }

  // Whether, and for whom, destinations behind it are reached otherwise: Use bits.
  void set_exceptions(uint32_t number, uint8_t uses) { slab_[number].excepted = uses; }
  // For a next hop that is no path's; what pin() gives is given back after a grace period.
  NeighbourId pin(InterfaceId out, Ipv4Address gateway) const { return pin_ ? pin_(out, gateway) : kNoNeighbour; }
  const std::shared_ptr<UnpinNeighbour>& unpin() const { return unpin_; }

  uint32_t number_of(const Path& path) const {  // 0: there is no such path
    const auto found = by_path_.find(path);
    return found == by_path_.end() ? 0 : found->second;
  }
  const Path& at(uint32_t number) const { return entries_[number].path; }
  const Dst* slab() const { return slab_; }
  size_t size() const { return by_path_.size(); }
  Memory memory() const;

  void interface_mtu_changed(InterfaceId id, uint32_t mtu);
  bool any(const std::function<bool(const Path&)>& fits) const;
  // What becomes of the routes that take it.
  enum class Mark : uint8_t { None, Turned, Dead };  // it is usable or no longer is; they go
  // Marks the paths that `which` says, if they are not marked so yet, or with more; false when there are none.
  bool mark(Mark mark, const std::function<bool(uint32_t number, const Path&)>& which);
  Mark marked(uint32_t number) const { return entries_[number].mark; }
  void unmark();

 private:
  struct Entry {
    Path path;
    uint32_t users = 0;
    Mark mark = Mark::None;
  };
  struct Hash {
    size_t operator()(const Path& p) const noexcept;
  };
  void build(uint32_t number, uint32_t interface_mtu);

  Reclaimer& reclaimer_;
  PinNeighbour pin_;
  std::shared_ptr<UnpinNeighbour> unpin_;        // shared with what waits in the reclaimer, which may outlive this
  std::shared_ptr<std::vector<uint32_t>> free_;  // as above
  ZeroPages pages_;
  Dst* slab_;
  std::vector<Entry> entries_;  // [0] is "no route"
  std::unordered_map<Path, uint32_t, Hash> by_path_;
  uint32_t lives_ = 0;  // Dsts ever built: a reused slot is seen to be another
};

}  // namespace flyover::route
