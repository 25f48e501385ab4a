// SPDX-License-Identifier: BSD-3-Clause
#include "rig.hpp"

#include <rte_memcpy.h>

#include <cstring>
#include <utility>

#include "base/check.hpp"
#include "ipv4/worker_turn.hpp"
#include "net/checksum.hpp"

namespace flyover::bench {
namespace {

constexpr uint32_t kFirstNeighbour = 2;  // of the next hops
constexpr MacAddress kInMac{{2, 0, 0, 0, 0, 2}}, kOutMac{{2, 0, 0, 0, 0, 3}}, kPeerMac{{2, 0, 0, 0, 1, 1}};
constexpr DstId kLocalDst{1}, kInDst{2}, kFirstNextHop{3};

iface::InterfaceEntry entry_of(MacAddress mac) {
  iface::InterfaceEntry e;
  e.mac_word = mac.word();
  e.present = e.up = e.running = e.has_addresses = true;
  return e;
}

void add(route::RouteSet& table, const Ipv4Prefix& prefix, DstId dst) {
  const bool done = table.insert(prefix, 0, 0, 0, dst.value());
  check(done, "the bench's table is full");
}

iface::InterfaceAddress address_of(Ipv4Address local, uint8_t length) {
  iface::InterfaceAddress a;
  a.local = a.peer = local;
  a.prefix_length = length;
  return a;
}

}  // namespace

Rig::Rig(const char* name) : slab_(kFirstNextHop.value() + 2 * kNextHops) {
  auto pool = dpdk::MbufPool::create(name, {.count = 16383});
  check(pool.has_value(), "bench pool");
  pool_ = std::make_unique<dpdk::MbufPool>(std::move(*pool));
  interfaces_.set(kIn, entry_of(kInMac), {address_of(Ipv4Address(10, 0, 0, 1), 24)}, {});
  interfaces_.set(kOut, entry_of(kOutMac), {address_of(Ipv4Address(10, 1, 0, 1), 16)}, {});
  protocols_ = std::make_unique<const ipv4::ProtocolTable>();

  slab_[kLocalDst.value()].action = route::Action::Local;
  auto& in = slab_[kInDst.value()];
  in.action = route::Action::Forward, in.out = kIn, in.mtu = 1500;
  add(main_, *Ipv4Prefix::parse("10.0.0.0/24"), kInDst);
  for (route::RouteSet* table : {&local_, &main_})
    for (const Ipv4Address own : {Ipv4Address(10, 0, 0, 1), Ipv4Address(10, 1, 0, 1)})
      add(*table, {own, 32}, kLocalDst);
  add(other_, {}, kFirstNextHop);
  uint32_t slot = 1;
  const auto neighbour = [&](InterfaceId i, Ipv4Address a) {
    neighbours_.insert(NeighbourId(slot), i, a);
    const MacAddress mac({2, 0, 0, 1, static_cast<uint8_t>(slot >> 8), static_cast<uint8_t>(slot)});
    neighbours_.at(NeighbourId(slot)).word = mac.word() | neighbour::NeighbourEntry::kUsable;
    return NeighbourId(slot++);
  };
  neighbour(kIn, Ipv4Address(10, 0, 0, 2));
  for (uint16_t n = 0; n < kNextHops; ++n) {
    auto& dst = slab_[kFirstNextHop.value() + n];
    dst.action = route::Action::Forward, dst.out = kOut, dst.mtu = 1500;
    dst.gateway = gateway(n);
    dst.neighbour = neighbour(kOut, dst.gateway);
  }
  worker_ = std::make_unique<Worker>(WorkerId(0));
  worker_->pool = pool_->raw();
}

void Rig::add_route(const Ipv4Prefix& prefix, uint16_t next_hop) {
  add(main_, prefix, DstId(kFirstNextHop.value() + next_hop));
}

void Rig::add_group(const Ipv4Prefix& prefix, uint16_t first_next_hop, route::GroupKind kind) {
  const uint32_t slot = kFirstNextHop.value() + kNextHops + first_next_hop;
  route::Dst& dst = slab_[slot];
  if (dst.action != route::Action::Group) {
    std::vector<route::NextHopGroup::Leg> legs;
    for (uint32_t n = 0; n < kLegs; ++n)
      legs.push_back({&slab_[kFirstNextHop.value() + (first_next_hop + n) % kNextHops], n % 4 + 1});
    groups_.push_back(std::make_unique<const route::NextHopGroup>(kind, legs, legs.front().dst, nullptr));
    dst.action = route::Action::Group;
    dst.group.store(groups_.back().get());
  }
  add(main_, prefix, DstId(slot));
}

void Rig::set_mtu(uint16_t mtu) {
  for (uint16_t n = 0; n < kNextHops; ++n) slab_[kFirstNextHop.value() + n].mtu = mtu;
}

NeighbourId Rig::neighbour_of(Ipv4Address gateway) {
  return NeighbourId(kFirstNeighbour + gateway.host() - Rig::gateway(0).host());
}

uint16_t Rig::next_hop_of(const rte_mbuf* sent) {
  const auto* mac = rte_pktmbuf_mtod(sent, const uint8_t*);
  return static_cast<uint16_t>((mac[4] << 8 | mac[5]) - kFirstNeighbour);
}

void Rig::ready(const route::RouteTable* routes) {
  const auto fibs = [this](const route::RouteSet& table) {
    auto made = std::make_unique<route::TableFibs>(reclaimer_, std::vector{&table}, [](uint32_t) { return true; });
    while (!made->ready()) made->fill(table.size() + 1);
    return made;
  };
  local_fibs_ = fibs(local_), main_fibs_ = fibs(main_), other_fibs_ = fibs(other_);
  routes_ = std::make_unique<route::RouteTable>(&main_fibs_->plain(), slab_.data());
  routes_->set_groups(!groups_.empty());
  snapshot_.interfaces = &interfaces_;
  snapshot_.routes = routes ? routes : routes_.get();
  snapshot_.neighbours = &neighbours_;
  snapshot_.hooks = &hooks_;
  snapshot_.protocols = protocols_.get();
  snapshot_.settings.icmp_ratelimit = 0;  // the cost of an error is asked for, not that of refusing one
  snapshot_.settings.icmp_ratemask = 0;
  auto plan = std::make_shared<WorkerPlan>();
  plan->serial = 1;
  for (InterfaceId i : {kIn, kOut}) plan->tx.emplace_back(i, TxSink{&Rig::keep, this});
  snapshot_.plans = {plan};
  ipv4::take_tables(*worker_, &snapshot_);
}

void Rig::set_rules(std::span<const route::Rule> rules) {
  std::vector<route::RuleTable::Source> sources;
  const auto add = [&sources](const route::TableFibs& table, const route::Rule* rule) {
    sources.push_back({{.action = route::RuleAction::Lookup, .routes = &table}, rule, {}, {}});
  };
  add(*local_fibs_, nullptr);
  for (const route::Rule& rule : rules) add(*other_fibs_, &rule);
  add(*main_fibs_, nullptr);
  routes_->publish(std::make_unique<const route::RuleTable>(sources, rules.size()), reclaimer_);
}

void Rig::clear_rules() { routes_->publish(nullptr, reclaimer_); }

void Rig::make_burst(const Traffic& traffic, size_t& next, rte_mbuf** mbufs, uint16_t count) {
  check(rte_pktmbuf_alloc_bulk(pool_->raw(), mbufs, count) == 0, "the bench's pool is empty");
  for (uint16_t i = 0; i < count; ++i) {
    const Flow& flow = traffic.flows[next];
    next = next + 1 == traffic.flows.size() ? 0 : next + 1;
    auto* frame = reinterpret_cast<uint8_t*>(rte_pktmbuf_append(mbufs[i], static_cast<uint16_t>(14 + traffic.length)));
    const EthernetHeader eth{kInMac, kPeerMac, ethertype::kIpv4};
    Ipv4Header ip{};
    ip.version_ihl = 0x45, ip.total_length = Be16(traffic.length), ip.ttl = traffic.ttl, ip.protocol = protocol::kUdp;
    ip.source = flow.source, ip.destination = flow.destination;
    set_ipv4_checksum(ip);
    std::memcpy(frame, &eth, sizeof eth);
    std::memcpy(frame + sizeof eth, &ip, sizeof ip);
  }
}

uint16_t Rig::keep(void* rig, rte_mbuf** mbufs, uint16_t count) noexcept {
  auto& r = *static_cast<Rig*>(rig);
  rte_memcpy(&r.kept_[r.kept_count_], mbufs, count * sizeof *mbufs);  // inline, as a driver's ring is filled
  r.kept_count_ += count;
  return count;
}

uint64_t Rig::collect() {
  rte_pktmbuf_free_bulk(kept_.data(), static_cast<unsigned>(kept_count_));
  return std::exchange(kept_count_, 0);
}

}  // namespace flyover::bench
