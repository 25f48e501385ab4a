// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : the life of links and their addresses
// Linux counterpart : dev.c (register, open, close, change MTU and address), devinet.c (inet_insert_ifa, inet_del_ifa, conf)
// Expects           : one thread, the control thread
// Guarantees        : lo is interface 1, always there; an operation is whole or changes nothing; refusals in the words of
//                     iproute2. What packets read is in build(); everybody above learns of a change by InterfaceEvents.
//                     A port is stopped or closed only after settle(): no worker has it in its plan any more. While a
//                     worker stands still, that is refused.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "iface/interface_table.hpp"
#include "iface/interface_view.hpp"
#include "iface/port_driver.hpp"

namespace flyover::iface {

// What is told to the rooms above: Linux's notifier chains. The tables are as after the change, unless said otherwise.
class InterfaceEvents {
 public:
  virtual ~InterfaceEvents() = default;
  virtual void link_added(InterfaceId) {}             // NETDEV_REGISTER; it is down
  virtual void link_up(InterfaceId) {}                // NETDEV_UP
  virtual void link_down(InterfaceId) {}              // NETDEV_DOWN
  virtual void link_removed(InterfaceId) {}           // NETDEV_UNREGISTER; it is down and its addresses are gone
  virtual void link_renamed(InterfaceId) {}           // NETDEV_CHANGENAME
  virtual void carrier_changed(InterfaceId, bool) {}  // NETDEV_CHANGE, while it is up
  virtual void mtu_changed(InterfaceId) {}            // NETDEV_CHANGEMTU
  virtual void mac_changed(InterfaceId) {}            // NETDEV_CHANGEADDR
  virtual void address_added(InterfaceId, const InterfaceAddress&) {}    // inetaddr NETDEV_UP
  virtual void address_removed(InterfaceId, const InterfaceAddress&) {}  // inetaddr NETDEV_DOWN
  virtual void settings_changed() {}                                     // conf.*
  virtual void log(const std::string&) {}                                // something happened that nobody asked for
  // Publishes what has changed and returns when no worker can see what was before; false: one stands still, and still may.
  virtual bool settle() = 0;
};

// A port that workers poll and feed now.
struct PortUse {
  InterfaceId interface;
  Port* port;
  std::vector<WorkerId> pollers;  // by receive queue
};

// What an address is added with. None: as iproute2 does when the word is not given.
struct AddressSpec {
  Ipv4Address local;
  uint8_t prefix_length = 32;
  std::optional<Ipv4Address> peer;
  std::optional<Ipv4Address> broadcast;
  std::optional<Scope> scope;
};

// Which addresses to remove. A prefix length of none matches any, as `ip addr del A` without a length does.
struct AddressMatch {
  Ipv4Address local;
  std::optional<uint8_t> prefix_length;
  std::optional<Ipv4Address> peer;
};

// A capture of an interface: the one that runs, or the last one.
struct CaptureView {
  std::string file;
  uint64_t count = 0;  // frames that were asked for; 0: any number
  CaptureState state;
};

class InterfaceControl {
 public:
  // How conf.all and conf.NAME make the value that counts (IN_DEV_ANDCONF, ORCONF, MAXCONF).
  using Combine = InterfaceSettings (*)(const InterfaceSettings& all, const InterfaceSettings& own);

  // `driver` may be null: no ports, only lo and what attach() brings.
  InterfaceControl(PortDriver* driver, uint16_t workers, Combine combine, InterfaceEvents& events);
  ~InterfaceControl();  // closes the ports; all workers have stopped
  InterfaceControl(const InterfaceControl&) = delete;
  InterfaceControl& operator=(const InterfaceControl&) = delete;

  // ---- links ----
  Result<InterfaceId> add_port(const std::string& name, const PortConfig& config);
  Result<InterfaceId> attach(const std::string& name, std::unique_ptr<Port> port);  // a port that the caller has made
  Result<> remove(InterfaceId id);
  Result<> set_up(InterfaceId id, bool up);
  Result<> set_mtu(InterfaceId id, uint32_t mtu);
  Result<> set_mac(InterfaceId id, MacAddress mac);
  Result<> set_promiscuous(InterfaceId id, bool on);
  Result<> rename(InterfaceId id, const std::string& name);
  Result<> set_poller(InterfaceId id, QueueId queue, WorkerId worker);

  InterfaceId find(std::string_view name) const;          // none: kNoInterface
  Result<InterfaceId> need(std::string_view name) const;  // none: Cannot find device "..."
  const std::string& name(InterfaceId id) const { return slot(id).view.name; }
  const LinkView& link(InterfaceId id) const { return slot(id).view; }
  std::vector<InterfaceId> ids() const;  // ascending
  Port* port(InterfaceId id) const { return slot(id).port.get(); }

  // Looks at the ports' link state; call it several times a second.
  void poll_links();

  // ---- captures: each ends by itself, by end_capture(), or when its port is set up anew for another MTU or goes ----
  Result<> begin_capture(InterfaceId id, const std::string& file, uint64_t count, const OpenFile& open = {});
  Result<> end_capture(InterfaceId id);
  std::optional<CaptureView> capture(InterfaceId id) const;
  // Captures that have come to their end cost packets nothing any more; call it several times a second.
  void poll_captures();
  void shut_down();  // all workers have stopped: ends them all

  // ---- addresses ----
  Result<> add_address(InterfaceId id, const AddressSpec& spec);
  Result<> remove_address(InterfaceId id, const AddressMatch& match);
  void flush_addresses(InterfaceId id);
  const std::vector<InterfaceAddress>& addresses(InterfaceId id) const { return slot(id).view.addresses; }

  // ---- multicast groups that this router listens to ----
  void join(InterfaceId id, Ipv4Address group);
  void leave(InterfaceId id, Ipv4Address group);

  // ---- settings: conf.all, conf.default, conf.NAME ----
  static constexpr std::string_view kAll = "all", kDefault = "default";
  Result<InterfaceSettings> settings(std::string_view scope) const;
  InterfaceSettings in_force(InterfaceId id) const { return combine_(all_, slot(id).own); }  // with conf.all's
  Result<> change_settings(std::string_view scope, const InterfaceSettings& settings);
  // net.ipv4.ip_forward and conf.all.forwarding: every interface, those to come, and conf.all.
  void set_forwarding(bool on);
  // fib_has_custom_local_routes, fib4_has_custom_rules
  void check_sources(SourceLookup check);

  // ---- for the packets ----
  InterfaceTable build() const;
  std::vector<PortUse> ports() const;

 private:
  struct Slot {
    bool used = false;
    LinkView view;
    std::unique_ptr<Port> port;
    std::unique_ptr<Capture> capture;     // that runs; goes before the port
    std::optional<CaptureView> captured;  // what was asked for, and how the last one ended
    bool capture_stuck = false;           // it has ended, but a worker stands still
    bool wired = false;                   // workers have it in their plans
    InterfaceSettings own;
    std::map<Ipv4Address, uint32_t> groups;  // with how many listeners each has
  };

  Slot& slot(InterfaceId id) { return slots_[id.value() % kMaxInterfaces]; }
  const Slot& slot(InterfaceId id) const { return slots_[id.value() % kMaxInterfaces]; }
  void add_loopback();
  InterfaceId free_id();
  Result<> start(Slot& s);
  Result<> stop(Slot& s);
  bool release(Slot& s);
  Result<> set_port_mtu(Slot& s, uint16_t mtu);
  void vanished(InterfaceId id, Slot& s);
  bool stop_capture(Slot& s);
  void conclude_capture(Slot& s);
  void refresh(Slot& s);  // the view's copy of what the port says
  void erase_address(InterfaceId id, size_t index);
  InterfaceSettings* conf(std::string_view scope);

  PortDriver* driver_;
  uint16_t workers_;
  Combine combine_;
  InterfaceEvents& events_;
  SourceLookup check_sources_ = SourceLookup::Never;
  InterfaceSettings all_{.accept_redirects = false},
      default_{.accept_source_route = true};  // Linux's: conf.all is the one that says no
  std::array<Slot, kMaxInterfaces> slots_;
  uint16_t last_id_ = 0;
};

}  // namespace flyover::iface
