// SPDX-License-Identifier: BSD-3-Clause
// What `route get` answers: the lookup that the next such packet gets (inet_rtm_getroute).
#include "control/show.hpp"
#include "ipv4/select_leg.hpp"

namespace flyover::control {
namespace {

// What the kernel answers to a lookup that ends at such a route.
Result<> reachable(const std::optional<route::Route>& route) {
  using T = route::RouteType;
  if (!route || route->type == T::Throw) return refused("RTNETLINK answers: Network is unreachable");
  if (route->type == T::Unreachable) return refused("RTNETLINK answers: No route to host");
  if (route->type == T::Prohibit) return refused("RTNETLINK answers: Permission denied");
  if (route->type == T::Blackhole) return refused("RTNETLINK answers: Invalid argument");
  return {};
}

// inet_select_addr, or what the route says.
Ipv4Address source_of(Router& router, const route::Route& route, Ipv4Address to) {
  if (route.type == route::RouteType::Local) return to;
  if (!route.source.is_any()) return route.source;
  const Ipv4Address towards = route.gateway.is_any() ? to : route.gateway;
  return router.snapshot().load()->interfaces->select_source(route.out, towards,
                                                             static_cast<iface::Scope>(route.scope));
}

route::Flow flow_of(const RouteQuestion& q) {
  const bool input = q.iif != kNoInterface;
  return {.to = q.to,
          .from = q.from.value_or(kAnyAddress),
          .in = input ? q.iif : kLoopback,
          .out = input ? kNoInterface : q.oif,
          .mark = q.mark,
          .tos = q.tos,
          .protocol = q.protocol,
          .source_port = q.source_port,
          .destination_port = q.destination_port};
}

// Out of an interface that was asked for, when no route says how: as if everybody were on its link (ip_route_output_key_hash_rcu).
std::optional<route::Route> by_interface(Router& router, const RouteQuestion& q) {
  if (q.iif != kNoInterface || q.oif == kNoInterface || !router.interfaces().link(q.oif).up) return std::nullopt;
  return route::Route{.table = route::kTableMain,
                      .prefix = Ipv4Prefix(q.to, 32),
                      .type = route::RouteType::Unicast,
                      .scope = route::Scope::Link,
                      .out = q.oif};
}

// Linux says in which table it was found: local is one with main until somebody touches the rules.
bool names_table(Router& router, const route::Route& route) {
  if (route.table == route::kTableMain || route.table.value() == 0) return false;
  return route.table != route::kTableLocal || router.routes().had_custom_rules();
}

// Of several next hops the one that a packet takes.
void take_leg(Router& router, const RouteQuestion& q, route::Route& route) {
  const Worker& w = router.slow_worker();
  const route::Flow flow = flow_of(q);
  ipv4::FlowKeys keys{.source = flow.from, .destination = flow.to};
  if (w.tables->settings.fib_multipath_hash_policy == 1) {
    keys.source_port = Be16(flow.source_port).raw(), keys.destination_port = Be16(flow.destination_port).raw();
    keys.protocol = flow.protocol ? flow.protocol : protocol::kUdp;
  }
  const Ipv4Address speaker = q.iif == kNoInterface ? flow.from : kAnyAddress;
  const route::Dst& leg =
      ipv4::select_own_leg(w.tables->routes->match(flow), speaker, ipv4::hash_of(keys, *w.tables), w);
  route.gateway = leg.gateway, route.out = leg.out, route.dst = w.tables->routes->id_of(leg);
}

// Whether a sender is on the link: the way back needs no next router (fib_validate_source).
bool is_neighbour(Router& router, const RouteQuestion& q) {
  route::Flow flow = flow_of(q);
  std::swap(flow.from, flow.to);
  const auto back = router.routes().lookup(flow);
  return back && back->legs.empty() && back->gateway.is_any() && back->out == q.iif;
}

bool owes_redirect(Router& router, const RouteQuestion& q, const route::Route& route) {
  const auto& interfaces = *router.snapshot().load()->interfaces;
  const InterfaceSettings& in = interfaces[q.iif].settings;
  return route.out == q.iif && in.send_redirects && q.from &&
         (in.shared_media || interfaces.on_link(q.iif, *q.from, route.gateway)) && is_neighbour(router, q);
}

}  // namespace

Result<Json> route_answer(Router& router, const RouteQuestion& question) {
  const bool input = question.iif != kNoInterface;
  const auto& interfaces = *router.snapshot().load()->interfaces;
  if (question.from && !input && !interfaces.is_local(*question.from))
    return refused("RTNETLINK answers: Invalid argument");
  auto route = router.routes().lookup(flow_of(question));
  if (!route) route = by_interface(router, question);
  if (route && !route->legs.empty()) take_leg(router, question, *route);
  if (route && question.to.is_limited_broadcast()) route->type = route::RouteType::Broadcast, route->gateway = {};
  if (auto good = reachable(route); !good) return tl::unexpected(good.error());
  const bool local = route->type == route::RouteType::Local;
  const bool broadcast = route->type == route::RouteType::Broadcast;
  if (input && !local && !broadcast && !interfaces[question.iif].settings.forwarding)
    return refused("RTNETLINK answers: No route to host");
  Json row;
  if (route->type != route::RouteType::Unicast) row["type"] = name_of(route->type);
  row["dst"] = question.to.to_string();
  if (question.from) row["from"] = question.from->to_string();
  if (route->tos) row["tos"] = tos_name(route->tos);
  if (!route->gateway.is_any()) row["gateway"] = route->gateway.to_string();
  row["dev"] = router.interfaces().name(local ? kLoopback : route->out);
  if (names_table(router, *route)) row["table"] = table_name(route->table.value());
  if (!question.from) row["prefsrc"] = source_of(router, *route, question.to).to_string();
  row["flags"] = Json::array();
  if (question.mark) row["mark"] = question.mark;
  if (!input) row["uid"] = 0;
  Json cache = Json::array();
  if (local || broadcast) cache.push_back("local");
  if (broadcast) cache.push_back("brd");
  const auto exception = router.routes().exception(route->dst, question.to);
  if (exception && !exception->gateway.is_any()) cache.push_back("redirected");
  if (input && !local && !broadcast && owes_redirect(router, question, *route)) cache.push_back("redirect");
  row["cache"] = std::move(cache);
  add_mtu(row, *route);
  if (exception) add_exception(row, router, *exception);
  if (input) row["iif"] = router.interfaces().name(question.iif);
  return row;
}

}  // namespace flyover::control
