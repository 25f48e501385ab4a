// SPDX-License-Identifier: BSD-3-Clause
#include "iface/interface_control.hpp"

#include <algorithm>
#include <cctype>

#include "base/check.hpp"

namespace flyover::iface {
namespace {

constexpr uint32_t kLoopbackMtu = 65536;
constexpr Ipv4Address kAllHosts{224, 0, 0, 1};  // RFC 1112 4: joined on every interface, for ever

// dev_valid_name, and the two words that mean something else where an interface is named.
bool valid_name(const std::string& name) {
  if (name.empty() || name.size() > 15 || name == "." || name == "..") return false;
  if (name == InterfaceControl::kAll || name == InterfaceControl::kDefault) return false;
  return std::none_of(name.begin(), name.end(),
                      [](unsigned char c) { return c == '/' || c == ':' || std::isspace(c) || !std::isprint(c); });
}

}  // namespace

InterfaceControl::InterfaceControl(PortDriver* driver, uint16_t workers, Combine combine, InterfaceEvents& events)
    : driver_(driver), workers_(workers), combine_(combine), events_(events) {
  add_loopback();
}

InterfaceControl::~InterfaceControl() = default;

void InterfaceControl::add_loopback() {
  Slot& lo = slot(kLoopback);
  lo.used = true;
  lo.view = {.id = kLoopback, .name = "lo", .kind = LinkKind::Loopback, .mtu = kLoopbackMtu};
  lo.view.up = lo.view.running = lo.view.was_up = true;
  lo.view.addresses = {{.local = {127, 0, 0, 1}, .prefix_length = 8, .peer = {127, 0, 0, 1}, .scope = Scope::Host}};
  lo.groups[kAllHosts] = 1;
  last_id_ = kLoopback.value();
}

// Ids go up like Linux's ifindex; one that was used comes again only after all others.
InterfaceId InterfaceControl::free_id() {
  for (uint16_t tried = 0; tried < kMaxInterfaces; ++tried) {
    last_id_ = static_cast<uint16_t>(last_id_ % (kMaxInterfaces - 1) + 1);
    if (!slots_[last_id_].used) return InterfaceId(last_id_);
  }
  return kNoInterface;
}

// ---- links ----

Result<InterfaceId> InterfaceControl::add_port(const std::string& name, const PortConfig& config) {
  if (!valid_name(name)) return wrong_usage("Error: argument \"" + name + "\" is wrong: \"name\" not a valid ifname");
  if (find(name) != kNoInterface) return refused("RTNETLINK answers: File exists");
  if (!driver_) return refused("RTNETLINK answers: Operation not supported");
  auto port = driver_->open(config);
  if (!port) return tl::unexpected(port.error());
  return attach(name, std::move(*port));
}

Result<InterfaceId> InterfaceControl::attach(const std::string& name, std::unique_ptr<Port> port) {
  if (!valid_name(name)) return wrong_usage("Error: argument \"" + name + "\" is wrong: \"name\" not a valid ifname");
  if (find(name) != kNoInterface) return refused("RTNETLINK answers: File exists");
  const InterfaceId id = free_id();
  if (id == kNoInterface) return refused("no more than " + std::to_string(kMaxInterfaces - 1) + " interfaces");
  Slot& s = slot(id);
  s = Slot{};
  s.used = true;
  s.port = std::move(port);
  s.own = default_;
  s.view.id = id;
  s.view.name = name;
  s.groups[kAllHosts] = 1;
  refresh(s);
  for (uint16_t q = 0; q < s.view.port->rx_queues; ++q)  // single-queue ports are spread over the workers too
    s.view.pollers.push_back(queue_owner(static_cast<uint16_t>(q + id.value()), workers_));
  events_.link_added(id);
  return id;
}

Result<> InterfaceControl::remove(InterfaceId id) {
  Slot& s = slot(id);
  if (id == kLoopback) return refused("RTNETLINK answers: Operation not supported");
  if (!s.used) return refused("RTNETLINK answers: No such device");
  if (s.view.up) static_cast<void>(set_up(id, false));  // a device that cannot be stopped is closed all the same
  if (!release(s)) return refused("RTNETLINK answers: Device or resource busy");
  conclude_capture(s);
  flush_addresses(id);
  s.used = false;
  events_.link_removed(id);
  s = Slot{};
  return {};
}

// True if no worker can touch the port any more.
bool InterfaceControl::release(Slot& s) {
  s.wired = false;
  return !s.port || events_.settle();
}

Result<> InterfaceControl::start(Slot& s) {
  if (!s.view.present) return refused("RTNETLINK answers: No such device");
  if (s.port)
    if (auto done = s.port->start(); !done) return done;
  s.wired = s.port != nullptr;
  return {};
}

Result<> InterfaceControl::stop(Slot& s) {
  if (!release(s)) return refused("RTNETLINK answers: Device or resource busy");
  return s.port ? s.port->stop() : Result<>{};
}

Result<> InterfaceControl::set_up(InterfaceId id, bool up) {
  Slot& s = slot(id);
  if (s.view.up == up) return {};
  if (up) {
    if (auto done = start(s); !done) return done;
    s.view.up = s.view.was_up = true;
    s.view.running = !s.port || s.port->link().up;
    refresh(s);
    events_.link_up(id);
    return {};
  }
  s.view.up = s.view.running = false;
  events_.link_down(id);
  return stop(s);
}

Result<> InterfaceControl::set_mtu(InterfaceId id, uint32_t mtu) {
  Slot& s = slot(id);
  if (s.view.mtu == mtu) return {};
  if (s.view.kind == LinkKind::Port) {
    if (mtu < kMinMtu) return refused("Error: mtu less than device minimum.");
    if (mtu > s.view.port->max_mtu) return refused("Error: mtu greater than device maximum.");
    if (!s.port) return refused("RTNETLINK answers: No such device");
    if (auto done = set_port_mtu(s, static_cast<uint16_t>(mtu)); !done) return done;
    refresh(s);
  } else {
    s.view.mtu = mtu;
  }
  events_.mtu_changed(id);
  return {};
}

Result<> InterfaceControl::set_port_mtu(Slot& s, uint16_t mtu) {
  if (!s.port->must_stop_for_mtu(mtu)) return s.port->set_mtu(mtu);
  const bool wired = s.wired;
  Result<> done = wired ? stop(s) : Result<>{};
  if (done && !stop_capture(s)) done = refused("RTNETLINK answers: Device or resource busy");
  if (done) done = s.port->set_mtu(mtu);
  if (!wired) return done;
  const auto again = start(s);  // also with the MTU that it had; and the workers are to know
  static_cast<void>(events_.settle());
  return again ? done : again;
}

Result<> InterfaceControl::set_mac(InterfaceId id, MacAddress mac) {
  Slot& s = slot(id);
  if (s.view.kind == LinkKind::Loopback) return refused("RTNETLINK answers: Operation not supported");
  if (mac.is_multicast() || mac.is_zero()) return refused("RTNETLINK answers: Cannot assign requested address");
  if (!s.port) return refused("RTNETLINK answers: No such device");
  if (auto done = s.port->set_mac(mac); !done) return done;
  refresh(s);
  events_.mac_changed(id);
  return {};
}

Result<> InterfaceControl::set_promiscuous(InterfaceId id, bool on) {
  Slot& s = slot(id);
  if (s.port)
    if (auto done = s.port->set_promiscuous(on); !done) return done;
  s.view.promiscuous = on;
  refresh(s);
  return {};
}

Result<> InterfaceControl::rename(InterfaceId id, const std::string& name) {
  if (!valid_name(name)) return wrong_usage("Error: argument \"" + name + "\" is wrong: \"name\" not a valid ifname");
  if (find(name) != kNoInterface) return refused("RTNETLINK answers: File exists");
  slot(id).view.name = name;
  events_.link_renamed(id);
  return {};
}

Result<> InterfaceControl::set_poller(InterfaceId id, QueueId queue, WorkerId worker) {
  Slot& s = slot(id);
  if (queue.value() >= s.view.pollers.size())
    return refused("interface " + s.view.name + " has " + std::to_string(s.view.pollers.size()) + " queue(s)");
  if (worker.value() >= workers_) return refused("there are " + std::to_string(workers_) + " worker(s), from 0");
  // Between the two plans nobody polls the queue: two workers at once would be one too many.
  const bool wired = s.wired;
  const bool released = release(s);
  if (released) s.view.pollers[queue.value()] = worker;
  s.wired = wired;
  static_cast<void>(events_.settle());
  return released ? Result<>{} : refused("RTNETLINK answers: Device or resource busy");
}

InterfaceId InterfaceControl::find(std::string_view name) const {
  for (const Slot& s : slots_)
    if (s.used && s.view.name == name) return s.view.id;
  return kNoInterface;
}

Result<InterfaceId> InterfaceControl::need(std::string_view name) const {
  const InterfaceId id = find(name);
  if (id == kNoInterface) return wrong_usage("Cannot find device \"" + std::string(name) + "\"");
  return id;
}

std::vector<InterfaceId> InterfaceControl::ids() const {
  std::vector<InterfaceId> out;
  for (const Slot& s : slots_)
    if (s.used) out.push_back(s.view.id);
  return out;
}

void InterfaceControl::refresh(Slot& s) {
  if (!s.port) return;
  s.view.port = s.port->info();
  s.view.mtu = s.port->info().mtu;
  s.view.mac = s.port->info().mac;
  s.view.promiscuous = s.port->info().promiscuous;
}

void InterfaceControl::poll_links() {
  for (Slot& s : slots_) {
    if (!s.used || !s.port) continue;
    s.view.link = s.port->link();
    if (!s.view.link.present) {
      vanished(s.view.id, s);
      continue;
    }
    const bool running = s.view.up && s.view.link.up;
    if (running == s.view.running) continue;
    s.view.running = running;
    events_.log(s.view.name + (running ? ": link is up" : ": link is down"));
    events_.carrier_changed(s.view.id, running);
  }
}

// The interface stays with its addresses and what the administrator said, as a reminder and until it is removed. The port is
// closed when no worker has it any more, if need be at a later look.
void InterfaceControl::vanished(InterfaceId id, Slot& s) {
  if (s.view.present) events_.log(s.view.name + ": its device " + s.view.port->device + " has gone");
  s.view.present = s.view.running = false;
  if (s.view.up) {
    s.view.up = false;
    events_.link_down(id);
  }
  if (!release(s)) return;
  conclude_capture(s);
  static_cast<void>(s.port->stop());
  s.port.reset();
}

// ---- settings ----

InterfaceSettings* InterfaceControl::conf(std::string_view scope) {
  if (scope == kAll) return &all_;
  if (scope == kDefault) return &default_;
  const InterfaceId id = find(scope);
  return id == kNoInterface ? nullptr : &slot(id).own;
}

Result<InterfaceSettings> InterfaceControl::settings(std::string_view scope) const {
  const InterfaceSettings* at = const_cast<InterfaceControl*>(this)->conf(scope);
  if (!at) return wrong_usage("Cannot find device \"" + std::string(scope) + "\"");
  return *at;
}

Result<> InterfaceControl::change_settings(std::string_view scope, const InterfaceSettings& settings) {
  InterfaceSettings* at = conf(scope);
  if (!at) return wrong_usage("Cannot find device \"" + std::string(scope) + "\"");
  const bool forwarding_for_all = scope == kAll && at->forwarding != settings.forwarding;
  *at = settings;
  if (forwarding_for_all) set_forwarding(settings.forwarding);
  events_.settings_changed();
  return {};
}

// inet_forward_change()
void InterfaceControl::set_forwarding(bool on) {
  all_.forwarding = default_.forwarding = on;
  for (Slot& s : slots_) s.own.forwarding = on;
  events_.settings_changed();
}

void InterfaceControl::check_sources(SourceLookup check) {
  if (check_sources_ == check) return;
  check_sources_ = check;
  events_.settings_changed();
}

// ---- groups ----

void InterfaceControl::join(InterfaceId id, Ipv4Address group) {
  if (++slot(id).groups[group] == 1) events_.settings_changed();
}

void InterfaceControl::leave(InterfaceId id, Ipv4Address group) {
  auto& groups = slot(id).groups;
  const auto at = groups.find(group);
  if (at == groups.end() || --at->second) return;
  groups.erase(at);
  events_.settings_changed();
}

// ---- for the packets ----

InterfaceTable InterfaceControl::build() const {
  InterfaceTable table;
  for (const Slot& s : slots_) {
    if (!s.used) continue;
    InterfaceEntry e{.mac_word = s.view.mac.word()};
    e.mtu = static_cast<uint16_t>(std::min<uint32_t>(s.view.mtu, 0xffff));
    e.present = true;
    e.up = s.view.up;
    e.running = s.view.running;
    e.loopback = s.view.kind == LinkKind::Loopback;
    e.has_addresses = !s.view.addresses.empty();
    e.settings = combine_(all_, s.own);
    e.settings.source_lookup = check_sources_;
    std::vector<Ipv4Address> groups;
    for (const auto& [group, listeners] : s.groups) groups.push_back(group);
    table.set(s.view.id, e, s.view.addresses, std::move(groups));
  }
  return table;
}

std::vector<PortUse> InterfaceControl::ports() const {
  std::vector<PortUse> out;
  for (const Slot& s : slots_)
    if (s.used && s.wired) out.push_back({s.view.id, s.port.get(), s.view.pollers});
  return out;
}

}  // namespace flyover::iface
