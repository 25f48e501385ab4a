// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : a route in words: what a user or a routing daemon asks for, and what is shown of one
// Linux counterpart : fib_config, rtmsg; the numbers are rtnetlink's
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/strong_id.hpp"
#include "net/address.hpp"

namespace flyover::route {

enum class RouteType : uint8_t {  // RTN_*
  Unicast = 1,
  Local = 2,
  Broadcast = 3,
  Blackhole = 6,
  Unreachable = 7,
  Prohibit = 8,
  Throw = 9,
};
constexpr bool is_error(RouteType t) { return t >= RouteType::Blackhole; }

enum class Scope : uint8_t { Universe = 0, Site = 200, Link = 253, Host = 254, Nowhere = 255 };  // RT_SCOPE_*
enum class Protocol : uint8_t {
  Unspecified = 0,
  Redirect = 1,
  Kernel = 2,
  Boot = 3,
  Static = 4
};  // RTPROT_*, any byte

inline constexpr TableId kTableDefault{253}, kTableMain{254}, kTableLocal{255};

// One of several next hops, as it is asked for.
struct LegSpec {
  Ipv4Address gateway;  // any: none
  InterfaceId out;      // none: found by the gateway
  bool onlink = false;
  uint16_t weight = 1;  // 1..256
};

// What is absent takes iproute2's default when a route is added, and fits anything when one is removed.
struct RouteSpec {
  Ipv4Address destination;  // refused if it has bits beyond `length`
  uint8_t length = 0;
  std::optional<RouteType> type;  // unicast
  Ipv4Address gateway;            // any: none
  InterfaceId out;                // none: found by the gateway
  bool onlink = false;            // the gateway is on `out`'s link whatever the routes say
  TableId table;                  // 0: main, for local and broadcast routes local
  uint32_t metric = 0;            // Linux's fib_priority; the lowest wins
  Ipv4Address source;             // any: by the interface's addresses
  uint32_t mtu = 0;               // 0: the interface's
  bool mtu_locked = false;
  std::optional<Scope> scope;
  std::optional<Protocol> protocol;  // boot

  uint8_t tos = 0;            // 0: for all packets
  std::vector<LegSpec> legs;  // several next hops; `gateway` and `out`, if said too, are those of the first
  uint32_t nexthop_id = 0;    // by this next-hop object; 0: by what is said above

  Ipv4Prefix prefix() const { return Ipv4Prefix(destination, length); }
  bool has_host_bits() const { return prefix().network() != destination; }
};

struct RouteLeg {
  Ipv4Address gateway;
  InterfaceId out;
  uint16_t weight = 1;
  bool onlink = false;
  bool dead = false;      // the interface is down, or has no carrier and its ignore_routes_with_linkdown is on
  bool linkdown = false;  // the interface has no carrier
};

// A route as it stands in a table.
struct Route {
  TableId table;
  Ipv4Prefix prefix;
  RouteType type = RouteType::Unicast;
  Scope scope = Scope::Universe;
  Protocol protocol = Protocol::Unspecified;
  Ipv4Address gateway;  // any: none
  InterfaceId out;      // none: an error route
  Ipv4Address source;
  uint8_t tos = 0;
  uint32_t metric = 0;
  uint32_t mtu = 0;
  bool mtu_locked = false;
  bool onlink = false;
  bool dead = false;      // ignore_routes_with_linkdown is on where it leaves, so that it is not used
  bool linkdown = false;  // the interface has no carrier
  uint32_t nexthop_id = 0;
  std::vector<RouteLeg> legs;  // if there are several
  DstId dst;
};

}  // namespace flyover::route
