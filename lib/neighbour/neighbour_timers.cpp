// SPDX-License-Identifier: BSD-3-Clause
// The state machine: what a packet's wish to be sent and the passing of time do to a neighbour.
#include <algorithm>

#include "neighbour/neighbour_control.hpp"

namespace flyover::neighbour {
namespace {

constexpr int64_t kShortestTimer = 10;        // ms: HZ/100
constexpr int64_t kRandomiseEvery = 300'000;  // ms
constexpr uint32_t kTimersPerPoll = 1024;  // the rest wait for the next turn: no burst of timers stalls the slow path
constexpr int64_t kSweepEvery = 100;       // ms
constexpr uint32_t kSweepsPerRound = 10;   // every entry is looked at once a second
constexpr uint32_t kShortestSweep = 1024;  // entries

}  // namespace

void NeighbourControl::randomise(Parameters& p) {
  const uint32_t base = p.settings.base_reachable_time_ms;
  p.reachable_ms = base ? slow_.random() % base + base / 2 : 0;
}

void NeighbourControl::arm(uint32_t id, int64_t after_ms) {
  timers_.set(id, slow_.now_ms + static_cast<uint64_t>(std::max<int64_t>(after_ms, 0)));
}

// neigh_max_probes
uint32_t NeighbourControl::most_probes(uint32_t id) const {
  const NeighbourSettings& s = parameters_of(id).settings;
  return s.ucast_solicit + s.app_solicit + (records_[id].state == State::Probe ? 0 : s.mcast_solicit);
}

// neigh_event_send: a packet is to be sent there.
NeighbourControl::Wish NeighbourControl::want(uint32_t id) {
  Record& r = records_[id];
  const NeighbourSettings& s = parameters_of(id).settings;
  r.used = now();
  if (is_in(r.state, kConnected | bits(State::Delay) | bits(State::Probe))) return Wish::Ready;
  if (r.state == State::Incomplete) return Wish::Wait;
  r.updated = now();
  if (r.state == State::Stale) {
    arm(id, s.delay_first_probe_time_ms);
    set_state(id, State::Delay);
    settle(id);
    return Wish::Ready;
  }
  const bool asks = s.mcast_solicit + s.app_solicit != 0;
  if (asks) {
    r.probes = s.ucast_solicit;
    arm(id, std::max<int64_t>(s.retrans_time_ms, kShortestTimer));
  }
  set_state(id, asks ? State::Incomplete : State::Failed);
  settle(id);
  return asks ? Wish::Begin : Wish::Refused;
}

// neigh_probe, and the first half of arp_solicit
void NeighbourControl::probe(uint32_t id) {
  Record& r = records_[id];
  const NeighbourSettings& s = parameters_of(id).settings;
  const NeighbourEntry& entry = table_.at(NeighbourId(id));
  const uint32_t before = r.probes++;
  const bool unicast = before < s.ucast_solicit;
  if (!solicitor_ || (!unicast && before < s.ucast_solicit + s.app_solicit)) return;
  Solicitation ask{.interface = entry.interface, .target = entry.address};
  if (unicast) ask.known = MacAddress::from_word(r.mac);
  if (rte_mbuf* m = room_.newest(r.queue)) {
    Packet p;
    reload(p, m);
    ask.waiting_source = p.ip->source;
  }
  solicitor_(ask);
}

// ---- time passes ----

// neigh_timer_handler
void NeighbourControl::expire(uint32_t id) {
  Record& r = records_[id];
  switch (r.state) {
    case State::Reachable: expire_reachable(id); break;
    case State::Delay: expire_delay(id); break;
    default: break;
  }
  if (!is_in(r.state, bits(State::Probe) | bits(State::Incomplete))) return settle(id);
  if (r.probes >= most_probes(id)) {
    set_state(id, State::Failed);
    fail(id);
    return settle(id);
  }
  arm(id, std::max<int64_t>(parameters_of(id).settings.retrans_time_ms, kShortestTimer));
  settle(id);
  probe(id);
}

void NeighbourControl::expire_reachable(uint32_t id) {
  Record& r = records_[id];
  const Parameters& p = parameters_of(id);
  notice_use(id);
  if (now() <= r.confirmed + p.reachable_ms)
    return arm(id, std::max(r.confirmed + p.reachable_ms - now(), kShortestTimer));
  r.updated = now();
  if (now() > r.used + p.settings.delay_first_probe_time_ms) return set_state(id, State::Stale);
  arm(id, std::max<int64_t>(p.settings.delay_first_probe_time_ms, kShortestTimer));
  set_state(id, State::Delay);
}

void NeighbourControl::expire_delay(uint32_t id) {
  Record& r = records_[id];
  const Parameters& p = parameters_of(id);
  r.updated = now();
  if (now() <= r.confirmed + p.settings.delay_first_probe_time_ms) {
    arm(id, std::max(r.confirmed + p.reachable_ms - now(), kShortestTimer));
    return set_state(id, State::Reachable);
  }
  r.probes = 0;
  set_state(id, State::Probe);
}

// neigh_invalidate: every packet that waits owes its sender a host unreachable.
void NeighbourControl::fail(uint32_t id) {
  Record& r = records_[id];
  ++stats_.res_failed;
  r.updated = now();
  if (r.queue.count) depart(r.queue, Lane::IcmpError);
}

// ---- what workers tell ----

void NeighbourControl::notice_use(uint32_t id) {
  const uint32_t seconds = table_.at(NeighbourId(id)).used.load(std::memory_order_relaxed);
  if (seconds == 0) return;
  // The worker's note says the second only.
  records_[id].used = std::max(records_[id].used, (int64_t{seconds} - 1) * 1000);
}

// Workers use stale entries without asking; they are looked for here, a part of the table at a time.
void NeighbourControl::sweep_used() {
  if (now() < swept_ + kSweepEvery) return;
  swept_ = now();
  const auto size = static_cast<uint32_t>(records_.size());
  for (uint32_t left = std::min(size, std::max(size / kSweepsPerRound + 1, kShortestSweep)); left; --left) {
    if (sweep_at_ >= size) sweep_at_ = 1;
    const uint32_t id = sweep_at_++;
    if (id < size && records_[id].state == State::Stale &&
        table_.at(NeighbourId(id)).used.load(std::memory_order_relaxed) != 0)
      want(id);
  }
}

void NeighbourControl::poll() {
  drain_departures();
  for (uint32_t i = 0; i < kTimersPerPoll && !timers_.empty() && timers_.next_due() <= slow_.now_ms; ++i)
    expire(timers_.pop());
  sweep_used();
  if (now() >= randomised_ + kRandomiseEvery) {
    randomised_ = now();
    for (Parameters& p : parameters_) randomise(p);
  }
  if (now() >= periodic_gc_ + int64_t{parameters_[0].settings.base_reachable_time_ms} / 2) periodic_gc();
}

uint64_t NeighbourControl::next_poll() const {
  if (!departures_.empty()) return slow_.now_ms;
  const auto sweep = static_cast<uint64_t>(swept_ + kSweepEvery);
  return timers_.empty() ? sweep : std::min(sweep, timers_.next_due());
}

}  // namespace flyover::neighbour
