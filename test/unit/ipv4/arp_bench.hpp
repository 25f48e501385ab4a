// SPDX-License-Identifier: BSD-3-Clause
// A router with two ports, as ARP sees it: frames in, frames out, the neighbours in between.
//   east  02:00:00:00:01:00  10.0.0.1/24        west  02:00:00:00:01:01  10.0.1.1/24
//   10.2.0.0/16 via 10.0.1.9 dev west           10.3.0.0/16 via 10.0.0.8 dev east
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "../neighbour/bench.hpp"
#include "iface/classify.hpp"
#include "ipv4/arp.hpp"
#include "route/route_table.hpp"

namespace flyover::ipv4 {

using neighbour::kEast;
using neighbour::kWest;

// An ARP frame in the words that a row needs.
struct Said {
  uint16_t operation = arp::kRequest;
  const char* sender = "10.0.0.9";
  const char* target = "10.0.0.1";
  const char* sender_mac = "02:00:00:00:00:aa";
  const char* target_mac = "00:00:00:00:00:00";
  const char* to = "ff:ff:ff:ff:ff:ff";
  uint16_t hardware = 1, protocol = 0x0800;
  uint8_t hardware_length = 6, protocol_length = 4;
  uint16_t length = 42;  // of the frame
};

class ArpBench : public neighbour::Bench {
 public:
  iface::InterfaceTable interfaces;
  route::Fib fib{reclaimer};
  std::vector<route::Dst> dsts = std::vector<route::Dst>(1);
  std::unique_ptr<route::RouteTable> routes;
  Snapshot snapshot;
  Arp arp{*control, w};
  InterfaceSettings east_settings;
  std::vector<iface::InterfaceAddress> east_addresses, lo_addresses;
  std::vector<std::string> out;  // what has left, in words

  ArpBench() {
    own("10.0.0.1", 24, kEast, east_addresses);
    lo_addresses.push_back({.local = ip("127.0.0.1"), .prefix_length = 8, .peer = ip("127.0.0.1")});
    lo_addresses.back().scope = iface::Scope::Host;
    std::vector<iface::InterfaceAddress> west;
    own("10.0.1.1", 24, kWest, west);
    west_addresses_ = west;
    route("127.0.0.0/8", {.action = route::Action::Local, .out = kLoopback});
    route("10.2.0.0/16", {.action = route::Action::Forward, .out = kWest, .gateway = ip("10.0.1.9")});
    route("10.3.0.0/16", {.action = route::Action::Forward, .out = kEast, .gateway = ip("10.0.0.8")});
    route("10.4.0.0/16", {.action = route::Action::Blackhole});
    route("10.5.0.0/16", {.action = route::Action::Unreachable});
    snapshot.interfaces = &interfaces;
    snapshot.neighbours = &table;
    w.tables = &snapshot;
    for (const InterfaceId id : {kEast, kWest}) w.tx[id.value()].sink = {take, this};
    publish();
  }

  static Ipv4Address ip(const char* text) { return *Ipv4Address::parse(text); }

  // Makes tables of the settings and addresses as they are now.
  void publish() {
    interfaces = iface::InterfaceTable();
    interfaces.set(kLoopback, {.mtu = 65535, .present = true, .up = true, .loopback = true}, lo_addresses, {});
    iface::InterfaceEntry east{.mac_word = MacAddress::parse("02:00:00:00:01:00")->word(), .present = true, .up = true};
    east.settings = east_settings;
    interfaces.set(kEast, east, east_addresses, {});
    iface::InterfaceEntry west{.mac_word = MacAddress::parse("02:00:00:00:01:01")->word(), .present = true, .up = true};
    interfaces.set(kWest, west, west_addresses_, {});
    routes = std::make_unique<route::RouteTable>(&fib, dsts.data());
    snapshot.routes = routes.get();
  }
  // An own address with its connected, local and broadcast routes.
  void own(const char* address, uint8_t length, InterfaceId interface, std::vector<iface::InterfaceAddress>& list,
           iface::Scope scope = iface::Scope::Universe, bool secondary = false) {
    const Ipv4Address a = ip(address);
    const Ipv4Prefix subnet(a, length);
    list.push_back({.local = a, .prefix_length = length, .peer = a, .scope = scope, .secondary = secondary});
    route(subnet.to_string().c_str(), {.action = route::Action::Forward, .scope = 253, .out = interface});
    route(fmt::format("{}/32", a.to_string()).c_str(), {.action = route::Action::Local, .out = kLoopback});
    if (length < 31)
      route(fmt::format("{}/32", subnet.broadcast().to_string()).c_str(),
            {.action = route::Action::Broadcast, .out = interface});
  }
  void route(const char* prefix, route::Dst dst) {
    dsts.push_back(dst);
    REQUIRE(fib.set(*Ipv4Prefix::parse(prefix), static_cast<uint32_t>(dsts.size() - 1)));
  }

  // The frame comes in by east, classified as a worker does.
  void hear(const Said& s, uint16_t first_segment = 0, bool priority_tag = false) {
    rte_mbuf* m = frame_of(s, priority_tag);
    if (first_segment) split(m, first_segment);
    w.burst.resize(0);
    Packet& p = w.burst.add();
    start(p, m, kEast);
    ++w.counters.received;
    const Verdict v = ethernet::Classify(w.burst, w).step(p, w);
    w.burst.resize(0);  // its row stays where it is
    if (v == punt(PuntReason::Arp)) {
      arp.input(p);
    } else {
      REQUIRE(v.exit() == Exit::Drop);
      discard(p.mbuf, static_cast<DropReason>(v.code()), w);
    }
    flush_all(w);
  }
  void poll_arp() {
    poll();
    arp.poll();
    flush_all(w);
  }
  void pass_arp(uint64_t ms) {
    for (uint64_t i = 0; i < ms; ++i) {
      pass(1);
      poll_arp();
    }
  }
  void forget_west() {
    west_addresses_.clear();
    publish();
  }
  std::string known(const char* who) const {
    const auto v = control->look(kEast, ip(who));
    if (!v) return "-";
    return fmt::format("{}{}{}", neighbour::name_of(v->state), v->mac ? " " : "", v->mac ? v->mac->to_string() : "");
  }

 private:
  std::vector<iface::InterfaceAddress> west_addresses_;

  rte_mbuf* frame_of(const Said& s, bool priority_tag) {
    rte_mbuf* m = rte_pktmbuf_alloc(w.pool);
    REQUIRE(m);
    struct {
      EthernetHeader eth;
      ArpHeader arp;
      uint8_t padding[200];
    } frame{};
    frame.eth = {*MacAddress::parse(s.to), *MacAddress::parse("02:00:00:00:00:aa"), ethertype::kArp};
    frame.arp = {.hardware = Be16(s.hardware),
                 .protocol = Be16(s.protocol),
                 .hardware_length = s.hardware_length,
                 .protocol_length = s.protocol_length,
                 .operation = Be16(s.operation),
                 .sender_mac = *MacAddress::parse(s.sender_mac),
                 .sender_ip = ip(s.sender),
                 .target_mac = *MacAddress::parse(s.target_mac),
                 .target_ip = ip(s.target)};
    std::memcpy(rte_pktmbuf_append(m, s.length), &frame, s.length);
    if (priority_tag) {
      auto* start = reinterpret_cast<uint8_t*>(rte_pktmbuf_prepend(m, sizeof(VlanTag)));
      REQUIRE(start);
      std::memmove(start, start + sizeof(VlanTag), 12);
      const uint8_t tag[] = {0x81, 0, 0xe0, 0};
      std::memcpy(start + 12, tag, sizeof tag);
    }
    return m;
  }
  void split(rte_mbuf* m, uint16_t first) {
    rte_mbuf* tail = rte_pktmbuf_alloc(w.pool);
    REQUIRE(tail);
    const auto rest = static_cast<uint16_t>(m->data_len - first);
    std::memcpy(rte_pktmbuf_append(tail, rest), rte_pktmbuf_mtod_offset(m, void*, first), rest);
    rte_pktmbuf_trim(m, rest);
    REQUIRE(rte_pktmbuf_chain(m, tail) == 0);
  }
  static uint16_t take(void* context, rte_mbuf** mbufs, uint16_t count) noexcept {
    auto& self = *static_cast<ArpBench*>(context);
    for (uint16_t i = 0; i < count; ++i) {
      self.out.push_back(words(mbufs[i]));
      rte_pktmbuf_free(mbufs[i]);
    }
    return count;
  }
  static std::string words(rte_mbuf* m) {
    const auto* eth = rte_pktmbuf_mtod(m, const EthernetHeader*);
    const auto& a = *reinterpret_cast<const ArpHeader*>(eth + 1);
    const bool sound = m->pkt_len == 42 && eth->type == ethertype::kArp && a.hardware == Be16(uint16_t{1}) &&
                       a.protocol == ethertype::kIpv4 && a.hardware_length == 6 && a.protocol_length == 4 &&
                       eth->source == a.sender_mac;
    return fmt::format("{}{} {}>{} sip {} tha {} tip {}", sound ? "" : "unsound ",
                       a.operation.host() == arp::kReply ? "reply" : "request", eth->source.to_string(),
                       eth->destination.to_string(), a.sender_ip.to_string(), a.target_mac.to_string(),
                       a.target_ip.to_string());
  }
};

}  // namespace flyover::ipv4
