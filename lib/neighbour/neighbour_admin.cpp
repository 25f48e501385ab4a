// SPDX-License-Identifier: BSD-3-Clause
// What the administrator and links do to neighbours, and what is shown of them.
#include <algorithm>

#include "neighbour/neighbour_control.hpp"

namespace flyover::neighbour {

// neigh_add
Result<> NeighbourControl::write(const NeighbourSpec& spec, Write how) {
  uint32_t id = table_.find(spec.interface, spec.address).value();
  const bool known = records_[id].state != State::None;
  if (known && how == Write::Add) return refused("File exists");
  if (!known && how == Write::Change) return refused("No such file or directory");
  if (id == 0) id = create(spec.interface, spec.address, spec.state == State::Permanent);
  if (id == 0) return refused("No buffer space available");
  if (spec.state == State::Incomplete) {
    ask_anew(id);
    return {};
  }
  auto done = update(NeighbourId(id), spec.mac, spec.state, kAdmin | (how == Write::Add ? 0 : kOverride));
  if (records_[id].state == State::None) erase(id);
  return done;
}

// Linux sets the state and no timer, so that the neighbour is never asked and what waits for it waits for ever.
void NeighbourControl::ask_anew(uint32_t id) {
  timers_.cancel(id);
  set_state(id, State::None);
  if (want(id) == Wish::Begin) probe(id);
}

// neigh_delete: who waits for an answer is told that there is none.
Result<> NeighbourControl::remove(InterfaceId interface, Ipv4Address address) {
  const NeighbourId id = find(interface, address);
  if (id == kNoNeighbour) return refused("No such file or directory");
  auto done = update(id, std::nullopt, State::Failed, kOverride | kAdmin);
  if (done) erase(id.value());
  return done;
}

void NeighbourControl::became_broadcast(InterfaceId interface, Ipv4Address address) {
  const NeighbourId id = find(interface, address);
  if (id != kNoNeighbour && !is_valid(records_[id.value()].state)) static_cast<void>(remove(interface, address));
}

// `told`: the senders of packets that wait get their host unreachable; a link that goes down is silent.
template <class Which>
uint32_t NeighbourControl::flush_if(InterfaceId interface, bool told, Which which) {
  uint32_t gone = 0;
  for (uint32_t id = 1; id < records_.size(); ++id) {
    const State state = records_[id].state;
    if (state == State::None || !which(state)) continue;
    if (interface != kNoInterface && table_.at(NeighbourId(id)).interface != interface) continue;
    if (told && is_in(state, bits(State::Incomplete) | bits(State::Probe))) fail(id);
    erase(id);
    ++gone;
  }
  return gone;
}

uint32_t NeighbourControl::flush(InterfaceId interface, uint8_t states) {
  return flush_if(interface, true, [states](State s) { return is_in(s, states); });
}

// neigh_ifdown, neigh_changeaddr
void NeighbourControl::link_down(InterfaceId interface) {
  flush_if(interface, false, [](State) { return true; });
}

// neigh_carrier_down
void NeighbourControl::carrier_lost(InterfaceId interface) {
  flush_if(interface, false, [](State s) { return s != State::Permanent; });
}

NeighbourView NeighbourControl::view_of(uint32_t id) const {
  const Record& r = records_[id];
  const NeighbourEntry& entry = table_.at(NeighbourId(id));
  const int64_t used = std::max(r.used, (int64_t{entry.used.load(std::memory_order_relaxed)} - 1) * 1000);
  const auto age = [this](int64_t then) { return static_cast<uint64_t>(std::max<int64_t>(now() - then, 0)) / 1000; };
  NeighbourView v{.interface = entry.interface, .address = entry.address, .state = r.state, .probes = r.probes};
  if (is_valid(r.state)) v.mac = MacAddress::from_word(r.mac);
  v.references = timers_.armed(id);
  v.used_s = age(used), v.confirmed_s = age(r.confirmed), v.updated_s = age(r.updated);
  v.held = r.queue.count;
  return v;
}

void NeighbourControl::visit(const std::function<void(const NeighbourView&)>& visitor) const {
  for (uint32_t id = 1; id < records_.size(); ++id)
    if (records_[id].state != State::None) visitor(view_of(id));
}

std::optional<NeighbourView> NeighbourControl::look(InterfaceId interface, Ipv4Address address) const {
  const NeighbourId id = find(interface, address);
  if (id == kNoNeighbour) return std::nullopt;
  return view_of(id.value());
}

}  // namespace flyover::neighbour
