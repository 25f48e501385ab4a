// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : what the router has, as values: rows with the keys of `ip -j`
// Guarantees : nothing is changed; a row says what is true at the moment it is made
#pragma once

#include <optional>

#include "control/print.hpp"
#include "control/router.hpp"

namespace flyover::control {

// Which keys a row has: `ip` leaves out what the user has asked for by name.
struct RouteColumns {
  bool details = false;
  bool table = false;
  bool tos = true, gateway = true, dev = true, protocol = true, scope = true, source = true;
};

InterfaceCount count_of(Router& router, InterfaceId id);  // all workers together
Json link_row(Router& router, InterfaceId id, const Style& style);
Json address_row(Router& router, InterfaceId id, const Style& style);
Json route_row(Router& router, const route::Route& route, const RouteColumns& columns);
Json exception_row(Router& router, const route::Exception& e, const route::Path& path);
Json rule_row(Router& router, const route::Rule& rule, const Style& style);
Json next_hop_row(Router& router, const route::NextHop& hop, bool details);
Json bucket_row(uint32_t group, const route::BucketView& bucket);
Json neighbour_row(Router& router, const neighbour::NeighbourView& view, const Style& style, bool dev);

std::string_view name_of(route::RouteType type);
Json flags_of(bool dead, bool onlink, bool linkdown);
void add_mtu(Json& row, const route::Route& route);
void add_exception(Json& row, Router& router, const route::Exception& e);

// What `route get` asks (show_answer.cpp).
struct RouteQuestion {
  Ipv4Address to;
  std::optional<Ipv4Address> from;
  InterfaceId iif, oif;  // iif none: as if the router sent it
  uint8_t tos = 0, protocol = 0;
  uint16_t source_port = 0, destination_port = 0;
  uint32_t mark = 0;
};
Result<Json> route_answer(Router& router, const RouteQuestion& question);

}  // namespace flyover::control
