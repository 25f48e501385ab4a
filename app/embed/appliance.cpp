// SPDX-License-Identifier: BSD-3-Clause
// An appliance of one file: a router between two ports that refuses telnet and counts what comes to UDP port 7777.
//
//   c++ -std=c++20 appliance.cpp $(pkg-config --cflags --libs flyover) -o appliance
//   ./appliance 'net_pcap0,rx_pcap=in.pcap' 'net_pcap1,tx_pcap=out.pcap'
//
// Everything happens in one thread here. With workers of its own, a program runs ipv4::worker_turn in each of them, between
// rcu().online() and rcu().offline(), and Router::poll in one more (app/flyoverd/worker_threads.cpp does).
#include <rte_cycles.h>

#include <cstdio>
#include <cstdlib>

#include "control/router.hpp"
#include "dpdk/eal.hpp"
#include "ethdev_ports.hpp"
#include "hook/hook_table.hpp"
#include "ipv4/protocol_table.hpp"
#include "ipv4/worker_turn.hpp"
#include "packet/run.hpp"

namespace {

using namespace flyover;

constexpr uint16_t kTelnet = 23, kReports = 7777;
constexpr Ipv4Address kGateway{10, 0, 1, 9};

// A hook function judges a burst. The IP headers are checked already; what is behind them is not.
void refuse_telnet(void*, hook::Batch& batch, Worker&) noexcept {
  for (uint16_t i = 0; i < batch.size; ++i) {
    const Packet& p = *batch.packet[i];
    const uint16_t header = p.ip->header_length();
    if (p.ip->protocol != protocol::kTcp || p.ip->is_fragment() || p.length < header + sizeof(TcpHeader)) continue;
    const auto* tcp = reinterpret_cast<const TcpHeader*>(p.ip->payload());
    if (tcp->destination_port.host() == kTelnet) batch.verdict[i] = hook::HookVerdict::Drop;
  }
}

// A protocol handler gets what is addressed to the router itself.
Verdict take_report(Packet& p, Worker& w, void* context) noexcept {
  ++*static_cast<uint64_t*>(context);
  use_up(p.mbuf, w);
  return consumed();
}

template <class T>
T or_exit(Result<T> result) {
  if (!result) std::fprintf(stderr, "appliance: %s\n", result.error().message.c_str()), std::exit(1);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

InterfaceId add_port(control::Router& router, const char* name, const char* device, Ipv4Address address,
                     MacAddress mac) {
  iface::InterfaceControl& interfaces = router.interfaces();
  const InterfaceId id = or_exit(interfaces.add_port(name, {.devargs = device, .mac = mac}));
  or_exit(interfaces.add_address(id, {.local = address, .prefix_length = 24}));
  or_exit(interfaces.set_up(id, true));
  return id;
}

void run(control::Router& router, uint64_t idle_turns) {
  for (uint64_t idle = 0; idle < idle_turns || router.held();) {
    const uint64_t now = rte_rdtsc();
    const bool slow = router.poll(now);
    const bool fast = ipv4::worker_turn(router.worker(WorkerId(0)), router.snapshot(), router.rcu(), now);
    idle = slow || fast ? 0 : idle + 1;
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return std::fprintf(stderr, "usage: appliance DEVICE DEVICE\n"), 1;
  const auto eal =
      or_exit(dpdk::Eal::start("appliance", {"--no-huge", "--no-shconf", "-m", "256", "--no-pci", "--no-telemetry",
                                             "--log-level=error", "--file-prefix=appliance"}));
  port::EthdevPorts ports({.workers = 1, .mbufs = 8191});
  const auto router =
      or_exit(control::Router::create({.workers = 1, .pool = or_exit(ports.pool(dpdk::kDefaultDataRoom, 0))}, &ports));

  uint64_t reports = 0;
  router->add_hook(hook::Hook::Forward, {.run = refuse_telnet});
  router->change_protocols([&](ipv4::ProtocolTable& table) { table.add_udp_port(kReports, {take_report, &reports}); });
  add_port(*router, "inside", argv[1], {10, 0, 0, 1}, MacAddress({2, 0, 0, 0, 0, 1}));
  const InterfaceId outside = add_port(*router, "outside", argv[2], {10, 0, 1, 1}, MacAddress({2, 0, 0, 0, 1, 1}));
  or_exit(router->routes().add({.gateway = kGateway}));
  or_exit(router->neighbours().write({.interface = outside, .address = kGateway, .mac = MacAddress({2, 0, 0, 0, 1, 9})},
                                     neighbour::Write::Add));

  run(*router, 1'000'000);
  const WorkerCounters& counters = router->worker(WorkerId(0)).counters;
  std::printf("sent outside %lu, refused telnet %lu, reports %lu\n", counters.interface[outside.value()].tx_packets,
              counters.drop[index_of(DropReason::HookDrop)], reports);
}
