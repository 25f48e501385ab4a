// SPDX-License-Identifier: BSD-3-Clause
#include "control/slow_path.hpp"

#include "iface/interface_table.hpp"
#include "ipv4/pipeline.hpp"
#include "ipv4/resume.hpp"
#include "packet/run.hpp"

namespace flyover::control {

SlowPath::SlowPath(Worker& worker, Wiring& wiring, neighbour::NeighbourControl& neighbours, route::RouteControl& routes)
    : worker_(worker),
      wiring_(wiring),
      neighbours_(neighbours),
      arp_(neighbours, worker),
      path_errors_(routes, neighbours) {}

void SlowPath::handle(Packet& p, PuntReason reason) {
  // An interface that went down while the packet was on its way here has forgotten its neighbours, and is to learn none.
  const iface::InterfaceTable& interfaces = *worker_.tables->interfaces;
  switch (reason) {
    case PuntReason::Arp:
      if (!interfaces[p.in].up) return discard(p.mbuf, DropReason::InterfaceDown, worker_);
      return arp_.input(p);
    case PuntReason::Unresolved:
      if (!interfaces[p.out].up) return discard(p.mbuf, DropReason::OutputInterfaceDown, worker_);
      return neighbours_.hold(p);
    case PuntReason::Fragment:
      if (auto whole = reassembler_.add(p, worker_.now_ms, worker_)) enter(Lane::LocalIn, *whole, worker_);
      return;
    case PuntReason::PathError: return path_errors_.input(p, worker_);
    case PuntReason::HookQueue:  // its function may have gone meanwhile
      if (!worker_.tables->hooks->has(hook::handle_of(p.hook_after)))
        return discard(p.mbuf, DropReason::HookDrop, worker_);
      return hook_queue_.put(p.mbuf, worker_);
    case PuntReason::Host:
    case PuntReason::Count: break;
  }
  if (host_) return host_(p, worker_);
  discard(p.mbuf, DropReason::PuntQueueFull, worker_);
}

void SlowPath::judge(uint32_t id, hook::HookVerdict verdict) {
  auto packet = hook_queue_.judge(id, verdict, worker_);
  if (!packet) return;
  ipv4::resume(*packet, worker_);
  pipeline::drain_lanes(worker_);  // its Dst is of this moment, and a lane holds less than the queue does
}

uint32_t SlowPath::drain(dpdk::MbufRing& ring, PuntReason reason) {
  rte_mbuf* mbufs[32];
  uint32_t done = 0;
  const uint16_t at_once = reason == PuntReason::PathError ? 1 : 32;  // one may be much work
  while (done < kBudget) {
    const uint16_t count = ring.pop(mbufs, at_once);
    if (count == 0) break;
    worker_.counters.injected += count;
    for (uint16_t i = 0; i < count; ++i) {
      Packet p;
      reload(p, mbufs[i]);
      handle(p, reason);
    }
    pipeline::drain_lanes(worker_);  // the lanes are as short as a burst needs
    done += count + static_cast<uint32_t>(path_errors_.take_work());
  }
  return done;
}

bool SlowPath::turn(uint16_t workers) {
  uint32_t done = 0;
  for (uint16_t i = 0; i <= workers; ++i)
    for (size_t r = 0; r < kPuntReasons.size(); ++r)
      done += drain(wiring_.punt(WorkerId(i), static_cast<PuntReason>(r)), static_cast<PuntReason>(r));
  neighbours_.poll();
  arp_.poll();
  reassembler_.poll(worker_.now_ms, worker_);
  pipeline::drain_lanes(worker_);
  flush_all(worker_);
  bury(worker_);
  return done != 0;
}

void SlowPath::clear() {
  neighbours_.clear();
  reassembler_.clear(worker_);
  hook_queue_.clear(worker_);
  flush_all(worker_);
  bury(worker_);
}

uint64_t SlowPath::held() const { return neighbours_.held() + reassembler_.held() + hook_queue_.held(); }

}  // namespace flyover::control
