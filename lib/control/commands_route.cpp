// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <algorithm>

#include "control/commands.hpp"

namespace flyover::control {
namespace {

using route::Route;
using route::RouteSpec;
using Place = route::RouteControl::Place;

// That `show` and `flush` look at before others have their turn; the place to go on from survives changes in between.
constexpr size_t kRoutesTogether = 1000;

std::optional<route::RouteType> type_of(std::string_view word) {
  using T = route::RouteType;
  if (word == "unicast") return T::Unicast;
  if (word == "local") return T::Local;
  if (word == "broadcast") return T::Broadcast;
  if (word == "blackhole") return T::Blackhole;
  if (word == "unreachable") return T::Unreachable;
  if (word == "prohibit") return T::Prohibit;
  if (word == "throw") return T::Throw;
  return std::nullopt;
}

// What `route show` and `route flush` pick.
struct Filter {
  std::optional<TableId> table;  // none: all
  std::optional<Ipv4Prefix> exact, root, match;
  std::optional<route::RouteType> type;
  std::optional<Ipv4Address> gateway, source;
  std::optional<uint64_t> protocol, scope, tos;
  InterfaceId out;  // none: any

  bool takes(const Route& r) const {
    return (!exact || r.prefix == *exact) && (!root || root->contains(r.prefix)) &&
           (!match || r.prefix.contains(*match)) && (!type || r.type == *type) && (!gateway || r.gateway == *gateway) &&
           (!source || r.source == *source) && (!protocol || static_cast<uint8_t>(r.protocol) == *protocol) &&
           (!tos || r.tos == *tos) && (!scope || static_cast<uint8_t>(r.scope) == *scope) &&
           (out == kNoInterface || r.out == out);
  }
};

std::optional<Ipv4Prefix> prefix_at(const Parsed& p, std::string_view keyword) {
  const auto written = p.get<WrittenPrefix>(keyword);
  return written ? std::optional(written->prefix()) : std::nullopt;
}

// What takes this route away, and no other of its prefix.
RouteSpec spec_of(const Route& r) {
  RouteSpec spec{.destination = r.prefix.network(),
                 .length = r.prefix.length(),
                 .type = r.type,
                 .table = r.table,
                 .metric = r.metric,
                 .scope = r.scope,
                 .protocol = r.protocol,
                 .tos = r.tos,
                 .legs = {},
                 .nexthop_id = r.nexthop_id};
  if (r.nexthop_id != 0) {
    spec.type.reset();  // a blackhole's object makes a unicast route look like one
    return spec;
  }
  spec.gateway = r.gateway, spec.out = r.out;
  for (const route::RouteLeg& leg : r.legs) spec.legs.push_back({.gateway = leg.gateway, .out = leg.out});
  return spec;
}

// The table to show: unspec (0) is all of them.
std::optional<TableId> table_at(const Parsed& p) {
  const auto table = p.get<uint64_t>("table");
  if (!table) return route::kTableMain;
  return *table ? std::optional(TableId(static_cast<uint32_t>(*table))) : std::nullopt;
}

}  // namespace

Result<RouteSpec> Commands::route_spec(const Parsed& p) const {
  const auto to = *p.get<WrittenPrefix>("to");
  RouteSpec spec{.destination = to.address, .length = to.length};
  spec.type = type_of(p.text("type"));
  spec.gateway = p.get<Ipv4Address>("via").value_or(kAnyAddress);
  if (p.has("dev")) {
    const auto id = device(p, "dev");
    if (!id) return tl::unexpected(id.error());
    spec.out = *id;
  }
  spec.nexthop_id = static_cast<uint32_t>(p.get<uint64_t>("nhid").value_or(0));
  for (const WrittenNextHop& hop :
       p.get<std::vector<WrittenNextHop>>("nexthop").value_or(std::vector<WrittenNextHop>())) {
    const auto out = hop.dev.empty() ? Result<InterfaceId>(kNoInterface) : router_.interfaces().need(hop.dev);
    if (!out) return wrong_usage(out.error().message + "\nError: cannot parse nexthop");
    spec.legs.push_back({.gateway = hop.gateway, .out = *out, .onlink = hop.onlink, .weight = hop.weight});
  }
  spec.table = TableId(static_cast<uint32_t>(p.get<uint64_t>("table").value_or(0)));
  spec.tos = static_cast<uint8_t>(p.get<uint64_t>("tos").value_or(0));
  spec.metric = static_cast<uint32_t>(p.get<uint64_t>("metric").value_or(0));
  spec.source = p.get<Ipv4Address>("src").value_or(kAnyAddress);
  if (const auto scope = p.get<uint64_t>("scope")) spec.scope = static_cast<route::Scope>(*scope);
  if (const auto protocol = p.get<uint64_t>("protocol")) spec.protocol = static_cast<route::Protocol>(*protocol);
  return spec;
}

Result<RouteSpec> Commands::written_route(const Parsed& p) const {
  auto spec = route_spec(p);
  if (!spec) return spec;
  spec->onlink = p.has("onlink");
  spec->mtu = static_cast<uint32_t>(p.get<uint64_t>("mtu").value_or(0));
  spec->mtu_locked = p.locked("mtu");
  return spec;
}

Result<> Commands::write_route(const Parsed& p) {
  const auto spec = written_route(p);
  if (!spec) return tl::unexpected(spec.error());
  switch (p.command->id) {
    case CommandId::RouteChange: return router_.routes().change(*spec);
    case CommandId::RouteReplace: return router_.routes().replace(*spec);
    case CommandId::RoutePrepend: return router_.routes().prepend(*spec);
    case CommandId::RouteAppend: return router_.routes().append(*spec);
    default: return router_.routes().add(*spec);
  }
}

Result<> Commands::delete_route(const Parsed& p) {
  const auto spec = route_spec(p);
  if (!spec) return tl::unexpected(spec.error());
  return router_.routes().remove(*spec);
}

Reply Commands::flush_routes(const Parsed& p, const Style&) {
  if (p.has("cache")) {
    router_.routes().flush_exceptions();
    return {};
  }
  if (!p.has("table") && !p.has("to") && !p.has("root") && !p.has("via") && !p.has("dev") && !p.has("protocol"))
    return Reply::failure({"\"flyover route flush\" requires arguments.", ErrorKind::Usage});
  Filter filter{.table = table_at(p),
                .exact = prefix_at(p, "to"),
                .root = prefix_at(p, "root"),
                .match = {},
                .type = {},
                .gateway = p.get<Ipv4Address>("via"),
                .source = {},
                .protocol = p.get<uint64_t>("protocol"),
                .scope = {},
                .tos = {},
                .out = {}};
  if (p.has("dev")) {
    const auto id = device(p, "dev");
    if (!id) return Reply::failure(id.error());
    filter.out = *id;
  }
  Reply reply;
  reply.more = [this, filter, place = std::optional<Place>()](std::string&) mutable {
    std::vector<RouteSpec> doomed;
    size_t left = kRoutesTogether;
    place = router_.routes().visit(filter.table, place, [&](const Route& r) {
      if (filter.takes(r)) doomed.push_back(spec_of(r));
      return --left > 0;
    });
    for (const RouteSpec& spec : doomed) (void)router_.routes().remove(spec);  // one may have gone with another
    router_.commit();
    return place.has_value();
  };
  return reply;
}

Reply Commands::show_routes(const Parsed& p, const Style& style) {
  Filter filter{.table = table_at(p),
                .exact = prefix_at(p, "to"),
                .root = prefix_at(p, "root"),
                .match = prefix_at(p, "match"),
                .type = type_of(p.text("type")),
                .gateway = p.get<Ipv4Address>("via"),
                .source = p.get<Ipv4Address>("src"),
                .protocol = p.get<uint64_t>("protocol"),
                .scope = p.get<uint64_t>("scope"),
                .tos = p.get<uint64_t>("tos"),
                .out = {}};
  if (p.has("dev")) {
    const auto id = device(p, "dev");
    if (!id) return Reply::failure(id.error());
    filter.out = *id;
  }
  if (p.has("cache")) {
    if (!p.has("table")) filter.table = std::nullopt;
    return show_exceptions(
        style, [&filter](const Route& r) { return (!filter.table || r.table == *filter.table) && filter.takes(r); });
  }
  const RouteColumns columns{.details = style.details,
                             .table = !filter.table,
                             .tos = !filter.tos,
                             .gateway = !filter.gateway,
                             .dev = filter.out == kNoInterface,
                             .protocol = !filter.protocol,
                             .scope = !filter.scope,
                             .source = !filter.source};
  return rows_reply(style, print_route,
                    [this, filter, columns, place = std::optional<Place>()](const EmitRow& emit) mutable {
                      size_t left = kRoutesTogether;
                      place = router_.routes().visit(filter.table, place, [&](const Route& r) {
                        if (filter.takes(r)) emit(route_row(router_, r, columns));
                        return --left > 0;
                      });
                      return place.has_value();
                    });
}

Reply Commands::show_exceptions(const Style& style, const std::function<bool(const Route&)>& takes) {
  std::vector<Json> rows;
  router_.routes().visit_exceptions([&](const route::Exception& e, const route::Path& path) {
    const Route shown{.table = path.table,
                      .prefix = Ipv4Prefix(e.to, 32),
                      .scope = route::Scope::Universe,
                      .gateway = e.gateway.is_any() ? path.gateway : e.gateway,
                      .out = path.out,
                      .legs = {}};
    if (takes(shown)) rows.push_back(exception_row(router_, e, path));
  });
  return rows_reply(style, print_route, std::move(rows));
}

Reply Commands::get_route(const Parsed& p, const Style& style) {
  const auto number = [&](std::string_view word) { return p.get<uint64_t>(word).value_or(0); };
  RouteQuestion question{.to = p.get<WrittenPrefix>("to")->address,
                         .from = p.get<Ipv4Address>("from"),
                         .iif = {},
                         .oif = {},
                         .tos = static_cast<uint8_t>(number("tos")),
                         .protocol = static_cast<uint8_t>(p.get<uint64_t>("ipproto").value_or(protocol::kUdp)),
                         .source_port = static_cast<uint16_t>(number("sport")),
                         .destination_port = static_cast<uint16_t>(number("dport")),
                         .mark = static_cast<uint32_t>(number("mark"))};
  const uint8_t known[] = {protocol::kIcmp, protocol::kTcp, protocol::kUdp};
  if (p.has("ipproto") && std::find(std::begin(known), std::end(known), question.protocol) == std::end(known))
    return Reply::failure({"Error: Unsupported ip proto.", ErrorKind::Refused});
  for (const auto& [word, to] : {std::pair("iif", &question.iif), std::pair("oif", &question.oif)}) {
    if (!p.has(word)) continue;
    const auto id = device(p, word);
    if (!id) return Reply::failure(id.error());
    *to = *id;
  }
  auto answer = route_answer(router_, question);
  if (!answer) return Reply::failure(answer.error());
  return rows_reply(style, print_route, std::vector<Json>{std::move(*answer)});
}

}  // namespace flyover::control
