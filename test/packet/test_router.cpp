// SPDX-License-Identifier: BSD-3-Clause
#include "test_router.hpp"

#include <fmt/format.h>

#include <cstring>
#include <stdexcept>
#include <utility>

#include "ipv4/pipeline.hpp"
#include "ipv4/worker_turn.hpp"
#include "packet/run.hpp"

namespace flyover::test {
namespace {

constexpr uint64_t kTscPerMs = 1000;

MacAddress mac_of(uint8_t group, const std::string& port) {
  return MacAddress({2, 0, 0, 0, group, static_cast<uint8_t>(port.back() - '0')});
}

}  // namespace

// A port whose wire is a vector.
class TestRouter::Port : public iface::Port {
 public:
  Port(TestRouter& owner, std::string name) : owner_(owner), name_(std::move(name)) {
    info_.device = info_.driver = "memory";
    info_.mac = mac_of(0, name_);
    info_.max_mtu = 9216;
    info_.rx_queues = 0;
    info_.tx_multi_segments = true;
  }
  ~Port() override { owner_.ports_.erase(name_); }  // `link del`
  PortId id() const override { return PortId(0); }
  const iface::PortInfo& info() const override { return info_; }
  bool started() const override { return started_; }
  Result<> start() override { return started_ = true, Result<>(); }
  Result<> stop() override { return started_ = false, Result<>(); }
  bool must_stop_for_mtu(uint16_t) const override { return false; }
  Result<> set_mtu(uint16_t mtu) override { return info_.mtu = mtu, Result<>(); }
  Result<> set_mac(MacAddress mac) override { return info_.mac = mac, Result<>(); }
  Result<> set_promiscuous(bool on) override { return info_.promiscuous = on, Result<>(); }
  iface::PortLink link() override { return {.present = true, .up = carrier}; }
  iface::PortStats stats() override { return {}; }
  std::vector<std::pair<std::string, uint64_t>> extended_stats() override { return {}; }
  TxSink sink(WorkerId) override { return {&Port::send, this}; }

  bool full = false, carrier = true;

 private:
  static uint16_t send(void* context, rte_mbuf** mbufs, uint16_t count) noexcept {
    auto& port = *static_cast<Port*>(context);
    if (port.full) return 0;
    for (uint16_t i = 0; i < count; ++i) {
      Bytes frame(mbufs[i]->pkt_len);
      const void* bytes = rte_pktmbuf_read(mbufs[i], 0, mbufs[i]->pkt_len, frame.data());
      if (bytes != frame.data()) std::memcpy(frame.data(), bytes, frame.size());
      port.owner_.sent_.push_back({port.name_, std::move(frame), port.info_.mtu, port.info_.mac});
    }
    rte_pktmbuf_free_bulk(mbufs, count);
    return count;
  }
  TestRouter& owner_;
  std::string name_;
  iface::PortInfo info_;
  bool started_ = false;
};

TestRouter::TestRouter(rte_mempool* pool, iface::PortDriver* driver) : pool_(pool) {
  auto router = control::Router::create({.workers = 1, .pool = pool, .tsc_hz = kTscPerMs * 1000}, driver);
  if (!router) throw std::runtime_error(router.error().message);
  router_ = std::move(*router);
  commands_ = std::make_unique<control::Commands>(*router_);
  for (const char* name : {"p0", "p1", "p2"}) {
    auto port = std::make_unique<Port>(*this, name);
    ports_[name] = port.get();
    const auto id = router_->interfaces().attach(name, std::move(port));
    if (!id) throw std::runtime_error(id.error().message);
    (void)router_->interfaces().set_up(*id, true);
  }
  settle();
}

TestRouter::~TestRouter() {
  router_->shut_down();
  feed();
}

void TestRouter::feed() {
  rte_pktmbuf_free_bulk(taken_.data(), static_cast<unsigned>(taken_.size()));
  taken_.clear();
}

void TestRouter::starve(size_t left) {
  while (rte_mbuf* m = rte_pktmbuf_alloc(pool_)) taken_.push_back(m);
  for (; left && !taken_.empty(); --left, taken_.pop_back()) rte_pktmbuf_free(taken_.back());
}

std::string TestRouter::command(const std::string& line) {
  const std::string error = commands_->run(line, {}).error;
  settle();
  return error;
}

void TestRouter::settle() {
  bool busy = true;
  for (int turns = 0; busy || turns < 2; ++turns) {
    busy = router_->poll(tsc_);
    busy |= ipv4::worker_turn(router_->worker(WorkerId(0)), router_->snapshot(), router_->rcu(), tsc_);
    if (turns > 10000) throw std::runtime_error("the router does not come to rest");
  }
}

// A long frame takes several mbufs, as from a device with scatter.
rte_mbuf* TestRouter::chain_of(const Bytes& frame) {
  rte_mbuf* first = nullptr;
  rte_mbuf* last = nullptr;
  size_t at = 0;
  do {
    rte_mbuf* m = rte_pktmbuf_alloc(pool_);
    if (!m) throw std::runtime_error("no mbuf");
    const auto part = static_cast<uint16_t>(std::min<size_t>(frame.size() - at, rte_pktmbuf_tailroom(m)));
    std::memcpy(rte_pktmbuf_append(m, part), frame.data() + at, part);
    at += part;
    if (first) {
      last->next = m;
      ++first->nb_segs;
      first->pkt_len += part;
    } else {
      first = m;
    }
    last = m;
  } while (at < frame.size());
  return first;
}

void TestRouter::take_in(const std::string& port, std::vector<rte_mbuf*> burst) {
  const InterfaceId in = router_->interfaces().find(port);
  if (in == kNoInterface) return rte_pktmbuf_free_bulk(burst.data(), static_cast<unsigned>(burst.size()));
  Worker& w = router_->worker(WorkerId(0));
  ipv4::set_clock(w, tsc_);
  ipv4::take_tables(w, router_->snapshot().load());
  ipv4::receive(w, burst.data(), static_cast<uint16_t>(burst.size()), in);
  pipeline::drain_lanes(w);
  flush_all(w);
  bury(w);
}

void TestRouter::receive(const std::string& port, std::string_view text) { flood(port, text, 1); }

void TestRouter::flood(const std::string& port, std::string_view text, size_t count) {
  const Bytes frame = frame_of(text, mac(port), mac_of(1, port));
  for (size_t i = 0; i < count; ++i) take_in(port, {chain_of(frame)});
  settle();
}

void TestRouter::receive(const std::string& port, const std::vector<rte_mbuf*>& burst) {
  take_in(port, burst);
  settle();
}

MacAddress TestRouter::mac(const std::string& port) const {
  const auto at = ports_.find(port);
  return at == ports_.end() ? MacAddress() : at->second->info().mac;
}

void TestRouter::pass(uint64_t ms, uint64_t most) {
  for (uint64_t step; ms; ms -= step) {
    step = std::min(ms, most);
    tsc_ += step * kTscPerMs;
    settle();
  }
}

std::vector<Sent> TestRouter::take_sent() { return std::exchange(sent_, {}); }
void TestRouter::refuse(const std::string& port, bool full) {
  if (const auto at = ports_.find(port); at != ports_.end()) at->second->full = full;
}
void TestRouter::carrier(const std::string& port, bool up) {
  if (const auto at = ports_.find(port); at != ports_.end()) at->second->carrier = up;
  pass(200);
}
bool TestRouter::intact() const {
  return ports_.size() == 3 && std::all_of(ports_.begin(), ports_.end(), [this](const auto& p) {
           return router_->interfaces().port(router_->interfaces().find(p.first)) == p.second;
         });
}

WorkerCounters TestRouter::counters() const {
  WorkerCounters sum;
  for (const Worker* w : {&router_->worker(WorkerId(0)), &router_->slow_worker()}) {
    const WorkerCounters& c = w->counters;
    sum.received += c.received, sum.injected += c.injected, sum.created += c.created, sum.sent += c.sent,
        sum.consumed += c.consumed;
    for (size_t i = 0; i < sum.drop.size(); ++i) sum.drop[i] += c.drop[i];
    for (size_t i = 0; i < sum.punt.size(); ++i) sum.punt[i] += c.punt[i];
    for (size_t i = 0; i < sum.lane.size(); ++i) sum.lane[i] += c.lane[i];
    for (size_t i = 0; i < sum.stage.size(); ++i) sum.stage[i].packets += c.stage[i].packets;
    sum.forwarded += c.forwarded, sum.delivered += c.delivered, sum.fragmented += c.fragmented,
        sum.reassembled += c.reassembled, sum.redirects_sent += c.redirects_sent;
    sum.icmp_sent += c.icmp_sent, sum.icmp_suppressed += c.icmp_suppressed;
    sum.icmp_limited_global += c.icmp_limited_global, sum.icmp_limited_peer += c.icmp_limited_peer;
  }
  return sum;
}

uint64_t TestRouter::dropped(DropReason reason) const { return counters().drop[index_of(reason)]; }

std::string TestRouter::imbalance() const {
  const WorkerCounters c = counters();
  const uint64_t in = c.received + c.injected + c.created, held = router_->held();
  // What goes from one thread to another is sent or punted by the one and injected by the other; what still waits is in held.
  const uint64_t out = c.sent + c.dropped() + c.punted() + c.consumed + router_->held();
  if (in != out)
    return fmt::format(
        "received {} + injected {} + created {} != sent {} + dropped {} + punted {} + consumed {} + held {}",
        c.received, c.injected, c.created, c.sent, c.dropped(), c.punted(), c.consumed, held);
  return {};
}

}  // namespace flyover::test
