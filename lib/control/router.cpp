// SPDX-License-Identifier: BSD-3-Clause
#include "control/router.hpp"

#include <algorithm>

#include "control/sysctl.hpp"
#include "ipv4/worker_turn.hpp"

namespace flyover::control {
namespace {

constexpr uint32_t kLeastQueue = 32;    // packets, however small the pool
constexpr uint64_t kPatienceMs = 3000;  // with a worker whose turns take microseconds

}  // namespace

// Links and addresses tell the rooms that follow them, in the order of Linux's notifier chains: routes before neighbours.
class Router::Events : public iface::InterfaceEvents {
 public:
  explicit Events(Router& router) : r_(router) {}

  void link_added(InterfaceId id) override { follow(id); }
  void link_up(InterfaceId id) override {
    follow(id);
    if (r_.interfaces_) announce(id);
  }
  void link_down(InterfaceId id) override {
    follow(id);
    forget(id);
  }
  void link_removed(InterfaceId id) override {
    touch(true);
    r_.routes_.link_removed(id);
    r_.neighbours_.link_down(id);
  }
  void link_renamed(InterfaceId id) override { follow(id); }
  void carrier_changed(InterfaceId id, bool running) override {
    follow(id);
    if (!running) r_.neighbours_.carrier_lost(id);
  }
  void mtu_changed(InterfaceId id) override { follow(id); }
  void mac_changed(InterfaceId id) override {
    touch(true);
    forget(id);
    announce(id);
  }
  void address_added(InterfaceId id, const iface::InterfaceAddress& a) override {
    touch(false);
    r_.routes_.address_added(id, facts(a));
    if (r_.interfaces_ && r_.interfaces_->link(id).up) unlearn_broadcast(id, a);
  }
  void address_removed(InterfaceId id, const iface::InterfaceAddress& a) override {
    touch(false);
    r_.routes_.address_removed(id, facts(a));
    if (r_.interfaces_->addresses(id).empty()) forget(id);
  }
  void settings_changed() override {
    touch(false);
    if (!r_.interfaces_) return;
    for (const InterfaceId id : r_.interfaces_->ids()) tell_routes(id);
  }
  void log(const std::string& line) override {
    if (r_.log_) r_.log_(line);
  }
  bool settle() override {
    touch(true);
    return r_.grace_period();
  }

 private:
  static route::AddressFacts facts(const iface::InterfaceAddress& a) {
    return {.local = a.local,
            .peer = a.peer,
            .length = a.prefix_length,
            .broadcast = a.broadcast,
            .secondary = a.secondary};
  }
  void touch(bool ports) {
    r_.changed_ = true;
    r_.ports_changed_ |= ports;
  }
  void follow(InterfaceId id) {
    touch(true);
    if (!r_.interfaces_) return;  // lo, while the interfaces are being made: create() tells its state
    tell_routes(id);
  }
  void tell_routes(InterfaceId id) {
    const iface::LinkView& view = r_.interfaces_->link(id);
    r_.routes_.link_changed({.id = id,
                             .up = view.up,
                             .running = view.running,
                             .mtu = view.mtu,
                             .loopback = view.kind == iface::LinkKind::Loopback,
                             .ignore_linkdown = r_.interfaces_->in_force(id).ignore_routes_with_linkdown,
                             .name = view.name});
  }
  // fib_add_ifaddr: what is a broadcast address now is nobody's.
  void unlearn_broadcast(InterfaceId id, const iface::InterfaceAddress& a) {
    r_.neighbours_.became_broadcast(id, a.broadcast);
    const Ipv4Prefix subnet = a.subnet();
    if (!a.secondary && subnet.length() < 31) r_.neighbours_.became_broadcast(id, subnet.broadcast());
  }
  void forget(InterfaceId id) {
    r_.neighbours_.link_down(id);
    if (r_.slow_) r_.slow_->arp().link_down(id);
  }
  // Where arp_notify asks for it (inetdev_event).
  void announce(InterfaceId id) {
    const auto settings = r_.interfaces_->settings(r_.interfaces_->name(id));
    if (!r_.slow_ || !settings || !settings->arp_notify) return;
    r_.commit();
    r_.slow_->arp().announce(id);
  }

  Router& r_;
};

Result<std::unique_ptr<Router>> Router::create(const RouterConfig& config, iface::PortDriver* driver) {
  std::vector<std::unique_ptr<Worker>> workers;
  for (uint16_t i = 0; i <= config.workers; ++i) {
    workers.push_back(std::make_unique<Worker>(WorkerId(i)));
    workers.back()->pool = config.pool;
    workers.back()->tsc_per_ms = (config.tsc_hz ? config.tsc_hz : rte_get_tsc_hz()) / 1000;
  }
  const auto share = [&config](uint32_t most, uint32_t parts) {
    return config.pool ? std::min(most, std::max(kLeastQueue, PoolShare::of(*config.pool, parts * config.workers)))
                       : most;
  };
  auto wiring = Wiring::create(workers, share(config.punt_queue, 16), share(config.inject_queue, 4));
  if (!wiring) return tl::unexpected(wiring.error());
  return std::unique_ptr<Router>(new Router(config, std::move(*wiring), std::move(workers), driver));
}

Router::Router(const RouterConfig& config, Wiring wiring, std::vector<std::unique_ptr<Worker>> workers,
               iface::PortDriver* driver)
    : config_(config),
      rcu_(config.workers),
      reclaimer_(rcu_),
      workers_(std::move(workers)),
      wiring_(std::move(wiring)),
      neighbours_(neighbour_table_, reclaimer_, *workers_.back(), config.hold_limit),
      routes_(
          reclaimer_, [this](InterfaceId i, Ipv4Address a) { return neighbours_.pin(i, a); },
          [this](NeighbourId id) { neighbours_.unpin(id); }),
      events_(std::make_unique<Events>(*this)) {
  for (uint16_t i = 0; i < config.workers; ++i) {
    caches_.push_back(std::make_unique<route::RouteCache>());
    workers_[i]->route_cache = caches_.back().get();
  }
  interfaces_ = std::make_unique<iface::InterfaceControl>(driver, config.workers, combined, *events_);
  // lo came up before there was anybody to tell.
  events_->link_added(kLoopback);
  for (const auto& address : interfaces_->addresses(kLoopback)) events_->address_added(kLoopback, address);
  snapshot_ = std::make_unique<Published<Snapshot>>(build());
  ipv4::take_tables(slow_worker(), snapshot_->load());
  slow_ = std::make_unique<SlowPath>(slow_worker(), wiring_, neighbours_, routes_);
}

Router::~Router() { shut_down(); }

void Router::shut_down() {
  for (auto& worker : workers_) {
    for (auto& lane : worker->lanes)
      while (lane.size()) discard(lane.pop(), DropReason::Shutdown, *worker);
    bury(*worker);
  }
  slow_->clear();
  interfaces_->shut_down();
}

std::unique_ptr<const Snapshot> Router::build() {
  if (ports_changed_) plans_ = wiring_.plans(interfaces_->ports());
  ports_changed_ = changed_ = false;
  auto next = std::make_unique<Snapshot>();
  const auto interfaces = std::make_shared<const iface::InterfaceTable>(interfaces_->build());
  next->keep = {interfaces, hooks_, protocols_};
  next->interfaces = interfaces.get();
  next->routes = routes_.table();
  next->neighbours = &neighbour_table_;
  next->hooks = hooks_.get();
  next->protocols = protocols_.get();
  next->plans = plans_;
  next->settings = settings_;
  next->utc_offset_ms = utc_offset_ms_;
  next->flow_key = flow_key_;
  return next;
}

void Router::commit() {
  const bool by_rules = routes_.had_custom_rules();
  interfaces_->check_sources(routes_.had_custom_local() || routes_.own_elsewhere() ? SourceLookup::Always
                             : by_rules                                            ? SourceLookup::Suspects
                                                                                   : SourceLookup::Never);
  if (!changed_) return;
  snapshot_->publish(build(), reclaimer_);
  ipv4::take_tables(slow_worker(), snapshot_->load());
}

void Router::set_settings(const Settings& settings) {
  settings_ = settings;
  neighbours_.configure({settings.gc_thresh1, settings.gc_thresh2, settings.gc_thresh3});
  routes_.configure({.min_pmtu = settings.min_pmtu,
                     .mtu_expires_s = settings.mtu_expires_s,
                     .gc_timeout_s = settings.gc_timeout_s,
                     .forward_use_pmtu = settings.ip_forward_use_pmtu});
  changed_ = true;
}

void Router::set_wall_clock(uint64_t unix_ms, uint64_t tsc) {
  ipv4::set_clock(slow_worker(), tsc);
  utc_offset_ms_ = static_cast<int64_t>(unix_ms % 86'400'000) - static_cast<int64_t>(slow_worker().now_ms);
  changed_ = true;
}

uint16_t Router::add_hook(hook::Hook hook, const hook::HookFunction& function) {
  auto next = std::make_shared<hook::HookTable>(*hooks_);
  const uint16_t handle = next->add(hook, function);
  hooks_ = std::move(next);
  changed_ = true;
  return handle;
}

bool Router::remove_hook(uint16_t handle) {
  auto next = std::make_shared<hook::HookTable>(*hooks_);
  if (!next->remove(handle)) return false;
  hooks_ = std::move(next);
  slow_->hook_queue().drop_of(handle, slow_worker());
  return changed_ = true;
}

void Router::change_protocols(const std::function<void(ipv4::ProtocolTable&)>& change) {
  auto next = std::make_shared<ipv4::ProtocolTable>(*protocols_);
  change(*next);
  protocols_ = std::move(next);
  changed_ = true;
}

bool Router::grace_period() {
  commit();
  const uint64_t token = rcu_.start();
  const uint64_t deadline = rte_rdtsc() + kPatienceMs * slow_worker().tsc_per_ms;
  while (!rcu_.passed(token)) {
    if (rte_rdtsc() > deadline) return false;
    rte_pause();
  }
  reclaimer_.poll();
  return true;
}

bool Router::poll(uint64_t tsc) {
  Worker& slow = slow_worker();
  ipv4::set_clock(slow, tsc);
  if (slow.now_ms >= next_link_poll_ms_ && routes_.settled()) {
    interfaces_->poll_links();
    interfaces_->poll_captures();
    next_link_poll_ms_ = slow.now_ms + 100;
  }
  routes_.tick(slow.now_ms);
  const bool settled = routes_.settle();
  commit();
  const bool busy = slow_->turn(config_.workers);
  reclaimer_.poll();
  ++slow.counters.turns;
  return busy || !settled;
}

}  // namespace flyover::control
