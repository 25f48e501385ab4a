// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : the router: its rooms' control sides put together, published to the workers, and its slow packets
// Expects    : one thread (the control thread) calls everything here; workers run ipv4::worker_turn with snapshot() and rcu()
// Guarantees : each operation is whole or not at all; what it changes is seen by every worker in its next turn. Slow packets
//              (ARP, unresolved neighbours, fragments for us) are worked off by poll(), on a Worker of the control thread's own.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/secret.hpp"
#include "control/slow_path.hpp"
#include "control/wiring.hpp"
#include "hook/hook_table.hpp"
#include "iface/interface_control.hpp"
#include "ipv4/protocol_table.hpp"
#include "neighbour/neighbour_control.hpp"
#include "packet/published.hpp"
#include "route/route_cache.hpp"
#include "route/route_control.hpp"

namespace flyover::control {

struct RouterConfig {
  uint16_t workers = 1;
  // Of the three that follow no more than a share of the pool (packet/pool_share.hpp).
  uint32_t punt_queue = 1024;    // packets, per worker and kind; all kinds and workers: five sixteenths
  uint32_t inject_queue = 4096;  // packets, from the control thread to each worker; all workers: a quarter
  uint32_t hold_limit = 2048;    // packets that may wait for ARP, all neighbours together: an eighth
  rte_mempool* pool = nullptr;   // for packets that the router makes
  uint64_t tsc_hz = 0;           // 0: ask DPDK
};

class Router {
 public:
  // `driver` may be null: only lo, and ports that the embedding program attaches.
  static Result<std::unique_ptr<Router>> create(const RouterConfig& config, iface::PortDriver* driver);
  ~Router();  // all workers have stopped
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  // ---- for worker threads ----
  const Published<Snapshot>& snapshot() const { return *snapshot_; }
  dpdk::Rcu& rcu() { return rcu_; }
  Worker& worker(WorkerId id) { return *workers_[id.value()]; }
  uint16_t workers() const { return config_.workers; }
  Worker& slow_worker() { return *workers_.back(); }

  // ---- for the event loop ----
  // Works off slow packets, timers and link changes; true if there was anything to do. `tsc` is now.
  bool poll(uint64_t tsc);
  void set_wall_clock(uint64_t unix_ms, uint64_t tsc);  // both now; for timestamps in ICMP and IP options

  // ---- operations ----
  // Through the rooms' control sides; commit() makes what they have changed visible to the workers. poll() does it too.
  iface::InterfaceControl& interfaces() { return *interfaces_; }
  route::RouteControl& routes() { return routes_; }
  neighbour::NeighbourControl& neighbours() { return neighbours_; }
  const Settings& settings() const { return settings_; }
  void set_settings(const Settings& settings);
  void commit();

  // Hook functions, local protocol handlers and listeners of the program that embeds the router. Their contexts must live until
  // grace_period() has returned after they were taken away.
  uint16_t add_hook(hook::Hook hook, const hook::HookFunction& function);  // a handle; 0: there are too many
  bool remove_hook(uint16_t handle);
  void change_protocols(const std::function<void(ipv4::ProtocolTable&)>& change);
  void set_host_handler(PuntHandler handler) { slow_->set_host_handler(std::move(handler)); }
  void listen_to_hooks(bool on) { slow_->listen_to_hooks(on); }
  hook::Queue& hook_queue() { return slow_->hook_queue(); }
  void judge(uint32_t id, hook::HookVerdict verdict) { slow_->judge(id, verdict); }
  // Returns when no worker can still see what was replaced before the call. Waits for the workers' turns to end; false: one
  // of them does not.
  bool grace_period();

  // Mbufs that are neither sent nor given back: held for ARP or reassembly, or waiting in a queue between threads.
  uint64_t held() const { return slow_->held() + wiring_.waiting(); }
  void set_log(std::function<void(const std::string&)> log) { log_ = std::move(log); }
  // Workers have stopped: everything that waits is dropped (shutdown), so that the pools are whole again.
  void shut_down();

 private:
  class Events;
  Router(const RouterConfig& config, Wiring wiring, std::vector<std::unique_ptr<Worker>> workers,
         iface::PortDriver* driver);
  std::unique_ptr<const Snapshot> build();

  RouterConfig config_;
  dpdk::Rcu rcu_;
  Reclaimer reclaimer_;
  std::vector<std::unique_ptr<route::RouteCache>> caches_;  // by worker
  std::vector<std::unique_ptr<Worker>> workers_;            // the last one is the control thread's
  Wiring wiring_;
  neighbour::NeighbourTable neighbour_table_;
  neighbour::NeighbourControl neighbours_;
  route::RouteControl routes_;
  std::unique_ptr<Events> events_;
  std::unique_ptr<iface::InterfaceControl> interfaces_;
  std::shared_ptr<const hook::HookTable> hooks_ = std::make_shared<hook::HookTable>();
  std::shared_ptr<const ipv4::ProtocolTable> protocols_ = std::make_shared<ipv4::ProtocolTable>();
  std::vector<std::shared_ptr<const WorkerPlan>> plans_;
  Settings settings_;
  int64_t utc_offset_ms_ = 0;
  const uint64_t flow_key_ = secret();
  std::unique_ptr<Published<Snapshot>> snapshot_;
  std::unique_ptr<SlowPath> slow_;
  std::function<void(const std::string&)> log_;
  uint64_t next_link_poll_ms_ = 0;
  bool changed_ = true;        // something that is in the snapshot
  bool ports_changed_ = true;  // who polls what
};

}  // namespace flyover::control
