// SPDX-License-Identifier: BSD-3-Clause
#include "storm.hpp"

#include <fmt/core.h>
#include <rte_cycles.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "base/check.hpp"
#include "journey.hpp"
#include "rig.hpp"
#include "route/route_control.hpp"
#include "route/synthetic_table.hpp"

namespace flyover::bench {
namespace {

constexpr uint16_t kBurst = 32;
constexpr uint32_t kPacketsPerRound = 65536;

// A route and what it has been. Version v is begun before the table is changed and done after it: a packet that starts when
// `done` is a and has left when `begun` is b may have taken any version from a to b.
struct Watched {
  Ipv4Prefix prefix;
  uint16_t first_hop;
  bool split;  // changes are a longer prefix that comes and goes, else next hops of its own
  std::atomic<uint32_t> begun{0}, done{0};

  uint16_t hop(uint32_t version) const {
    const uint32_t by = split && version % 2 == 0 ? 0 : version;
    return static_cast<uint16_t>((first_hop + by) % Rig::kNextHops);
  }
  Ipv4Prefix longer() const { return {prefix.network(), static_cast<uint8_t>(prefix.length() + 3)}; }
  bool had(uint16_t next_hop, uint32_t from, uint32_t to) const {
    for (uint32_t v = from; v <= to; ++v)
      if (hop(v) == next_hop) return true;
    return false;
  }
};

class Storm {
 public:
  Storm(const char* name, const StormChoice& choice)
      : choice_(choice),
        rig_(name),
        control_(
            rig_.reclaimer(), [](InterfaceId, Ipv4Address gateway) { return Rig::neighbour_of(gateway); },
            [](NeighbourId) {}) {
    for (const InterfaceId i : {Rig::kIn, Rig::kOut}) {
      control_.link_changed({.id = i, .up = true, .running = true, .mtu = 1500});
      const Ipv4Address own = i == Rig::kIn ? Ipv4Address(10, 0, 0, 1) : Ipv4Address(10, 1, 0, 1);
      control_.address_added(i, {.local = own, .peer = own, .length = static_cast<uint8_t>(i == Rig::kIn ? 24 : 16)});
    }
    const auto table = route::synthetic_table(choice.routes, Rig::kNextHops, 1);
    // The /24s are the longest in the table: what is sent to them takes no other route.
    const auto is_watched = [](const route::SyntheticRoute& r) { return r.prefix.length() == 24; };
    watched_ = std::vector<Watched>(static_cast<size_t>(std::count_if(table.begin(), table.end(), is_watched)));
    size_t at = 0;
    for (const route::SyntheticRoute& r : table) {
      const auto hop = static_cast<uint16_t>(r.next_hop);
      check(control_.add(spec(r.prefix, hop)).has_value(), "the bench's routes are taken");
      if (!is_watched(r)) continue;
      watched_[at].prefix = r.prefix, watched_[at].first_hop = hop, watched_[at].split = at % 3 == 0;
      ++at;
    }
    rig_.ready(control_.table());
    for (uint32_t i = 0; i < 1000000; ++i) {
      order_.push_back(random() % watched_.size());
      traffic_.flows.push_back({Ipv4Address(10, 0, 0, 2), watched_[order_.back()].prefix.network()});
    }
  }

  // Cycles per packet: the median burst, and all together.
  struct Cost {
    double median, mean;
  };
  Cost run() {
    std::vector<uint64_t> bursts;
    uint64_t sum = 0;
    for (int i = 0; i < choice_.rounds; ++i)
      for (uint32_t packets = 0; packets < kPacketsPerRound; packets += kBurst) {
        bursts.push_back(one_burst());
        sum += bursts.back();
      }
    const auto middle = bursts.begin() + static_cast<long>(bursts.size() / 2);
    std::nth_element(bursts.begin(), middle, bursts.end());
    return {double(*middle) / kBurst, double(sum) / (double(bursts.size()) * kBurst)};
  }

  // The other thread's work, until it is told to stop.
  void change_routes(const std::atomic<bool>& stop) {
    const uint64_t begin = rte_rdtsc(), hz = rte_get_tsc_hz();
    while (!stop.load(std::memory_order_relaxed)) {
      const uint64_t due = static_cast<uint64_t>(double(rte_rdtsc() - begin) / double(hz) * choice_.changes);
      for (uint64_t now = changes_; now < due; ++now) change(watched_[random() % watched_.size()]);
      rig_.reclaimer().poll();
      std::this_thread::sleep_for(std::chrono::microseconds(200));  // as a routing daemon does
    }
    seconds_ = double(rte_rdtsc() - begin) / double(hz);
  }

  Rig& rig() { return rig_; }
  uint64_t lost() const { return lost_; }
  uint64_t wrong() const { return wrong_; }
  uint64_t changes() const { return changes_; }
  double changes_per_second() const { return double(changes_) / seconds_; }

 private:
  static route::RouteSpec spec(const Ipv4Prefix& prefix, uint16_t hop) {
    return {.destination = prefix.network(), .length = prefix.length(), .gateway = Rig::gateway(hop), .out = Rig::kOut};
  }
  uint32_t random() {
    seed_ = seed_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<uint32_t>(seed_ >> 33);
  }

  void change(Watched& w) {
    const uint32_t version = w.begun.load() + 1;
    w.begun.store(version);
    if (!w.split)
      check(control_.replace(spec(w.prefix, w.hop(version))).has_value(), "a route is replaced");
    else if (version % 2)
      check(control_.add(spec(w.longer(), w.hop(version))).has_value(), "a longer prefix comes");
    else
      check(control_.remove(spec(w.longer(), w.hop(version - 1))).has_value(), "a longer prefix goes");
    w.done.store(version);
    ++changes_;
  }

  uint64_t one_burst() {
    rte_mbuf* mbufs[kBurst];
    std::array<uint32_t, kBurst> from;
    const size_t first = next_;
    rig_.make_burst(traffic_, next_, mbufs, kBurst);
    for (size_t i = 0; i < kBurst; ++i) from[i] = flow(first + i).done.load();
    const uint64_t before = rte_rdtsc_precise();
    journey(rig_.worker(), mbufs, kBurst);
    const uint64_t cycles = rte_rdtsc_precise() - before;
    rig_.rcu().quiescent(WorkerId(0));
    const auto sent = rig_.kept();
    lost_ += kBurst - sent.size();
    for (size_t i = 0; i < sent.size() && sent.size() == kBurst; ++i) {
      const Watched& w = flow(first + i);
      if (!w.had(Rig::next_hop_of(sent[i]), from[i], w.begun.load())) ++wrong_;
    }
    rig_.collect();
    return cycles;
  }
  Watched& flow(size_t i) { return watched_[order_[i % order_.size()]]; }

  StormChoice choice_;
  Rig rig_;
  route::RouteControl control_;
  std::vector<Watched> watched_;
  std::vector<uint32_t> order_;  // of routes, as packets come
  Traffic traffic_;
  size_t next_ = 0;
  uint64_t seed_ = 4711, lost_ = 0, wrong_ = 0, changes_ = 0;
  double seconds_ = 1;
};

// Off the processor that EAL has bound this thread, and so those that it starts, to.
void leave_processor(int taken) {
  cpu_set_t others;
  CPU_ZERO(&others);
  for (long cpu = 0; cpu < sysconf(_SC_NPROCESSORS_ONLN); ++cpu)
    if (cpu != taken) CPU_SET(static_cast<size_t>(cpu), &others);
  if (CPU_COUNT(&others) != 0) sched_setaffinity(0, sizeof others, &others);
}

// What the journey costs here while the routes over there are changed.
Storm::Cost run_beside(Storm& here, Storm& there) {
  std::atomic<bool> stop{false};
  std::thread writer([&, taken = sched_getcpu()] {
    leave_processor(taken);
    there.change_routes(stop);
  });
  const Storm::Cost cost = here.run();
  stop = true;
  writer.join();
  return cost;
}

}  // namespace

flyover::Result<> run_storm(const StormChoice& choice) {
  auto storm = std::make_unique<Storm>("storm", choice), other = std::make_unique<Storm>("other", choice);
  storm->rig().rcu().online(WorkerId(0));
  storm->run();  // warms up
  const Storm::Cost quiet = storm->run(), elsewhere = run_beside(*storm, *other), stormy = run_beside(*storm, *storm);
  storm->rig().rcu().offline(WorkerId(0));
  fmt::print("{} routes, burst {}; cycles per packet: median burst, and all together\n", choice.routes, kBurst);
  fmt::print("quiet                        {:>8.1f} {:>8.1f}\n", quiet.median, quiet.mean);
  fmt::print("changes to an unused table   {:>8.1f} {:>8.1f}   {:.0f} a second\n", elsewhere.median, elsewhere.mean,
             other->changes_per_second());
  fmt::print("changes to the packets' own  {:>8.1f} {:>8.1f}   {:.0f} a second, {} in all\n", stormy.median,
             stormy.mean, storm->changes_per_second(), storm->changes());
  fmt::print("{} packets lost, {} to a next hop that was not valid\n", storm->lost(), storm->wrong());
  if (storm->lost() || storm->wrong()) return refused("packets went astray");
  if (storm->changes() == 0) return refused("no route was changed");
  return {};
}

}  // namespace flyover::bench
