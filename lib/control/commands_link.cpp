// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include "control/commands.hpp"

namespace flyover::control {
namespace {

std::optional<Ipv4Address> broadcast_of(const std::string& word, const iface::AddressSpec& spec) {
  const Ipv4Prefix subnet(spec.peer.value_or(spec.local), spec.prefix_length);
  if (word == "+") return spec.prefix_length <= 30 ? std::optional(subnet.broadcast()) : std::nullopt;
  if (word == "-") return spec.prefix_length <= 30 ? std::optional(subnet.network()) : std::nullopt;
  return Ipv4Address::parse(word);
}

Result<iface::AddressSpec> address_spec(const Parsed& p) {
  const auto local = *p.get<WrittenPrefix>("local");
  iface::AddressSpec spec{
      .local = local.address, .prefix_length = local.length, .peer = {}, .broadcast = {}, .scope = {}};
  if (const auto peer = p.get<WrittenPrefix>("peer")) {
    spec.peer = peer->address;
    spec.prefix_length = peer->length;
  }
  if (const std::string word = p.text("broadcast"); !word.empty()) {
    spec.broadcast = broadcast_of(word, spec);
    if (!spec.broadcast && word != "+" && word != "-")
      return wrong_usage(fmt::format("Error: inet address is expected rather than \"{}\".", word));
  }
  if (const auto scope = p.get<uint64_t>("scope")) spec.scope = static_cast<iface::Scope>(*scope);
  return spec;
}

}  // namespace

Result<InterfaceId> Commands::device(const Parsed& p, std::string_view keyword) const {
  return router_.interfaces().need(p.text(keyword));
}

Result<InterfaceId> Commands::shown_device(const Parsed& p) const {
  if (!p.has("dev")) return kNoInterface;
  const InterfaceId id = router_.interfaces().find(p.text("dev"));
  if (id == kNoInterface) return wrong_usage(fmt::format("Device \"{}\" does not exist.", p.text("dev")));
  return id;
}

Result<> Commands::add_link(const Parsed& p) {
  iface::PortConfig config{.devargs = p.text("dev"),
                           .rx_queues = static_cast<uint16_t>(p.get<uint64_t>("rxq").value_or(0)),
                           .mtu = static_cast<uint16_t>(p.get<uint64_t>("mtu").value_or(0)),
                           .promiscuous = p.get<bool>("promisc").value_or(false),
                           .mac = p.get<MacAddress>("address")};
  const auto added = router_.interfaces().add_port(p.text("name"), config);
  if (!added) return tl::unexpected(added.error());
  router_.neighbours().configure(*added, neighbour_default_);
  return {};
}

Result<> Commands::set_link(const Parsed& p) {
  const auto id = device(p, "dev");
  if (!id) return tl::unexpected(id.error());
  iface::InterfaceControl& all = router_.interfaces();
  Result<> done;
  if (const auto mac = p.get<MacAddress>("address")) done = all.set_mac(*id, *mac);
  if (const auto mtu = p.get<uint64_t>("mtu"); mtu && done) done = all.set_mtu(*id, static_cast<uint32_t>(*mtu));
  if (const auto promiscuous = p.get<bool>("promisc"); promiscuous && done)
    done = all.set_promiscuous(*id, *promiscuous);
  if (p.has("name") && done) done = all.rename(*id, p.text("name"));
  if (p.has("state") && done) done = all.set_up(*id, p.text("state") == "up");
  return done;
}

Result<> Commands::delete_link(const Parsed& p) {
  const auto id = device(p, "dev");
  if (!id) return tl::unexpected(id.error());
  return router_.interfaces().remove(*id);
}

Result<> Commands::add_address(const Parsed& p) {
  const auto spec = address_spec(p);
  if (!spec) return tl::unexpected(spec.error());
  const auto id = device(p, "dev");
  if (!id) return tl::unexpected(id.error());
  return router_.interfaces().add_address(*id, *spec);
}

Result<> Commands::delete_address(const Parsed& p) {
  const auto id = device(p, "dev");
  if (!id) return tl::unexpected(id.error());
  const auto local = *p.get<WrittenPrefix>("local");
  iface::AddressMatch match{.local = local.address, .prefix_length = {}, .peer = {}};
  if (local.has_length) match.prefix_length = local.length;
  if (const auto peer = p.get<WrittenPrefix>("peer")) {
    match.peer = peer->address;
    match.prefix_length = peer->length;
  }
  return router_.interfaces().remove_address(*id, match);
}

Result<> Commands::flush_addresses(const Parsed& p) {
  const auto id = shown_device(p);
  if (!id) return tl::unexpected(id.error());
  router_.interfaces().flush_addresses(*id);
  return {};
}

Result<> Commands::set_worker(const Parsed& p) {
  const auto id = device(p, "port");
  if (!id) return tl::unexpected(id.error());
  return router_.interfaces().set_poller(*id, QueueId(static_cast<uint16_t>(*p.get<uint64_t>("queue"))),
                                         WorkerId(static_cast<uint16_t>(*p.get<uint64_t>("worker"))));
}

Reply Commands::show_links(const Parsed& p, const Style& style) {
  const auto only = shown_device(p);
  if (!only) return Reply::failure(only.error());
  std::vector<Json> rows;
  for (const InterfaceId id : router_.interfaces().ids()) {
    if ((*only != kNoInterface && id != *only) || (p.has("up") && !router_.interfaces().link(id).up)) continue;
    rows.push_back(link_row(router_, id, style));
  }
  return rows_reply(style, print_link, std::move(rows));
}

Reply Commands::show_addresses(const Parsed& p, const Style& style) {
  const auto only = shown_device(p);
  if (!only) return Reply::failure(only.error());
  const auto inside = p.get<WrittenPrefix>("to");
  const auto scope = p.get<uint64_t>("scope");
  std::vector<Json> rows;
  for (const InterfaceId id : router_.interfaces().ids()) {
    if ((*only != kNoInterface && id != *only) || (p.has("up") && !router_.interfaces().link(id).up)) continue;
    Json row = address_row(router_, id, style);
    if (inside || scope) {
      Json kept = Json::array();
      for (Json& a : row["addr_info"])
        if ((!inside || inside->prefix().contains(*Ipv4Address::parse(a["local"].get<std::string>()))) &&
            (!scope || a["scope"] == scope_name(static_cast<uint8_t>(*scope))))
          kept.push_back(std::move(a));
      if (kept.empty()) continue;
      row["addr_info"] = std::move(kept);
    }
    rows.push_back(std::move(row));
  }
  return rows_reply(style, print_addresses, std::move(rows));
}

}  // namespace flyover::control
