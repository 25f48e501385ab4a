// SPDX-License-Identifier: BSD-3-Clause
// Packets that wait for a neighbour, and how they go on.
#include "neighbour/neighbour_control.hpp"
#include "packet/charge.hpp"

namespace flyover::neighbour {
namespace {

// Held packets leave half of a lane to the packets of the turn.
constexpr uint16_t kLaneShare = LaneQueue::kSize / 2;

}  // namespace

void NeighbourControl::hold(Packet& p) {
  const uint32_t id = find_or_create(p.out, p.next_hop).value();
  if (id == 0) return discard(p.mbuf, DropReason::NeighbourTableFull, slow_);
  const Wish wish = want(id);
  if (wish == Wish::Refused) return discard(p.mbuf, DropReason::NeighbourFailed, slow_);
  if (wish == Wish::Ready) return pass_on(p);
  enqueue(id, p);
  if (wish == Wish::Begin) probe(id);
}

bool NeighbourControl::ask(InterfaceId interface, Ipv4Address address) {
  const uint32_t id = find_or_create(interface, address).value();
  if (id == 0) return false;
  const Wish wish = want(id);
  if (wish == Wish::Begin) probe(id);
  return wish == Wish::Ready;
}

// Resolved while the packet was on its way here. It must not overtake those that are still leaving.
void NeighbourControl::pass_on(Packet& p) {
  p.dst = nullptr;
  if (departures_.empty() && slow_.lanes[index_of(Lane::Inject)].size() < kLaneShare)
    return enter(Lane::Inject, p, slow_);
  if (!room_.has_room(p.mbuf)) return discard(p.mbuf, DropReason::HoldQueueFull, slow_);
  spill(p);
  HoldQueue alone;
  room_.push(alone, p.mbuf);
  depart(alone, Lane::Inject);
}

// Too much for this neighbour: the oldest goes. Too much for all: the newest.
void NeighbourControl::enqueue(uint32_t id, Packet& p) {
  HoldQueue& queue = records_[id].queue;
  const uint32_t limit = parameters_of(id).settings.unres_qlen_bytes;
  const uint32_t charge = charge_of(rte_pktmbuf_pkt_len(p.mbuf));
  while (queue.count && queue.charge + charge > limit) {
    discard(room_.pop(queue), DropReason::NeighbourQueueFull, slow_);
    ++stats_.unres_discards;
  }
  if (!room_.has_room(p.mbuf)) return discard(p.mbuf, DropReason::HoldQueueFull, slow_);
  p.dst = nullptr;  // may be gone when the answer comes
  spill(p);
  room_.push(queue, p.mbuf);
}

void NeighbourControl::depart(HoldQueue& queue, Lane lane) {
  departures_.push_back({queue, lane});
  queue = {};
  drain_departures();
}

void NeighbourControl::drain_departures() {
  while (!departures_.empty()) {
    Departure& d = departures_.front();
    while (d.queue.count) {
      if (slow_.lanes[index_of(d.lane)].size() >= kLaneShare) return;
      Packet p;
      reload(p, room_.pop(d.queue));
      if (d.lane == Lane::IcmpError)
        p.owed = {DropReason::NeighbourFailed, icmp::kDestinationUnreachable, icmp::kHostUnreachable, 0};
      enter(d.lane, p, slow_);
    }
    departures_.pop_front();
  }
}

void NeighbourControl::purge(uint32_t id, DropReason reason) {
  while (rte_mbuf* m = room_.pop(records_[id].queue)) discard(m, reason, slow_);
}

}  // namespace flyover::neighbour
