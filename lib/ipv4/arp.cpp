// SPDX-License-Identifier: BSD-3-Clause
#include "ipv4/arp.hpp"

#include <algorithm>

#include "iface/interface_table.hpp"
#include "ipv4/resolve.hpp"
#include "route/route_table.hpp"

namespace flyover::ipv4 {
namespace {

using neighbour::NeighbourControl;
using neighbour::State;
using route::Action;

constexpr uint16_t kEthernet = 1, kIeee802 = 6;  // hardware types; Linux takes both on Ethernet

Action type_of(const Worker& w, Ipv4Address a) { return address_type(a, w); }

// arp_rcv and the head of arp_process: what this router understands.
bool is_sound(const ArpHeader& arp) {
  const uint16_t hardware = arp.hardware.host();
  return arp.hardware_length == sizeof(MacAddress) && arp.protocol_length == sizeof(Ipv4Address) &&
         (hardware == kEthernet || hardware == kIeee802) && arp.protocol == ethertype::kIpv4;
}

// inet_confirm_addr with a local address: is it one of the interface's, of this scope at most, in the same subnet as `other`? Where
// route_localnet is set, no address is only the host's.
bool confirms(const iface::InterfaceTable& all, InterfaceId id, Ipv4Address local, Ipv4Address other,
              iface::Scope scope) {
  const iface::Scope most = all[id].settings.route_localnet ? iface::Scope::Link : iface::Scope::Host;
  bool own = false, same_subnet = false;
  for (const auto& ifa : all.addresses(id)) {
    own |= ifa.local == local && std::min(ifa.scope, most) <= scope;
    same_subnet |= ifa.subnet().contains(local) && (other.is_any() || ifa.subnet().contains(other));
  }
  return own && same_subnet;
}

}  // namespace

Arp::Arp(NeighbourControl& neighbours, Worker& slow) : neighbours_(neighbours), slow_(slow) {
  neighbours_.set_solicitor([this](const neighbour::Solicitation& ask) { solicit(ask); });
}

// ---- frames in ----

void Arp::input(const Packet& p) {
  Heard h{.in = p.in, .l2 = p.l2, .delayed = false, .arp = {}};
  const void* bytes = rte_pktmbuf_read(p.mbuf, sizeof(EthernetHeader), sizeof(ArpHeader), &h.arp);
  if (bytes && bytes != &h.arp) std::memcpy(&h.arp, bytes, sizeof(ArpHeader));
  if (!bytes || !is_sound(h.arp)) return discard(p.mbuf, DropReason::ArpMalformed, slow_);
  switch (process(h)) {
    case Outcome::Done:
    case Outcome::Delayed: return use_up(p.mbuf, slow_);
    case Outcome::Ignored: return discard(p.mbuf, DropReason::ArpIgnored, slow_);
    case Outcome::QueueFull: return discard(p.mbuf, DropReason::ArpQueueFull, slow_);
    case Outcome::NoBuffer: return discard(p.mbuf, DropReason::NoBuffer, slow_);
  }
}

// arp_process
Arp::Outcome Arp::process(const Heard& h) {
  const uint16_t operation = h.arp.operation.host();
  const InterfaceSettings& in = interfaces()[h.in].settings;
  if (operation != arp::kRequest && operation != arp::kReply) return Outcome::Ignored;
  if (h.arp.target_ip.is_multicast() || (h.arp.target_ip.is_loopback() && !in.route_localnet)) return Outcome::Ignored;
  if (in.drop_gratuitous_arp && h.arp.sender_ip == h.arp.target_ip) return Outcome::Ignored;
  if (h.arp.sender_ip.is_any()) return answer_probe(h);
  if (!h.is_request()) return learn(h);
  InterfaceId out;
  switch (route_of(h, out)) {
    case Route::Local: return answer(h);
    case Route::Unicast: return in.forwarding && answers_for_others(h, out) ? answer_as_proxy(h) : learn(h);
    case Route::None: break;
  }
  return learn(h);
}

// RFC 5227 2.1.1: a sender without an address wants to know whether anybody has this one. Nothing to learn.
Arp::Outcome Arp::answer_probe(const Heard& h) {
  if (!h.is_request() || type_of(slow_, h.arp.target_ip) != Action::Local || ignores(h)) return Outcome::Ignored;
  const bool sent = send(arp::kReply, h.in, h.arp.target_ip, h.arp.sender_ip, h.arp.sender_mac, h.arp.sender_mac);
  return sent ? Outcome::Done : Outcome::NoBuffer;
}

Arp::Outcome Arp::answer(const Heard& h) {
  if (ignores(h) || filters(h) || !hear_sender(h)) return Outcome::Ignored;
  const bool sent = send(arp::kReply, h.in, h.arp.target_ip, h.arp.sender_ip, h.arp.sender_mac, h.arp.sender_mac);
  return sent ? Outcome::Done : Outcome::NoBuffer;
}

Arp::Outcome Arp::answer_as_proxy(const Heard& h) {
  hear_sender(h);
  if (!h.delayed && h.l2 != L2Kind::Host && neighbours_.settings(h.in).proxy_delay_ms != 0) return delay(h);
  const bool sent = send(arp::kReply, h.in, h.arp.target_ip, h.arp.sender_ip, h.arp.sender_mac, h.arp.sender_mac);
  return sent ? Outcome::Done : Outcome::NoBuffer;
}

// ip_route_input for a packet from the sender to the target.
Arp::Route Arp::route_of(const Heard& h, InterfaceId& out) {
  Ipv4Header header{};
  header.source = h.arp.sender_ip;
  header.destination = h.arp.target_ip;
  Packet row;
  row.ip = &header;
  row.in = h.in;
  const Verdict v = resolve_unusual(row, slow_);
  if (v == divert(Lane::LocalIn)) return row.dst->action == Action::Local ? Route::Local : Route::None;
  if (!v.goes_on() || row.dst->action != Action::Forward) return Route::None;
  out = row.dst->out;
  return Route::Unicast;
}

// arp_fwd_proxy, arp_fwd_pvlan (RFC 3069)
bool Arp::answers_for_others(const Heard& h, InterfaceId out) const {
  const InterfaceSettings& in = interfaces()[h.in].settings;
  if (out != h.in) return in.proxy_arp;
  return in.proxy_arp_pvlan && h.arp.sender_ip != h.arp.target_ip;
}

// arp_ignore
bool Arp::ignores(const Heard& h) const {
  const Ipv4Address target = h.arp.target_ip;
  switch (interfaces()[h.in].settings.arp_ignore) {
    case 1: return !confirms(interfaces(), h.in, target, kAnyAddress, iface::Scope::Host);
    case 2: return !confirms(interfaces(), h.in, target, h.arp.sender_ip, iface::Scope::Host);
    case 3:
      for (uint16_t i = 1; i < kMaxInterfaces; ++i)
        if (confirms(interfaces(), InterfaceId(i), target, kAnyAddress, iface::Scope::Link)) return false;
      return true;
    case 8: return true;
    default: return false;
  }
}

// arp_filter: would a packet from the target to the sender leave by another interface, or by none?
bool Arp::filters(const Heard& h) const {
  if (!interfaces()[h.in].settings.arp_filter) return false;
  const route::RouteTable& routes = *slow_.tables->routes;
  if (routes.local(h.arp.target_ip).action != Action::Local) return true;  // no source for a packet of ours
  const route::Dst& back = routes.lookup({.to = h.arp.sender_ip, .from = h.arp.target_ip});
  return (back.action != Action::Forward && back.action != Action::Broadcast) || back.out != h.in;
}

// ---- learning ----

// neigh_event_ns: who asks will soon send. False: there is no room for another neighbour.
bool Arp::hear_sender(const Heard& h) {
  // Nobody's own address: never a neighbour (Linux makes an entry that is not asked).
  if (type_of(slow_, h.arp.sender_ip) == Action::Broadcast) return true;
  const NeighbourId id = neighbours_.find_or_create(h.in, h.arp.sender_ip);
  if (id == kNoNeighbour) return false;
  (void)neighbours_.update(id, h.arp.sender_mac, State::Stale, NeighbourControl::kOverride);
  return true;
}

// Is an unknown sender to be remembered (arp_accept)?
bool Arp::accepts(const Heard& h) const {
  switch (interfaces()[h.in].settings.arp_accept) {
    case 0: return false;
    case 2: return interfaces().on_link(h.in, h.arp.sender_ip);
    default: return true;
  }
}

// arp_is_garp: it speaks of its own address; a reply must also be to itself.
bool Arp::is_gratuitous(const Heard& h) const {
  if (h.arp.sender_ip != h.arp.target_ip) return false;
  if (!h.is_request() && h.arp.target_mac != h.arp.sender_mac) return false;
  return type_of(slow_, h.arp.sender_ip) == Action::Forward;
}

// The tail of arp_process: replies, and what is between others.
Arp::Outcome Arp::learn(const Heard& h) {
  NeighbourId id = neighbours_.find(h.in, h.arp.sender_ip);
  const bool accepted = accepts(h);
  const bool gratuitous = (id != kNoNeighbour || accepted) && is_gratuitous(h);
  const bool welcome = gratuitous || (!h.is_request() && type_of(slow_, h.arp.sender_ip) == Action::Forward);
  if (id == kNoNeighbour && accepted && welcome) id = neighbours_.find_or_create(h.in, h.arp.sender_ip);
  if (id == kNoNeighbour) return Outcome::Ignored;
  // Of several answers to one question the first counts: the entry is locked for a while.
  const bool unlocked = slow_.now_ms > neighbours_.updated_ms(id) + neighbours_.settings(h.in).locktime_ms;
  // Only a reply to this router proves that it is heard.
  const State next = h.is_request() || h.l2 != L2Kind::Host ? State::Stale : State::Reachable;
  const uint8_t flags = unlocked || gratuitous ? NeighbourControl::kOverride : 0;
  return neighbours_.update(id, h.arp.sender_mac, next, flags) ? Outcome::Done : Outcome::Ignored;
}

// ---- proxy answers wait for a random time (pneigh_enqueue), so that the true owner is faster ----

Arp::Outcome Arp::delay(const Heard& h) {
  const NeighbourSettings& s = neighbours_.settings(h.in);
  const auto waiting =
      std::count_if(delayed_.begin(), delayed_.end(), [&](const Delayed& d) { return d.heard.in == h.in; });
  if (static_cast<uint64_t>(waiting) > s.proxy_qlen) return Outcome::QueueFull;
  Delayed d{.due_ms = slow_.now_ms + slow_.random() % s.proxy_delay_ms, .heard = h};
  d.heard.delayed = true;
  delayed_.push_back(d);
  return Outcome::Delayed;
}

void Arp::poll() {
  const auto due = std::stable_partition(delayed_.begin(), delayed_.end(),
                                         [this](const Delayed& d) { return d.due_ms > slow_.now_ms; });
  const std::vector<Delayed> ready(due, delayed_.end());
  delayed_.erase(due, delayed_.end());
  for (const Delayed& d : ready) process(d.heard);
}

void Arp::link_down(InterfaceId interface) {
  std::erase_if(delayed_, [interface](const Delayed& d) { return d.heard.in == interface; });
}

// ---- frames out ----

// arp_solicit: with which address of ours do we ask (arp_announce)?
Ipv4Address Arp::source_for(const neighbour::Solicitation& ask) const {
  const uint8_t announce = interfaces()[ask.interface].settings.arp_announce;
  const Ipv4Address said = ask.waiting_source;
  const bool ours = !said.is_any() && type_of(slow_, said) == Action::Local;
  if (ours && announce == 0) return said;
  if (ours && announce == 1 && interfaces().on_link(ask.interface, ask.target, said)) return said;
  return interfaces().select_source(ask.interface, ask.target, iface::Scope::Link);
}

void Arp::solicit(const neighbour::Solicitation& ask) {
  send(arp::kRequest, ask.interface, source_for(ask), ask.target, ask.known.value_or(kBroadcastMac), MacAddress{});
}

void Arp::announce(InterfaceId interface) {
  for (const auto& ifa : interfaces().addresses(interface))
    send(arp::kRequest, interface, ifa.local, ifa.local, kBroadcastMac, MacAddress{});
}

// arp_create, arp_xmit. False: no mbuf.
bool Arp::send(uint16_t operation, InterfaceId out, Ipv4Address sender, Ipv4Address target, MacAddress to,
               MacAddress target_mac) {
  rte_mbuf* m = rte_pktmbuf_alloc(slow_.pool);
  if (!m) return false;
  const MacAddress own = MacAddress::from_word(interfaces()[out].mac_word);
  auto* eth = reinterpret_cast<EthernetHeader*>(rte_pktmbuf_append(m, sizeof(EthernetHeader) + sizeof(ArpHeader)));
  *eth = {.destination = to, .source = own, .type = ethertype::kArp};
  *reinterpret_cast<ArpHeader*>(eth + 1) = {.hardware = Be16(kEthernet),
                                            .protocol = ethertype::kIpv4,
                                            .hardware_length = sizeof(MacAddress),
                                            .protocol_length = sizeof(Ipv4Address),
                                            .operation = Be16(operation),
                                            .sender_mac = own,
                                            .sender_ip = sender,
                                            .target_mac = target_mac,
                                            .target_ip = target};
  ++slow_.counters.created;
  transmit(m, out, slow_);
  return true;
}

}  // namespace flyover::ipv4
