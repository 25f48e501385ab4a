// SPDX-License-Identifier: BSD-3-Clause
// Measures the routing tables: how fast routes come and go, what they cost in memory, how many cycles a lookup takes.
//   route_table [ROUTES [NEXT_HOPS]]
#include <rte_cycles.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <span>
#include <string>

#include "route/route_control.hpp"
#include "route/synthetic_table.hpp"

using namespace flyover;
using namespace flyover::route;

namespace {

constexpr size_t kBurst = 32, kDestinations = 1'000'000, kRounds = 9, kPart = 1024;

// Of this process alone: the machine has other things to do.
double seconds(const auto& work) {
  auto now = [] {
    timespec t{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
  };
  const double begin = now();
  work();
  return now() - begin;
}

size_t resident() {  // KiB of this process
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) return std::stoul(line.substr(6));
  return 0;
}

void say_rate(const char* what, size_t count, double time) {
  std::printf("%-34s %8.3f s %10.0f /s\n", what, time, static_cast<double>(count) / time);
}

// The sum of each part's best of some rounds: what interrupts us is rarely in the same place twice.
void say_cycles(const char* what, const RouteTable& table, const std::vector<Ipv4Address>& to, const auto& lookup_all) {
  std::vector<uint64_t> best(to.size() / kPart, ~uint64_t{0});
  uint64_t found = 0, sum = 0;
  for (size_t round = 0; round < kRounds; ++round)
    for (size_t part = 0; part < best.size(); ++part) {
      const uint64_t begin = rte_rdtsc();
      found += lookup_all(table, std::span(to).subspan(part * kPart, kPart));
      best[part] = std::min(best[part], rte_rdtsc() - begin);
    }
  for (const uint64_t cycles : best) sum += cycles;
  std::printf("%-34s %8.1f cycles  (%llu)\n", what, static_cast<double>(sum) / static_cast<double>(best.size() * kPart),
              static_cast<unsigned long long>(found & 0xff));
}

uint64_t in_bursts(const RouteTable& table, std::span<const Ipv4Address> to) {
  uint64_t sum = 0;
  for (size_t at = 0; at + kBurst <= to.size(); at += kBurst) {
    const Dst* dst[kBurst];
    for (size_t i = 0; i < kBurst; ++i) table.reader().prefetch(to[at + i]);
    for (size_t i = 0; i < kBurst; ++i) dst[i] = table.reader().find(to[at + i]);
    for (size_t i = 0; i < kBurst; ++i) sum += dst[i]->out.value();
  }
  return sum;
}

uint64_t one_by_one(const RouteTable& table, std::span<const Ipv4Address> to) {
  uint64_t sum = 0;
  for (const Ipv4Address a : to) sum += table.lookup({.to = a}).out.value();
  return sum;
}

uint64_t in_a_chain(const RouteTable& table, std::span<const Ipv4Address> to) {
  uint64_t sum = 0;  // each lookup waits for the one before
  for (const Ipv4Address a : to)
    sum += table.lookup({.to = Ipv4Address(a.host() ^ static_cast<uint32_t>(sum >> 63))}).out.value();
  return sum;
}

void measure(size_t routes, uint32_t next_hops) {
  const auto synthetic = synthetic_table(routes, next_hops, 1);
  const auto to = synthetic_destinations(synthetic, kDestinations, 2);
  dpdk::Rcu rcu(1);
  Reclaimer reclaimer(rcu);
  RouteControl control(
      reclaimer, [](InterfaceId, Ipv4Address) { return NeighbourId(1); }, [](NeighbourId) {});
  for (uint16_t i = 2; i < 10; ++i) {
    const Ipv4Address own(10, static_cast<uint8_t>(i), 0, 1);
    control.link_changed({.id = InterfaceId(i), .up = true, .running = true, .mtu = 1500});
    control.address_added(InterfaceId(i), {.local = own, .peer = own, .length = 16});
  }
  std::vector<RouteSpec> specs;
  for (const SyntheticRoute& r : synthetic)
    specs.push_back({.destination = r.prefix.network(),
                     .length = r.prefix.length(),
                     .gateway = Ipv4Address(0x0a000000 + ((2 + r.next_hop % 8) << 16) + 2 + r.next_hop / 8)});

  const size_t before = resident();
  say_rate("add", routes, seconds([&] {
             for (const RouteSpec& spec : specs)
               if (!control.add(spec)) std::abort();
           }));
  std::printf("%-34s %8.1f MiB, %zu paths\n", "memory", static_cast<double>(resident() - before) / 1024,
              control.paths());
  const RouteTable& table = *control.table();
  say_cycles("lookup, bursts of 32", table, to, in_bursts);
  say_cycles("lookup, one by one", table, to, one_by_one);
  say_cycles("lookup, each after the other", table, to, in_a_chain);
  say_rate("show", routes, seconds([&] { control.visit({}, {}, [](const Route&) { return true; }); }));
  say_rate("replace", routes, seconds([&] {
             for (RouteSpec& spec : specs) {
               spec.gateway = Ipv4Address(spec.gateway.host() ^ 1 << 16);
               if (!control.replace(spec)) std::abort();
             }
           }));
  for (size_t i = 0; i < specs.size(); i += 2)
    if (!control.remove(specs[i])) std::abort();
  say_rate("remove and add", routes / 2, seconds([&] {
             for (size_t i = 0; i < specs.size(); i += 2)
               if (!control.add(specs[i]) || !control.remove(specs[i])) std::abort();
           }));
  say_rate("interface down", routes / 2, seconds([&] {
             for (uint16_t i = 2; i < 10; ++i) control.link_changed({.id = InterfaceId(i), .mtu = 1500});
           }));
}

}  // namespace

int main(int argc, char** argv) {
  const size_t routes = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 1'000'000;
  const auto next_hops = static_cast<uint32_t>(argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 512);
  if (routes < 2 || next_hops == 0) {
    std::fprintf(stderr, "usage: route_table [ROUTES [NEXT_HOPS]]\n");
    return 1;
  }
  measure(routes, next_hops);
}
