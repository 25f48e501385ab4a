// SPDX-License-Identifier: BSD-3-Clause
#include "house.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "base/check.hpp"
#include "control/print.hpp"
#include "packet/run.hpp"

namespace flyover::fuzz {
namespace {

using hook::Hook;
using hook::HookVerdict;

constexpr const char* kPorts[] = {"p0", "p1", "p2"};
constexpr uint32_t kOwn[] = {0x0a000001, 0x0a000101, 0x0a000201};
constexpr uint64_t kNoon = 43'200'000;
constexpr uint16_t kHostPort = 7000;  // UDP: for the listener in the control thread
constexpr uint8_t kStrangeProtocol = 47;

[[noreturn]] void give_up(const std::string& why) {
  fmt::print(stderr, "{}\n", why);
  std::abort();
}

// The verdict stands in the packet: in its IP identification.
void judge(void*, hook::Batch& batch, Worker& w) noexcept {
  for (uint16_t i = 0; i < batch.size; ++i) {
    switch (batch.packet[i]->ip->id.host() & 15) {
      case 10: batch.verdict[i] = HookVerdict::Drop; break;
      case 11: batch.verdict[i] = HookVerdict::Queue; break;
      case 12: batch.verdict[i] = HookVerdict::Repeat; break;
      case 13:
        use_up(batch.packet[i]->mbuf, w);
        batch.verdict[i] = HookVerdict::Stolen;
        break;
      default: break;
    }
  }
}

Verdict to_host(Packet&, Worker&, void*) noexcept { return punt(PuntReason::Host); }

Verdict swallow(Packet& p, Worker& w, void*) noexcept {
  use_up(p.mbuf, w);
  return consumed();
}

// Reads all that it was promised.
bool hear_error(const Packet&, const Ipv4Header& inner, const Owed&, Worker& w, void*) noexcept {
  const auto* bytes = reinterpret_cast<const uint8_t*>(&inner);
  for (int i = 0; i < inner.header_length() + 8; ++i) w.counters.turns += bytes[i] == 0xff;
  return true;
}

std::string show(TestRouter& router, const char* line) {
  control::Reply reply = router.commands().run(line, {});
  control::finish(reply);
  return std::move(reply.out);
}

void put(std::map<std::string, uint64_t>& to, const char* kind, std::string_view name, uint64_t count) {
  to[fmt::format("{} {}", kind, name)] += count;
}

}  // namespace

const std::vector<Profile>& profiles() {
  static const std::vector<Profile> all{
      {"as in the packet cases", {}},
      {"no limits",
       {"set icmp_ratelimit 0", "set icmp_msgs_per_sec 1000000", "set icmp_msgs_burst 1000000", "set error_cost 0",
        "set icmp_echo_ignore_broadcasts 0", "set bc_forwarding 1", "route add unreachable 40.0.0.0/24",
        "route add prohibit 40.0.1.0/24", "route add blackhole 40.0.2.0/24", "route add throw 40.0.3.0/24",
        "route add 50.0.0.0/24 via 10.0.0.9 dev p0", "route add 60.0.0.0/24 dev p1 mtu 600"}},
      {"strict",
       {"set rp_filter 1", "set send_redirects 0", "set drop_unicast_in_l2_multicast 1",
        "set icmp_errors_use_inbound_ifaddr 1", "set net.ipv4.conf.p2.forwarding 0", "set icmp_echo_ignore_all 1"}},
      {"trusting",
       {"set rp_filter 2", "set accept_local 1", "set route_localnet 1", "set accept_source_route 1",
        "set send_redirects 1"},
       false,
       false},
      {"talkative",
       {"set proxy_arp 1", "set proxy_arp_pvlan 1", "set arp_accept 1", "set arp_announce 2", "set arp_notify 1",
        "set proxy_qlen 2", "set net.ipv4.neigh.p1.proxy_delay 0", "set locktime 0",
        "set net.ipv4.conf.p2.arp_ignore 2"}},
      {"long frames", {"link set p0 mtu 9000", "link set p1 mtu 9216", "link set p2 mtu 68"}},
      {"hooks", {"set accept_source_route 1"}, true},
      {"small",
       {"set gc_thresh1 0", "set gc_thresh2 1", "set gc_thresh3 2", "set ipfrag_high_thresh 20000",
        "set ipfrag_max_dist 2", "set unres_qlen_bytes 2000", "set proxy_arp 1", "set proxy_qlen 0",
        "set icmp_msgs_per_sec 1", "set icmp_msgs_burst 2", "set gc_stale_time 1", "set base_reachable_time_ms 500",
        "set delay_first_probe_time 1"}},
  };
  return all;
}

// ---- what was reached ----

void Reached::add(const TestRouter& router) {
  const WorkerCounters c = router.counters();
  for (const DropInfo& row : kDropReasons) put(count, "drop", row.name, c.drop[index_of(row.reason)]);
  for (size_t i = 0; i < kPuntReasons.size(); ++i) put(count, "punt", kPuntReasons[i].name, c.punt[i]);
  for (size_t i = 0; i < kLanes.size(); ++i) put(count, "lane", kLanes[i].name, c.lane[i]);
  for (size_t i = 0; i < kStages.size(); ++i)  // a stage inside of a group is not counted
    if (c.stage[i].packets) put(count, "stage", kStages[i].name, c.stage[i].packets);
  put(count, "other", "forwarded", c.forwarded);
  put(count, "other", "delivered", c.delivered);
  put(count, "other", "fragmented", c.fragmented);
  put(count, "other", "reassembled", c.reassembled);
  put(count, "other", "icmp_sent", c.icmp_sent);
  put(count, "other", "icmp_suppressed", c.icmp_suppressed);
  put(count, "other", "icmp_limited_global", c.icmp_limited_global);
  put(count, "other", "icmp_limited_peer", c.icmp_limited_peer);
  put(count, "other", "redirects_sent", c.redirects_sent);
}

void Reached::print() const {
  if (count.empty()) return;
  std::string never;
  size_t reached = 0;
  for (const auto& [name, times] : count) {
    reached += times != 0;
    if (!times) never += (never.empty() ? "" : ", ") + name;
  }
  fmt::print(stderr, "reached: {} of {} stages, lanes, reasons and counters; never: {}\n", reached, count.size(),
             never.empty() ? "none" : never);
}

// ---- the house ----

struct House::Settings {
  flyover::Settings router;
  std::map<std::string, InterfaceSettings> interface;
  std::map<std::string, NeighbourSettings> neighbour;
};

House::House(const Profile& profile, rte_mempool* pool, Reached& reached, iface::PortDriver* driver)
    : profile_(profile), pool_(pool), driver_(driver), reached_(reached) {
  build();
  begin_anew();
}

House::~House() { reached_.add(*router_); }

void House::build() {
  if (router_) reached_.add(*router_);
  router_.reset();
  check(rte_mempool_in_use_count(pool_) == 0, "a router that is gone has left mbufs behind");
  router_ = std::make_unique<TestRouter>(pool_, driver_);
  for (const char* line : test::kBase) command(line);
  set_up();
  control::Router& r = router_->router();
  r.change_protocols([](ipv4::ProtocolTable& table) {
    table.add_udp_port(kHostPort, {.handle = to_host});
    table.add_protocol(kStrangeProtocol, {.handle = swallow}, {.handle = hear_error});
  });
  r.set_host_handler([](Packet& p, Worker& w) { use_up(p.mbuf, w); });
  if (profile_.hooks)
    for (size_t h = 0; h < index_of(Hook::Count); ++h) r.add_hook(static_cast<Hook>(h), {.run = judge});
  router_->settle();
  settings_ = std::make_unique<Settings>();
  settings_->router = r.settings();
  for (const char* scope : {"all", "default", "lo", "p0", "p1", "p2"})
    settings_->interface[scope] = *r.interfaces().settings(scope);
  for (const char* name : {"lo", "p0", "p1", "p2"})
    settings_->neighbour[name] = r.neighbours().settings(r.interfaces().find(name));
  prefixes_.clear();
  pristine_ = dump();
  touched_ = changed_ = wild_ = false;
}

void House::set_up() {
  for (const std::string& line : profile_.lines) command(line);
  touched_ = false;
}

void House::command(const std::string& line) {
  (void)router_->command(line);
  note(line);
}

void House::note(const std::string& line) {
  const auto is = [&](std::string_view word) { return line.rfind(word, 0) == 0; };
  if (is("trace ") || is("ask ") || is("drops ") || is("stats ") || is("-s ")) return;
  touched_ = true;
  changed_ |= !is("set ");
  wild_ |= line.find("mtu") != std::string::npos && is("r");
}

void House::carrier(const std::string& port, bool up) {
  router_->carrier(port, up);
  touched_ = changed_ = true;  // a neighbour may have gone with it
  if (up)
    unplugged_.erase(port);
  else
    unplugged_.insert(port);
}

std::vector<Sent> House::take_sent() {
  std::vector<Sent> sent = router_->take_sent();
  for (const Sent& s : sent) {
    longest_ = std::max<uint32_t>(longest_, s.mtu);
    Limits limits{.mac = {}, .mtu = wild_ ? 65535 : longest_, .own = {}};
    std::copy_n(s.mac.bytes().begin(), limits.mac.size(), limits.mac.begin());
    if (profile_.checked && !touched_) limits.own = kOwn;
    const std::string wrong = wrong_with(s.frame, limits);
    if (!wrong.empty()) give_up(fmt::format("{} sent a frame with {}: {}", s.port, wrong, test::text_of(s.frame)));
  }
  if (router_->router().held() == 0) longest_ = 0;
  return sent;
}

void House::check_balance() {
  const std::string wrong = router_->imbalance();
  if (!wrong.empty()) give_up("packets are not accounted for: " + wrong);
}

// Routes go by another way than `route show`, which looks through a table's whole address space.
std::string House::dump() {
  const route::RouteControl& routes = router_->router().routes();
  std::string text = show(*router_, "link show") + show(*router_, "addr show") + show(*router_, "neigh show nud all");
  if (prefixes_.empty())
    routes.visit(std::nullopt, std::nullopt, [this](const route::Route& r) {
      prefixes_.insert({r.table.value(), r.prefix});
      return true;
    });
  for (const TableId table : {route::kTableLocal, route::kTableMain, route::kTableDefault})
    text += fmt::format("{} routes\n", routes.size(table));
  for (const auto& [table, prefix] : prefixes_)
    routes.visit_prefix(TableId(table), prefix, [&](const route::Route& r) {
      text += control::print_route(control::route_row(router_->router(), r, {}), {});
      return true;
    });
  std::multiset<std::string> lines;  // neighbours are shown by slot
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.insert(line + "\n");
  return fmt::format("{}", fmt::join(lines, ""));
}

void House::make_predictable() {
  for (Worker* w : {&router_->worker(), &router_->router().slow_worker()}) {
    w->random_state = 0x9e3779b97f4a7c15;
    w->ip_id.fill(1);
    w->ip_id_key = 1;
    w->icmp_credit = 50;
    w->icmp_stamp = w->now_ms;
  }
  router_->router().set_wall_clock(kNoon, router_->tsc());
}

void House::restore_tables() {
  if (!router_->intact()) return build();
  control::Router& r = router_->router();
  r.set_settings(settings_->router);
  for (const auto& [scope, settings] : settings_->interface) (void)r.interfaces().change_settings(scope, settings);
  for (const auto& [name, settings] : settings_->neighbour)
    r.neighbours().configure(r.interfaces().find(name), settings);
  router_->settle();
  if (changed_ && dump() != pristine_) {
    for (const char* line : {"addr flush dev p0", "addr flush dev p1", "addr flush dev p2",
                             "route flush table main proto boot", "route flush table default", "link set p0 mtu 1500",
                             "link set p1 mtu 1500", "link set p0 up", "link set p1 up", "link set p2 up",
                             "link set p0 promisc off", "link set p1 promisc off", "link set p2 promisc off"})
      (void)router_->command(line);
    for (const char* line : test::kBase) (void)router_->command(line);
    for (const std::string& line : profile_.lines) (void)router_->command(line);
    if (dump() != pristine_) return build();
  }
  touched_ = changed_ = wild_ = false;
}

void House::restore() {
  TestRouter& t = *router_;
  t.feed();
  for (const char* port : kPorts) t.refuse(port, false);
  for (const std::string& port : std::set<std::string>(unplugged_)) carrier(port, true);
  t.settle();
  t.router().listen_to_hooks(false);
  t.router().listen_to_hooks(true);
  forget_neighbours();
  for (int tries = 0; t.router().held() && tries < 5; ++tries) t.pass(1000 * settings_->router.ipfrag_time, 1000);
  if (touched_) restore_tables();
  for (int tries = 0; router_->router().held() && tries < 5; ++tries) router_->pass(31'000, 1000);
  check(router_->router().held() == 0, "something is held for ever");
  begin_anew();
  check_balance();
  check(rte_mempool_in_use_count(pool_) == 0, "mbufs are missing");
}

// Neighbours draw their times anew, limits are full, proxy answers are out; and the same as after any other input.
void House::begin_anew() {
  make_predictable();
  router_->pass(400'000, 400'000);
  make_predictable();
  forget_neighbours();
  for (Worker* w : {&router_->worker(), &router_->router().slow_worker()}) w->peers = PeerTable();
  (void)take_sent();
  longest_ = 0;
}

void House::forget_neighbours() {
  router_->router().neighbours().flush(kNoInterface,
                                       static_cast<uint8_t>(~neighbour::bits(neighbour::State::Permanent)));
  router_->settle();
}

}  // namespace flyover::fuzz
