// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include "control/commands.hpp"
#include "control/sysctl.hpp"

namespace flyover::control {
namespace {

constexpr std::string_view kEvery = "*";
constexpr std::string_view kAll = iface::InterfaceControl::kAll, kDefault = iface::InterfaceControl::kDefault;

std::string print_setting(const Json& row, const Style&) {
  return fmt::format("{} = {}\n", row.at("name").get<std::string>(), row.at("value").get<uint64_t>());
}

}  // namespace

Result<> Commands::set_setting(const Parsed& p) {
  const auto named = find_sysctl(p.text("key"));
  if (!named) return tl::unexpected(named.error());
  const auto value = parse_sysctl(*named->sysctl, p.text("value"));
  if (!value) return tl::unexpected(value.error());
  switch (named->sysctl->home) {
    case Sysctl::Home::Router: {
      Settings next = router_.settings();
      named->sysctl->set(next, *value);
      router_.set_settings(next);
      return {};
    }
    case Sysctl::Home::Interface: return set_interface_setting(*named->sysctl, named->scope, *value);
    case Sysctl::Home::Neighbour: break;
  }
  return set_neighbour_setting(*named->sysctl, named->scope, *value);
}

Result<> Commands::set_interface_setting(const Sysctl& sysctl, const std::string& scope, uint64_t value) {
  iface::InterfaceControl& all = router_.interfaces();
  if (sysctl.name == "forwarding" &&
      (scope == kAll || scope == kEvery)) {  // as the kernel does: every link, and those to come
    all.set_forwarding(value != 0);
    return {};
  }
  std::vector<std::string> scopes{scope};
  if (scope == kEvery) {
    scopes = {std::string(kAll), std::string(kDefault)};
    for (const InterfaceId id : all.ids()) scopes.push_back(all.name(id));
  }
  for (const std::string& one : scopes) {
    auto settings = all.settings(one);
    if (!settings) return tl::unexpected(settings.error());
    sysctl.set(*settings, value);
    if (auto changed = all.change_settings(one, *settings); !changed) return changed;
  }
  return {};
}

Result<> Commands::set_neighbour_setting(const Sysctl& sysctl, const std::string& scope, uint64_t value) {
  const auto set_of = [&](InterfaceId id) {
    NeighbourSettings next = router_.neighbours().settings(id);
    sysctl.set(next, value);
    router_.neighbours().configure(id, next);
  };
  if (scope == kDefault || scope == kEvery) sysctl.set(neighbour_default_, value);
  if (scope == kEvery)
    for (const InterfaceId id : router_.interfaces().ids()) set_of(id);
  if (scope == kDefault || scope == kEvery) return {};
  const auto id = router_.interfaces().need(scope);
  if (!id) return tl::unexpected(id.error());
  set_of(*id);
  return {};
}

Reply Commands::show_settings(const Parsed& p, const Style& style) {
  SysctlName only;
  if (p.has("key")) {
    const auto named = find_sysctl(p.text("key"));
    if (!named) return Reply::failure(named.error());
    only = *named;
  }
  std::vector<Json> rows;
  const auto add = [&](const Sysctl& s, std::string_view scope, const auto& settings) {
    if (only.scope.empty() || only.scope == kEvery || only.scope == scope)
      rows.push_back({{"name", s.full_name(scope)}, {"value", s.get(settings)}});
  };
  for (const Sysctl& s : sysctls()) {
    if (only.sysctl && &s != only.sysctl) continue;
    if (s.home == Sysctl::Home::Router) {
      add(s, "", router_.settings());
      continue;
    }
    if (s.home == Sysctl::Home::Interface) add(s, kAll, *router_.interfaces().settings(kAll));
    if (s.home == Sysctl::Home::Interface) add(s, kDefault, *router_.interfaces().settings(kDefault));
    if (s.home == Sysctl::Home::Neighbour) add(s, kDefault, neighbour_default_);
    for (const InterfaceId id : router_.interfaces().ids()) {
      const std::string& name = router_.interfaces().name(id);
      if (s.home == Sysctl::Home::Interface) add(s, name, *router_.interfaces().settings(name));
      if (s.home == Sysctl::Home::Neighbour) add(s, name, router_.neighbours().settings(id));
    }
  }
  if (rows.empty()) return Reply::failure({fmt::format("Cannot find device \"{}\"", only.scope), ErrorKind::Usage});
  return rows_reply(style, print_setting, std::move(rows));
}

}  // namespace flyover::control
