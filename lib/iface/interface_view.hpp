// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : what is told of links: the values behind `link show` and `addr show`
// Linux counterpart : RTM_NEWLINK as `ip -j link show` prints it
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "iface/interface_table.hpp"
#include "iface/port_driver.hpp"

namespace flyover::iface {

enum class LinkKind : uint8_t { Loopback, Port };

struct LinkView {
  InterfaceId id;
  std::string name;
  LinkKind kind = LinkKind::Port;
  bool present = true;   // false: its device has gone
  bool up = false;       // administratively
  bool running = false;  // up and with carrier
  bool was_up = false;   // ever
  bool promiscuous = false;
  uint32_t mtu = 1500;
  MacAddress mac;
  PortLink link;                  // ports: as last seen
  std::optional<PortInfo> port;   // ports only
  std::vector<WorkerId> pollers;  // ports: who polls queue 0, 1, ...
  std::vector<InterfaceAddress> addresses;

  std::vector<std::string_view> flags() const;  // "UP", "NO-CARRIER" ..., in the order of `ip`
  std::string_view operstate() const;           // RFC 2863, as Linux names it
  std::string_view qdisc() const;
  std::string_view link_type() const { return kind == LinkKind::Loopback ? "loopback" : "ether"; }
  MacAddress broadcast() const { return kind == LinkKind::Loopback ? MacAddress() : kBroadcastMac; }
};

std::string_view to_text(Scope scope);  // "global", "link", "host", "nowhere"

}  // namespace flyover::iface
