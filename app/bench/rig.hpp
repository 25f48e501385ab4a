// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : a router without ports for measurements: tables made by hand, frames made by hand, a sink that keeps what is sent
// Guarantees : the code that is measured is the router's own, from receive() to the transmit sink; only the driver is missing
#pragma once

#include <array>
#include <memory>
#include <span>
#include <vector>

#include "dpdk/mbuf_pool.hpp"
#include "hook/hook_table.hpp"
#include "iface/interface_table.hpp"
#include "ipv4/protocol_table.hpp"
#include "neighbour/neighbour_table.hpp"
#include "packet/worker.hpp"
#include "route/route_cache.hpp"
#include "route/route_table.hpp"
#include "route/rule.hpp"
#include "route/table_fibs.hpp"

namespace flyover::bench {

struct Flow {
  Ipv4Address source, destination;
};

// What a case sends.
struct Traffic {
  std::vector<Flow> flows;  // sent in turn
  uint16_t length = 46;     // IP bytes: 46 makes a 64-byte frame with its checksum
  uint8_t ttl = 64;
};

class Rig {
 public:
  static constexpr uint16_t kNextHops = 512;  // on p1, 10.1.0.1 and up
  static constexpr uint16_t kLegs = 16;       // of a group

  explicit Rig(const char* name);  // of its pool
  // Every prefix leaves by one of the next hops on p1 ...
  void add_route(const Ipv4Prefix& prefix, uint16_t next_hop);
  // ... or by one of 16, from this one on.
  void add_group(const Ipv4Prefix& prefix, uint16_t first_next_hop, route::GroupKind kind = route::GroupKind::Legs);
  void set_mtu(uint16_t mtu);  // of the way out; between measurements only
  // Publishes the tables to the worker; with these routes in place of its own.
  void ready(const route::RouteTable* routes = nullptr);
  // Between measurements only: these rules between those of local and of main; what they look up leads to one next hop.
  void set_rules(std::span<const route::Rule> rules);
  void clear_rules();
  void use_cache(bool on) {  // a new one, or none
    cache_ = on ? std::make_unique<route::RouteCache>() : nullptr;
    worker_->route_cache = cache_.get();
  }

  // For routes that are made elsewhere.
  static constexpr InterfaceId kIn{2}, kOut{3};
  static Ipv4Address gateway(uint16_t next_hop) { return Ipv4Address(Ipv4Address(10, 1, 1, 0).host() + next_hop); }
  static NeighbourId neighbour_of(Ipv4Address gateway);
  static uint16_t next_hop_of(const rte_mbuf* sent);  // by its destination MAC
  dpdk::Rcu& rcu() { return rcu_; }
  Reclaimer& reclaimer() { return reclaimer_; }

  Worker& worker() { return *worker_; }
  rte_mempool* pool() { return pool_->raw(); }
  // Fills `mbufs` with fresh frames of the traffic's next flows, as a driver hands them out.
  void make_burst(const Traffic& traffic, size_t& next, rte_mbuf** mbufs, uint16_t count);
  std::span<rte_mbuf* const> kept() const { return {kept_.data(), kept_count_}; }
  // Gives back what the sink has kept; how many frames that was.
  uint64_t collect();

 private:
  static uint16_t keep(void* rig, rte_mbuf** mbufs, uint16_t count) noexcept;

  std::unique_ptr<dpdk::MbufPool> pool_;
  dpdk::Rcu rcu_{1};
  Reclaimer reclaimer_{rcu_};
  iface::InterfaceTable interfaces_;
  neighbour::NeighbourTable neighbours_;
  hook::HookTable hooks_;
  std::unique_ptr<const ipv4::ProtocolTable> protocols_;
  route::RouteSet local_, main_, other_;  // tables; main has what is in local, too
  std::vector<route::Dst> slab_;          // local, of p0's subnet, next hops, groups by their first next hop
  std::vector<std::unique_ptr<const route::NextHopGroup>> groups_;
  std::unique_ptr<route::TableFibs> local_fibs_, main_fibs_, other_fibs_;
  std::unique_ptr<route::RouteTable> routes_;
  Snapshot snapshot_;
  std::unique_ptr<Worker> worker_;
  std::unique_ptr<route::RouteCache> cache_;
  std::array<rte_mbuf*, 4096> kept_;  // the room for all frames of what is measured at a time
  size_t kept_count_ = 0;
};

}  // namespace flyover::bench
