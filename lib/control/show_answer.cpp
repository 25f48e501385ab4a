// SPDX-License-Identifier: BSD-3-Clause
// What `route get` answers: the lookup that the next such packet gets (inet_rtm_getroute).
#include "control/show.hpp"
#include "ipv4/asked.hpp"
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
  return router.snapshot().load()->interfaces->select_source(route.out, route.gateway,
                                                             static_cast<iface::Scope>(route.scope));
}

route::Flow flow_of(const RouteQuestion& q) {
  return {.to = q.to,
          .from = q.from.value_or(kAnyAddress),
          .in = kLoopback,
          .out = q.oif,
          .mark = q.mark,
          .tos = q.tos,
          .protocol = q.protocol ? q.protocol : protocol::kUdp,
          .source_port = q.source_port,
          .destination_port = q.destination_port};
}

// Out of an interface that was asked for, when no route says how: as if everybody were on its link (ip_route_output_key_hash_rcu).
std::optional<route::Route> by_interface(Router& router, const RouteQuestion& q) {
  if (q.oif == kNoInterface || !router.interfaces().link(q.oif).up) return std::nullopt;
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

// Of several next hops the one that a packet of the router's own takes.
void take_leg(Router& router, const RouteQuestion& q, route::Route& route) {
  const Worker& w = router.slow_worker();
  const route::Flow flow = flow_of(q);
  ipv4::FlowKeys keys{.source = flow.from, .destination = flow.to};
  if (w.tables->settings.fib_multipath_hash_policy == 1) {
    keys.source_port = Be16(flow.source_port).raw(), keys.destination_port = Be16(flow.destination_port).raw();
    keys.protocol = flow.protocol;
  }
  const route::Dst& leg =
      ipv4::select_own_leg(w.tables->routes->match(flow), flow.from, ipv4::hash_of(keys, *w.tables), w);
  route.gateway = leg.gateway, route.out = leg.out, route.dst = w.tables->routes->id_of(leg);
}

// How a packet goes.
struct Way {
  route::Route route;
  std::string_view type;
  bool here = false;  // it is for the router
  bool redirect = false;
};

Way of_input(Router& router, const ipv4::Answer& answer) {
  Way way;
  if (const auto known = router.routes().lookup(answer.flow)) way.route = *known;
  if (!way.route.legs.empty()) way.route.dst = router.slow_worker().tables->routes->id_of(*answer.leg);
  way.here = !answer.verdict.goes_on();
  way.redirect = answer.redirect;
  switch (answer.dst->action) {
    case route::Action::Local: way.type = "local"; break;
    case route::Action::Broadcast: way.type = "broadcast"; break;
    case route::Action::Multicast: way.type = "multicast"; break;
    default: way.type = "unicast";
  }
  way.route.gateway = way.here ? kAnyAddress : answer.dst->gateway;
  way.route.out = way.here ? kLoopback : answer.dst->out;
  return way;
}

Result<Way> input_way(Router& router, const RouteQuestion& q) {
  const ipv4::Answer answer = ipv4::ask_input({.to = q.to,
                                               .from = q.from.value_or(kAnyAddress),
                                               .in = q.iif,
                                               .tos = q.tos,
                                               .protocol = q.protocol ? q.protocol : protocol::kUdp,
                                               .source_port = q.source_port,
                                               .destination_port = q.destination_port,
                                               .mark = q.mark},
                                              router.slow_worker());
  if (answer.verdict == drop(DropReason::ForwardingOff)) return refused("RTNETLINK answers: No route to host");
  if (answer.verdict.exit() == Exit::Drop) return refused("RTNETLINK answers: Invalid argument");
  if (answer.verdict != divert(Lane::IcmpError)) return of_input(router, answer);
  if (answer.owed == DropReason::HostUnreachable) return refused("RTNETLINK answers: No route to host");
  if (answer.owed == DropReason::Prohibit) return refused("RTNETLINK answers: Permission denied");
  return refused("RTNETLINK answers: Network is unreachable");
}

// ip_route_output_key_hash_rcu
Result<Way> output_way(Router& router, const RouteQuestion& q) {
  if (q.from && !router.snapshot().load()->interfaces->is_local(*q.from)) {
    const bool nobody = q.from->is_multicast() || q.from->is_limited_broadcast();
    return refused(nobody ? "RTNETLINK answers: Invalid argument" : "RTNETLINK answers: Network is unreachable");
  }
  if (q.oif != kNoInterface && !router.interfaces().link(q.oif).up)
    return refused("RTNETLINK answers: Network is unreachable");
  auto route = router.routes().lookup(flow_of(q));
  if (const auto way = by_interface(router, q); way && !reachable(route)) route = way;
  if (auto good = reachable(route); !good) return tl::unexpected(good.error());
  if (!route->legs.empty()) take_leg(router, q, *route);
  if (q.to.is_limited_broadcast()) route->type = route::RouteType::Broadcast, route->gateway = {};
  const bool here = route->type == route::RouteType::Local || route->type == route::RouteType::Broadcast;
  if (route->type == route::RouteType::Local) route->out = kLoopback;
  return Way{*route, name_of(route->type), here, false};
}

}  // namespace

Result<Json> route_answer(Router& router, const RouteQuestion& question) {
  const bool input = question.iif != kNoInterface;
  const auto way = input ? input_way(router, question) : output_way(router, question);
  if (!way) return tl::unexpected(way.error());
  const route::Route* route = &way->route;
  Json row;
  if (way->type != "unicast") row["type"] = way->type;
  row["dst"] = question.to.to_string();
  if (question.from && !question.from->is_any()) row["from"] = question.from->to_string();
  if (route->tos) row["tos"] = tos_name(route->tos);
  if (!route->gateway.is_any()) row["gateway"] = route->gateway.to_string();
  row["dev"] = router.interfaces().name(route->out);
  if (names_table(router, *route)) row["table"] = table_name(route->table.value());
  if (!input && !question.from) row["prefsrc"] = source_of(router, *route, question.to).to_string();
  row["flags"] = Json::array();
  if (question.mark) row["mark"] = question.mark;
  if (!input) row["uid"] = 0;
  Json cache = Json::array();
  if (way->here) cache.push_back("local");
  if (way->type == "broadcast") cache.push_back("brd");
  if (way->type == "multicast") cache.push_back("mc");
  const auto exception = router.routes().exception(route->dst, question.to);
  if (exception && !exception->gateway.is_any()) cache.push_back("redirected");
  if (way->redirect) cache.push_back("redirect");
  row["cache"] = std::move(cache);
  add_mtu(row, *route);
  if (exception) add_exception(row, router, *exception);
  if (input) row["iif"] = router.interfaces().name(question.iif);
  return row;
}

}  // namespace flyover::control
