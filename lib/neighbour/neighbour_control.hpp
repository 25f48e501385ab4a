// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : the life of neighbours: states, timers, the packets that wait for them, what the administrator sets
// Linux counterpart : neighbour.c (neigh_event_send, neigh_update, neigh_timer_handler, neigh_forced_gc, neigh_add ...)
// Expects           : one thread, the control thread, whose Worker it is given; that worker's now_ms and tables are current
//                     whenever a function is called. Addresses are unicast: broadcast and multicast need no neighbour.
// Guarantees        : workers see a MAC as soon as it is known and as long as it may be used; a slot is used again only after
//                     a grace period; entries are bounded by gc_thresh3, waiting packets per neighbour by unres_qlen_bytes
//                     and all together by the hold limit and an eighth of a pool. Held packets leave in order by lane Inject,
//                     or by IcmpError when nobody answers, as fast as the lanes have room.
// Exits             : of held packets: NeighbourQueueFull, HoldQueueFull, NeighbourTableFull, NeighbourFailed, Shutdown
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/result.hpp"
#include "neighbour/hold_room.hpp"
#include "neighbour/neighbour_table.hpp"
#include "neighbour/state.hpp"
#include "neighbour/timer_heap.hpp"
#include "packet/published.hpp"
#include "packet/run.hpp"
#include "packet/settings.hpp"

namespace flyover::neighbour {

// A probe that is due: who is to be asked, and how.
struct Solicitation {
  InterfaceId interface;
  Ipv4Address target;
  std::optional<MacAddress> known;  // ask there, by unicast; none: broadcast
  Ipv4Address waiting_source;       // of the newest packet that waits; any: none waits
};

// What `ip neigh show` says of a neighbour.
struct NeighbourView {
  InterfaceId interface;
  Ipv4Address address;
  std::optional<MacAddress> mac;
  State state = State::None;
  uint32_t probes = 0;                                  // as Linux counts them: an unanswered broadcast makes 4
  uint32_t references = 0;                              // Linux's refcnt as shown by -s: a running timer is one
  uint64_t used_s = 0, confirmed_s = 0, updated_s = 0;  // ages in seconds
  uint32_t held = 0;                                    // packets that wait
};

// What is asked of the neighbour set (`ip neigh add ... nud`).
struct NeighbourSpec {
  InterfaceId interface;
  Ipv4Address address;
  std::optional<MacAddress> mac;
  State state = State::Permanent;
};
enum class Write : uint8_t { Add, Change, Replace };  // only new, only known, either

struct GcThresholds {
  uint32_t thresh1 = 128, thresh2 = 512, thresh3 = 1024;
};

struct NeighbourStats {  // ip -s ntable show; nstat has none of them
  uint64_t allocs = 0, destroys = 0, res_failed = 0, forced_gc_runs = 0, periodic_gc_runs = 0;
  uint64_t table_fulls = 0;     // creations refused at gc_thresh3
  uint64_t unres_discards = 0;  // held packets pushed out by newer ones
};

class NeighbourControl {
 public:
  using Solicitor = std::function<void(const Solicitation&)>;

  // `hold_limit`: packets that may wait, all neighbours together.
  NeighbourControl(NeighbourTable& table, Reclaimer& reclaimer, Worker& slow, uint32_t hold_limit);
  ~NeighbourControl() { clear(); }
  NeighbourControl(const NeighbourControl&) = delete;
  NeighbourControl& operator=(const NeighbourControl&) = delete;

  void clear();  // what is held is dropped (Shutdown)
  void set_solicitor(Solicitor solicitor) { solicitor_ = std::move(solicitor); }
  void configure(InterfaceId interface, const NeighbourSettings& settings);  // net.ipv4.neigh.NAME.*
  const NeighbourSettings& settings(InterfaceId interface) const { return parameters_[interface.value()].settings; }
  void configure(const GcThresholds& thresholds) { thresholds_ = thresholds; }

  // ---- the packet side's slow path ----
  // Takes a packet (out, next_hop set) whose next hop has no MAC: held, sent on, or dropped.
  void hold(Packet& p);
  // Runs what is due: timers, aging, collection; moves resolved packets on. Call it every few milliseconds.
  void poll();
  // When poll() is wanted next at the latest (ms), for an event loop that would rather sleep.
  uint64_t next_poll() const;
  uint32_t held() const { return room_.held(); }

  // ---- routes ----
  // An entry of this next hop that stays as long as it is pinned, whatever happens to the neighbour; none: no slot is left
  // (a packet's lookup then goes by address). A new one has state None and is not shown.
  NeighbourId pin(InterfaceId interface, Ipv4Address address);
  void unpin(NeighbourId id);

  // neigh_event_send without a packet: whether its MAC may be used; if not, it is asked for.
  bool ask(InterfaceId interface, Ipv4Address address);

  // ---- ARP ----
  enum UpdateFlag : uint8_t { kOverride = 1, kWeakOverride = 2, kAdmin = 4 };
  NeighbourId find(InterfaceId interface, Ipv4Address address) const;  // state None is none
  NeighbourId find_or_create(InterfaceId interface, Ipv4Address address);
  // neigh_update. The mac may be absent where the entry knows one.
  Result<> update(NeighbourId id, std::optional<MacAddress> mac, State next, uint8_t flags);
  // arp_invalidate: no longer asked, unless its MAC is known.
  void became_broadcast(InterfaceId interface, Ipv4Address address);
  uint64_t updated_ms(NeighbourId id) const { return static_cast<uint64_t>(records_[id.value()].updated); }

  // ---- the administrator ----
  Result<> write(const NeighbourSpec& spec, Write how);
  Result<> remove(InterfaceId interface, Ipv4Address address);
  // `ip neigh flush`: the interface's (none: all) but PERMANENT and NOARP ones, or those in one of `states` (a set of bits).
  uint32_t flush(InterfaceId interface, uint8_t states = 0xff & ~(bits(State::Permanent) | bits(State::Noarp)));
  // Every neighbour that Linux would list, NOARP ones too, by slot.
  void visit(const std::function<void(const NeighbourView&)>& visitor) const;
  std::optional<NeighbourView> look(InterfaceId interface, Ipv4Address address) const;
  const NeighbourStats& stats() const { return stats_; }
  uint32_t entries() const { return entries_; }          // neighbours that are not None
  uint32_t collectable() const { return collectable_; }  // those that count against gc_thresh*

  // ---- links ----
  void link_down(InterfaceId interface);     // also a new MAC, or the last address gone: all go, PERMANENT ones too
  void carrier_lost(InterfaceId interface);  // all but PERMANENT ones

 private:
  // Ids of a doubly linked list: entries that may be collected, in the order in which they were last updated.
  struct IdleList {
    uint32_t first = 0, last = 0;
  };
  enum class Idle : uint8_t { No, Failed, Aging };  // Failed: go at once when room is wanted; Aging: after a while

  struct Record {
    State state = State::None;
    Idle idle = Idle::No;
    bool counted = false;  // against gc_thresh*
    uint32_t probes = 0;
    uint32_t pins = 0;
    uint32_t idle_next = 0, idle_previous = 0;
    uint64_t mac = 0;  // MacAddress::word()
    // Milliseconds; the past of one never confirmed may lie before the process began.
    int64_t used = 0, confirmed = 0, updated = 0;
    HoldQueue queue;
  };
  struct Parameters {
    NeighbourSettings settings;
    int64_t reachable_ms = 30000;  // base_reachable_time, 0.5 to 1.5 times
  };
  struct Departure {  // packets that wait no longer, but for room in their lane
    HoldQueue queue;
    Lane lane;
  };
  enum class Wish : uint8_t { Ready, Wait, Begin, Refused };

  // entries (neighbour_control.cpp)
  int64_t now() const { return static_cast<int64_t>(slow_.now_ms); }
  const Parameters& parameters_of(uint32_t id) const {
    return parameters_[table_.at(NeighbourId(id)).interface.value()];
  }
  uint32_t take_slot();
  uint32_t insert(InterfaceId interface, Ipv4Address address);
  uint32_t create(InterfaceId interface, Ipv4Address address, bool permanent);
  void erase(uint32_t id);
  void set_state(uint32_t id, State next);
  void settle(uint32_t id);
  void link_idle(uint32_t id, Idle idle);
  void unlink_idle(uint32_t id);
  IdleList& list_of(Idle idle) { return idle == Idle::Failed ? failed_ : aging_; }
  void ask_anew(uint32_t id);
  NeighbourView view_of(uint32_t id) const;
  template <class Which>
  uint32_t flush_if(InterfaceId interface, bool told, Which which);

  // the state machine (neighbour_timers.cpp)
  Wish want(uint32_t id);
  void probe(uint32_t id);
  void expire(uint32_t id);
  void expire_reachable(uint32_t id);
  void expire_delay(uint32_t id);
  void fail(uint32_t id);
  void arm(uint32_t id, int64_t after_ms);
  uint32_t most_probes(uint32_t id) const;
  void randomise(Parameters& p);
  void notice_use(uint32_t id);
  void sweep_used();

  // collection (neighbour_gc.cpp)
  bool make_room();
  uint32_t forced_gc();
  void periodic_gc();
  bool unused_for_long(uint32_t id);

  // packets that wait (neighbour_hold.cpp)
  void enqueue(uint32_t id, Packet& p);
  void pass_on(Packet& p);
  void depart(HoldQueue& queue, Lane lane);
  void drain_departures();
  void purge(uint32_t id, DropReason reason);

  NeighbourTable& table_;
  Reclaimer& reclaimer_;
  Worker& slow_;
  Solicitor solicitor_;
  HoldRoom room_;
  TimerHeap timers_;
  std::vector<Record> records_ = std::vector<Record>(1);  // by slot; grows with the highest slot in use
  // Slots whose grace period is over; shared with what the reclaimer still has to do when this object is gone.
  std::shared_ptr<std::vector<uint32_t>> free_ = std::make_shared<std::vector<uint32_t>>();
  std::array<Parameters, kMaxInterfaces> parameters_;
  GcThresholds thresholds_;
  NeighbourStats stats_;
  IdleList failed_, aging_;
  std::deque<Departure> departures_;
  uint32_t entries_ = 0, collectable_ = 0;
  uint32_t sweep_at_ = 1;
  int64_t swept_ = 0, forced_gc_ = 0, periodic_gc_ = 0, randomised_ = 0;
};

}  // namespace flyover::neighbour
