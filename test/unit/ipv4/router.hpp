// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : the router of the oracle (test/oracle/case.py, BASE), its tables built by hand, for tests of single stages
// Guarantees : after check_conservation() every packet is accounted for and every mbuf is back in its pool
#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "dpdk/mbuf_pool.hpp"
#include "hook/hook_table.hpp"
#include "iface/interface_table.hpp"
#include "ipv4/protocol_table.hpp"
#include "net/checksum.hpp"
#include "packet/run.hpp"
#include "route/route_table.hpp"

namespace flyover::test {

using Bytes = std::vector<uint8_t>;

inline Ipv4Address ip4(const char* text) { return Ipv4Address::parse(text).value(); }
inline Ipv4Prefix net4(const char* text) { return Ipv4Prefix::parse(text).value(); }

inline Bytes from_hex(const std::string& text) {
  Bytes bytes;
  for (size_t i = 0; i + 1 < text.size(); i += 2)
    bytes.push_back(static_cast<uint8_t>(std::stoi(text.substr(i, 2), nullptr, 16)));
  return bytes;
}
inline std::string to_hex(const Bytes& bytes) {
  std::string text;
  for (uint8_t b : bytes) {
    text += "0123456789abcdef"[b >> 4];
    text += "0123456789abcdef"[b & 15];
  }
  return text;
}

inline constexpr InterfaceId kPort[] = {InterfaceId(2), InterfaceId(3), InterfaceId(4)};

// A packet that would leave the router, its lane's work done.
struct Sent {
  InterfaceId out;
  route::Action action;
  Bytes ip;
};

class Router {
 public:
  explicit Router(const InterfaceSettings& settings = {}) {
    const auto port = [&](int i, const char* address, uint16_t mtu) {
      iface::InterfaceEntry entry{
          .mtu = mtu, .present = true, .up = true, .running = true, .has_addresses = true, .settings = settings};
      const Ipv4Prefix subnet(ip4(address), 24);
      interfaces.set(kPort[i], entry, {{ip4(address), 24, subnet.broadcast(), ip4(address)}}, {ip4("224.0.0.1")});
      route(subnet, {.action = route::Action::Forward,
                     .scope = 253,
                     .out = kPort[i],
                     .mtu = route::Live<uint16_t>(mtu),
                     .source = ip4(address)});
      route({ip4(address), 32}, {.action = route::Action::Local, .out = kLoopback, .source = ip4(address)});
      route({subnet.broadcast(), 32}, {.action = route::Action::Broadcast,
                                       .scope = 253,
                                       .out = kPort[i],
                                       .mtu = route::Live<uint16_t>(mtu),
                                       .source = ip4(address)});
    };
    port(0, "10.0.0.1", 1500);
    port(1, "10.0.1.1", 1500);
    port(2, "10.0.2.1", 900);
    gateway("10.64.0.0/10", "10.0.0.2", 0);
    gateway("10.10.0.0/16", "10.0.0.2", 0);
    gateway("20.0.0.0/8", "10.0.1.2", 1);
    gateway("30.0.0.0/8", "10.0.2.2", 2, 900);
    snapshot.interfaces = &interfaces;
    snapshot.routes = &routes;
    snapshot.hooks = &hooks;
    snapshot.protocols = &protocols;
    snapshot.settings.icmp_msgs_per_sec = 100000;
    snapshot.settings.icmp_msgs_burst = 10000;
    worker.icmp_credit = 10000;
    worker.tables = &snapshot;
    worker.pool = pool.raw();
    worker.now_ms = 1;
  }

  void route(const Ipv4Prefix& prefix, const route::Dst& dst) {
    slab.at(used) = dst;
    REQUIRE(fib.set(prefix, used++));
  }
  void gateway(const char* prefix, const char* via, int port, uint16_t mtu = 1500) {
    route(net4(prefix), {.action = route::Action::Forward,
                         .scope = 0,
                         .out = kPort[port],
                         .mtu = route::Live<uint16_t>(mtu),
                         .gateway = ip4(via)});
  }

  // A packet that came in; its bytes start behind an Ethernet header, in segments of at most `segment` bytes.
  Packet packet(const Bytes& bytes, InterfaceId in = kPort[0], L2Kind l2 = L2Kind::Host, size_t segment = 1800) {
    rte_mbuf* m = rte_pktmbuf_alloc(pool.raw());
    REQUIRE(m != nullptr);
    rte_pktmbuf_append(m, sizeof(EthernetHeader));
    rte_mbuf* last = m;
    for (size_t at = 0; at < bytes.size(); at += segment) {
      if (at) {
        last = rte_pktmbuf_alloc(pool.raw());
        REQUIRE(last != nullptr);
      }
      const size_t size = std::min(segment, bytes.size() - at);
      std::copy_n(bytes.data() + at, size, rte_pktmbuf_append(last, static_cast<uint16_t>(size)));
      if (at) REQUIRE(rte_pktmbuf_chain(m, last) == 0);
    }
    Packet p;
    start(p, m, in);
    p.l2 = l2;
    p.ip = rte_pktmbuf_mtod_offset(m, Ipv4Header*, sizeof(EthernetHeader));
    p.length = static_cast<uint16_t>(bytes.size());
    p.has_options = p.ip->header_length() > sizeof(Ipv4Header);
    p.dst = &routes.lookup({.to = p.ip->destination});
    ++worker.counters.received;
    return p;
  }

  // One packet through one stage; where it goes from there is done.
  template <class Stage>
  void step(const Packet& p) {
    worker.lane_burst.add() = p;
    run<Stage>(worker.lane_burst, worker);
    for (Packet& left : worker.lane_burst) keep(left);
    worker.lane_burst.resize(0);
  }
  template <class Stage>
  void drain(Lane lane) {
    while (worker.lanes[index_of(lane)].size()) {
      take(lane, worker.lane_burst, worker);
      run<Stage>(worker.lane_burst, worker);
      for (Packet& left : worker.lane_burst) keep(left);
      worker.lane_burst.resize(0);
    }
  }

  void check_conservation() {
    bury(worker);
    const WorkerCounters& c = worker.counters;
    CHECK(c.received + c.created == c.sent + c.dropped() + c.consumed);
    CHECK(pool.in_use() == 0);
  }
  uint64_t dropped(DropReason reason) const { return worker.counters.drop[index_of(reason)]; }

  dpdk::MbufPool pool = dpdk::MbufPool::create(pool_name(), {.count = 4095, .cache = 0}).value();
  dpdk::Rcu rcu{1};
  Reclaimer reclaimer{rcu};
  route::Fib fib{reclaimer};
  std::vector<route::Dst> slab = std::vector<route::Dst>(64);
  uint32_t used = 1;
  route::RouteTable routes{&fib, slab.data()};
  iface::InterfaceTable interfaces;
  hook::HookTable hooks;
  ipv4::ProtocolTable protocols;
  Snapshot snapshot;
  std::unique_ptr<Worker> owner = std::make_unique<Worker>(WorkerId(0));
  Worker& worker = *owner;
  std::vector<Sent> sent;

 private:
  static std::string pool_name() {
    static int count = 0;  // pools are found by name, and a test may want two routers
    return "ipv4_test_" + std::to_string(count++);
  }

  void keep(const Packet& p) {
    Bytes bytes(p.length);
    const auto offset = static_cast<uint32_t>(reinterpret_cast<uint8_t*>(p.ip) - rte_pktmbuf_mtod(p.mbuf, uint8_t*));
    const void* at = rte_pktmbuf_read(p.mbuf, offset, p.length, bytes.data());
    REQUIRE(at != nullptr);
    if (at != bytes.data()) std::copy_n(static_cast<const uint8_t*>(at), p.length, bytes.data());
    CHECK(p.mbuf->pkt_len == offset + p.length);
    sent.push_back({p.out, p.dst ? p.dst->action : route::Action::None, std::move(bytes)});
    ++worker.counters.sent;
    rte_pktmbuf_free(p.mbuf);
  }
};

}  // namespace flyover::test
