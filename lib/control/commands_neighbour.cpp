// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include "control/commands.hpp"

namespace flyover::control {
namespace {

using neighbour::NeighbourView;
using neighbour::State;

// The states that a filter word stands for; `all` is every one.
uint8_t states_of(const std::string& word) {
  if (word == "all") return 0xff;
  const auto state = neighbour::state_of(word);
  return state ? neighbour::bits(*state) : 0;
}

Result<> as_netlink_says(Result<> done) {
  if (done || done.error().kind == ErrorKind::Usage) return done;
  const std::string& why = done.error().message;
  if (why.starts_with("No link layer")) return refused(fmt::format("Error: {}.", why));
  return refused(fmt::format("RTNETLINK answers: {}", why));
}

}  // namespace

Result<> Commands::write_neighbour(const Parsed& p) {
  const auto id = device(p, "dev");
  if (!id) return tl::unexpected(id.error());
  neighbour::NeighbourSpec spec{
      .interface = *id, .address = *p.get<Ipv4Address>("to"), .mac = p.get<MacAddress>("lladdr")};
  if (p.has("nud")) {
    const auto state = neighbour::state_of(p.text("nud"));
    if (!state) return wrong_usage(fmt::format("Error: argument \"{}\" is wrong: nud state is bad", p.text("nud")));
    spec.state = *state;
  }
  const neighbour::Write how = p.command->id == CommandId::NeighAdd      ? neighbour::Write::Add
                               : p.command->id == CommandId::NeighChange ? neighbour::Write::Change
                                                                         : neighbour::Write::Replace;
  return as_netlink_says(router_.neighbours().write(spec, how));
}

Result<> Commands::delete_neighbour(const Parsed& p) {
  const auto id = device(p, "dev");
  if (!id) return tl::unexpected(id.error());
  return as_netlink_says(router_.neighbours().remove(*id, *p.get<Ipv4Address>("to")));
}

Result<> Commands::flush_neighbours(const Parsed& p) {
  if (!p.has("dev") && !p.has("to") && !p.has("nud")) return wrong_usage("Flush requires arguments.");
  InterfaceId only;
  if (p.has("dev")) {
    const auto id = device(p, "dev");
    if (!id) return tl::unexpected(id.error());
    only = *id;
  }
  const uint8_t states =
      p.has("nud") ? states_of(p.text("nud"))
                   : static_cast<uint8_t>(0xff & ~(neighbour::bits(State::Permanent) | neighbour::bits(State::Noarp)));
  const auto inside = p.get<WrittenPrefix>("to");
  if (!inside) {
    router_.neighbours().flush(only, states);
    return {};
  }
  std::vector<NeighbourView> doomed;
  router_.neighbours().visit([&](const NeighbourView& n) {
    if ((only == kNoInterface || n.interface == only) && neighbour::is_in(n.state, states) &&
        inside->prefix().contains(n.address))
      doomed.push_back(n);
  });
  for (const NeighbourView& n : doomed) (void)router_.neighbours().remove(n.interface, n.address);
  return {};
}

Reply Commands::show_neighbours(const Parsed& p, const Style& style) {
  InterfaceId only;
  if (p.has("dev")) {
    const auto id = device(p, "dev");
    if (!id) return Reply::failure(id.error());
    only = *id;
  }
  // Without a word `ip` leaves out those that need no ARP, and those of which nothing is known.
  const bool told = p.has("nud");
  const uint8_t states = told ? states_of(p.text("nud")) : static_cast<uint8_t>(0xff & ~neighbour::bits(State::Noarp));
  const bool with_none = told && (p.text("nud") == "all" || p.text("nud") == "none");
  const auto inside = p.get<WrittenPrefix>("to");
  std::vector<NeighbourView> found;
  router_.neighbours().visit([&](const NeighbourView& n) {
    const bool in_state = n.state == State::None ? with_none : neighbour::is_in(n.state, states);
    if (in_state && (only == kNoInterface || n.interface == only) && (!inside || inside->prefix().contains(n.address)))
      found.push_back(n);
  });
  return rows_reply(
      style, print_neighbour,
      [this, style, dev = only == kNoInterface, found = std::move(found), at = size_t{0}](const EmitRow& emit) mutable {
        for (const size_t end = std::min(found.size(), at + kRowsTogether); at < end; ++at)
          emit(neighbour_row(router_, found[at], style, dev));
        return at < found.size();
      });
}

}  // namespace flyover::control
