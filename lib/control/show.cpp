// SPDX-License-Identifier: BSD-3-Clause
#include "control/show.hpp"

#include <fmt/format.h>

namespace flyover::control {
namespace {

constexpr uint32_t kForever = 4294967295;

Json stats_of(Router& router, InterfaceId id, bool all) {
  const InterfaceCount count = count_of(router, id);
  iface::Port* port = router.interfaces().port(id);
  const iface::PortStats device = port ? port->stats() : iface::PortStats{};
  // over_errors: what came while nobody took it, by the device's count; `ip` has it in the column "missed".
  Json rx{{"bytes", count.rx_bytes},         {"packets", count.rx_packets},
          {"errors", device.rx_errors},      {"dropped", count.rx_dropped + device.rx_no_buffer},
          {"over_errors", device.rx_missed}, {"multicast", count.rx_multicast}};
  Json tx{{"bytes", count.tx_bytes},     {"packets", count.tx_packets}, {"errors", device.tx_errors},
          {"dropped", count.tx_dropped}, {"carrier_errors", 0},         {"collisions", 0}};
  if (all) {
    rx.update({{"length_errors", 0},
               {"crc_errors", 0},
               {"frame_errors", 0},
               {"fifo_errors", 0},
               {"missed_errors", device.rx_missed}});
    tx.update({{"aborted_errors", 0},
               {"fifo_errors", 0},
               {"window_errors", 0},
               {"heartbeat_errors", 0},
               {"carrier_changes", 0}});
  }
  return {{"rx", rx}, {"tx", tx}};
}

// What the device does for us, in ethtool's words.
Json features_of(const iface::PortInfo& port) {
  Json words = Json::array();
  if (port.rx_ip_checksum) words.push_back("rx-checksumming");
  if (port.rss) words.push_back("receive-hashing");
  if (port.rx_scatter) words.push_back("rx-scatter");
  if (port.tx_multi_segments) words.push_back("tx-scatter-gather");
  return words;
}

void add_details(Json& row, const iface::LinkView& view) {
  row["promiscuity"] = view.promiscuous ? 1 : 0;
  row["min_mtu"] = view.port ? iface::kMinMtu : 0;
  row["max_mtu"] = view.port ? view.port->max_mtu : 0;
  if (!view.port) return;
  row["num_tx_queues"] = view.port->tx_queues;
  row["num_rx_queues"] = view.port->rx_queues;
  row["parentdev"] = view.port->device;
  row["driver"] = view.port->driver;
  row["numa_node"] = view.port->numa_node;
  row["features"] = features_of(*view.port);
  if (view.link.speed_mbps) row["speed"] = view.link.speed_mbps;
}

Json head_of(const iface::LinkView& view, bool mode) {
  Json row{{"ifindex", view.id.value()}, {"ifname", view.name},          {"flags", view.flags()}, {"mtu", view.mtu},
           {"qdisc", view.qdisc()},      {"operstate", view.operstate()}};
  if (mode) row["linkmode"] = "DEFAULT";
  row["group"] = "default";
  row["txqlen"] = 1000;
  row["link_type"] = view.link_type();
  row["address"] = view.mac.to_string();
  row["broadcast"] = view.broadcast().to_string();
  return row;
}

std::string written(const Ipv4Prefix& prefix) {
  if (prefix.length() == 0) return "default";
  return prefix.length() == 32 ? prefix.network().to_string() : prefix.to_string();
}

}  // namespace

InterfaceCount count_of(Router& router, InterfaceId id) {
  InterfaceCount sum;
  for (uint16_t i = 0; i <= router.workers(); ++i) {
    const InterfaceCount& c = router.worker(WorkerId(i)).counters.interface[id.value() % kMaxInterfaces];
    sum.rx_packets += peek(c.rx_packets), sum.rx_bytes += peek(c.rx_bytes);
    sum.tx_packets += peek(c.tx_packets), sum.tx_bytes += peek(c.tx_bytes);
    sum.rx_dropped += peek(c.rx_dropped), sum.tx_dropped += peek(c.tx_dropped);
    sum.rx_multicast += peek(c.rx_multicast);
  }
  return sum;
}

Json link_row(Router& router, InterfaceId id, const Style& style) {
  const iface::LinkView& view = router.interfaces().link(id);
  Json row = head_of(view, true);
  if (style.details) add_details(row, view);
  if (style.statistics) row["stats64"] = stats_of(router, id, style.statistics > 1);
  return row;
}

Json address_row(Router& router, InterfaceId id, const Style& style) {
  const iface::LinkView& view = router.interfaces().link(id);
  Json row = head_of(view, false);
  if (style.details) add_details(row, view);
  Json addresses = Json::array();
  for (const iface::InterfaceAddress& a : view.addresses) {
    Json one{{"family", "inet"}, {"local", a.local.to_string()}};
    if (a.peer != a.local) one["address"] = a.peer.to_string();
    one["prefixlen"] = a.prefix_length;
    if (!a.broadcast.is_any()) one["broadcast"] = a.broadcast.to_string();
    one["scope"] = scope_name(static_cast<uint8_t>(a.scope));
    if (a.secondary) one["secondary"] = true;
    one["label"] = view.name;
    one["valid_life_time"] = kForever;
    one["preferred_life_time"] = kForever;
    addresses.push_back(std::move(one));
  }
  row["addr_info"] = std::move(addresses);
  if (style.statistics) row["stats64"] = stats_of(router, id, style.statistics > 1);
  return row;
}

std::string_view name_of(route::RouteType type) {
  using T = route::RouteType;
  switch (type) {
    case T::Unicast: return "unicast";
    case T::Local: return "local";
    case T::Broadcast: return "broadcast";
    case T::Blackhole: return "blackhole";
    case T::Unreachable: return "unreachable";
    case T::Prohibit: return "prohibit";
    case T::Throw: return "throw";
  }
  return "?";
}

void add_mtu(Json& row, const route::Route& route) {
  if (!route.mtu) return;
  Json metrics{{"mtu", route.mtu}};
  if (route.mtu_locked) metrics["lock"] = true;
  row["metrics"] = Json::array({metrics});
}

namespace {

Json leg_row(Router& router, const route::RouteLeg& leg) {
  Json row;
  if (!leg.gateway.is_any()) row["gateway"] = leg.gateway.to_string();
  row["dev"] = router.interfaces().name(leg.out);
  row["weight"] = leg.weight;
  row["flags"] = flags_of(leg.dead, leg.onlink, leg.linkdown);
  return row;
}

}  // namespace

Json route_row(Router& router, const route::Route& route, const RouteColumns& columns) {
  Json row;
  if (route.type != route::RouteType::Unicast || columns.details) row["type"] = name_of(route.type);
  row["dst"] = written(route.prefix);
  if (route.nexthop_id) row["nhid"] = route.nexthop_id;
  if (route.tos && columns.tos) row["tos"] = tos_name(route.tos);
  if (!route.gateway.is_any() && columns.gateway) row["gateway"] = route.gateway.to_string();
  if (route.out != kNoInterface && columns.dev) row["dev"] = router.interfaces().name(route.out);
  if (columns.table && route.table != route::kTableMain) row["table"] = table_name(route.table.value());
  const auto protocol = static_cast<uint8_t>(route.protocol), scope = static_cast<uint8_t>(route.scope);
  if ((route.protocol != route::Protocol::Boot || columns.details) && columns.protocol)
    row["protocol"] = protocol_name(protocol);
  if ((route.scope != route::Scope::Universe || columns.details) && columns.scope) row["scope"] = scope_name(scope);
  if (!route.source.is_any() && columns.source) row["prefsrc"] = route.source.to_string();
  if (route.metric) row["metric"] = route.metric;
  row["flags"] = flags_of(route.dead, route.onlink, route.linkdown);
  add_mtu(row, route);
  for (const route::RouteLeg& leg : route.legs) row["nexthops"].push_back(leg_row(router, leg));
  if (columns.details && route.nexthop_id)
    row["nh_info"] = next_hop_row(router, *router.routes().shown_next_hop(route.nexthop_id), true);
  return row;
}

// What holds for one destination instead of what its route says; of a route's MTU only the exception's own takes the place.
void add_exception(Json& row, Router& router, const route::Exception& e) {
  if (!e.gateway.is_any()) row["gateway"] = e.gateway.to_string();
  row["expires"] = (e.expires_ms - std::min(e.expires_ms, router.slow_worker().now_ms)) / 1000;
  if (e.mtu) add_mtu(row, {.mtu = e.mtu, .mtu_locked = e.mtu_locked, .legs = {}});
}

Json exception_row(Router& router, const route::Exception& e, const route::Path& path) {
  Json row{{"dst", e.to.to_string()}};
  if (!path.gateway.is_any()) row["gateway"] = path.gateway.to_string();
  row["dev"] = router.interfaces().name(path.out);
  if (path.table != route::kTableMain) row["table"] = table_name(path.table.value());
  row["flags"] = Json::array();
  row["cache"] = Json::array();
  if (!e.gateway.is_any()) row["cache"].push_back("redirected");
  add_exception(row, router, e);
  return row;
}

Json neighbour_row(Router& router, const neighbour::NeighbourView& view, const Style& style, bool dev) {
  Json row{{"dst", view.address.to_string()}};
  if (dev) row["dev"] = router.interfaces().name(view.interface);
  if (view.mac) row["lladdr"] = view.mac->to_string();
  if (style.statistics) {
    if (view.references) row["refcnt"] = view.references;
    row.update(
        {{"used", view.used_s}, {"confirmed", view.confirmed_s}, {"updated", view.updated_s}, {"probes", view.probes}});
  }
  row["state"] = Json::array({neighbour::name_of(view.state)});
  return row;
}

}  // namespace flyover::control
