// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <algorithm>

#include "control/commands.hpp"

namespace flyover::control {
namespace {

using route::NextHop;
using route::NextHopSpec;

uint32_t id_at(const Parsed& p, std::string_view keyword) {
  return static_cast<uint32_t>(p.get<uint64_t>(keyword).value_or(0));
}

}  // namespace

Result<NextHopSpec> Commands::next_hop_spec(const Parsed& p) const {
  NextHopSpec spec{.id = id_at(p, "id"), .gateway = p.get<Ipv4Address>("via").value_or(kAnyAddress), .group = {}};
  if (p.has("dev")) {
    const auto id = router_.interfaces().find(p.text("dev"));
    if (id == kNoInterface)
      return wrong_usage(fmt::format("Error: argument \"{}\" is wrong: Device does not exist", p.text("dev")));
    spec.out = id;
  }
  spec.onlink = p.has("onlink");
  spec.blackhole = p.has("blackhole");
  for (const WrittenMember& m : p.get<std::vector<WrittenMember>>("group").value_or(std::vector<WrittenMember>()))
    spec.group.push_back({m.id, m.weight});
  spec.resilient = p.text("type") == "resilient";
  for (const char* word : {"buckets", "idle_timer", "unbalanced_timer"})
    if (p.has(word) && !spec.resilient) return wrong_usage(fmt::format("Error: argument \"{}\" is wrong: ", word));
  if (const auto n = p.get<uint64_t>("buckets")) spec.buckets = static_cast<uint16_t>(*n);
  if (const auto s = p.get<uint64_t>("idle_timer")) spec.idle_timer_s = static_cast<uint32_t>(*s);
  if (const auto s = p.get<uint64_t>("unbalanced_timer")) spec.unbalanced_timer_s = static_cast<uint32_t>(*s);
  if (const auto protocol = p.get<uint64_t>("protocol")) spec.protocol = static_cast<route::Protocol>(*protocol);
  return spec;
}

Result<> Commands::write_next_hop(const Parsed& p) {
  const auto spec = next_hop_spec(p);
  if (!spec) return tl::unexpected(spec.error());
  if (p.command->id == CommandId::NexthopReplace) return router_.routes().replace_next_hop(*spec);
  return router_.routes().add_next_hop(*spec);
}

Result<> Commands::delete_next_hop(const Parsed& p) {
  if (!p.has("id")) return refused("Error: Nexthop id is missing.");
  return router_.routes().remove_next_hop(id_at(p, "id"));
}

// Those that `show` and `flush` pick.
Result<std::vector<uint32_t>> Commands::chosen_next_hops(const Parsed& p) const {
  InterfaceId out;
  if (p.has("dev")) {
    out = router_.interfaces().find(p.text("dev"));
    if (out == kNoInterface)
      return wrong_usage(fmt::format("Error: argument \"{}\" is wrong: Device does not exist", p.text("dev")));
  }
  const auto protocol = p.get<uint64_t>("protocol");
  if (p.has("id")) {
    if (id_at(p, "id") == 0) return refused("Error: Invalid nexthop id.");
    if (!router_.routes().shown_next_hop(id_at(p, "id")))
      return refused("RTNETLINK answers: No such file or directory");
    return std::vector<uint32_t>{id_at(p, "id")};
  }
  std::vector<uint32_t> chosen;
  for (const uint32_t id : router_.routes().next_hop_ids()) {
    const NextHop hop = *router_.routes().shown_next_hop(id);
    if (p.has("groups") && hop.group.empty()) continue;
    if (out != kNoInterface && (hop.out != out || !hop.group.empty())) continue;
    if (protocol.value_or(0) != 0 && static_cast<uint8_t>(hop.protocol) != *protocol) continue;
    chosen.push_back(id);
  }
  return chosen;
}

Reply Commands::flush_next_hops(const Parsed& p, const Style&) {
  const auto chosen = chosen_next_hops(p);
  if (!chosen) return Reply::failure(chosen.error());
  const auto groups_end = [this](uint32_t id) { return !router_.routes().shown_next_hop(id)->group.empty(); };
  std::vector<uint32_t> order = *chosen;
  std::stable_partition(order.begin(), order.end(), groups_end);
  Reply reply;  // a piece for each: a million routes may go with it
  reply.more = [this, order = std::move(order), at = size_t{0}, flushed = size_t{0},
                says_nothing = p.has("id")](std::string& out) mutable {
    if (at < order.size()) flushed += router_.routes().remove_next_hop(order[at++]).has_value();
    router_.commit();
    if (at < order.size()) return true;
    if (!says_nothing) out += flushed ? fmt::format("Flushed {} nexthops\n", flushed) : "Nothing to flush\n";
    return false;
  };
  return reply;
}

Reply Commands::show_next_hops(const Parsed& p, const Style& style) {
  const auto chosen = chosen_next_hops(p);
  if (!chosen) return Reply::failure(chosen.error());
  std::vector<Json> rows;
  for (const uint32_t id : *chosen)
    rows.push_back(next_hop_row(router_, *router_.routes().shown_next_hop(id), style.details));
  return rows_reply(style, print_next_hop, std::move(rows));
}

Reply Commands::get_next_hop(const Parsed& p, const Style& style) { return show_next_hops(p, style); }

Reply Commands::show_buckets(const Parsed& p, const Style& style) {
  route::RouteControl& routes = router_.routes();
  std::vector<uint32_t> groups = routes.next_hop_ids();
  if (p.has("id")) {
    const uint32_t id = id_at(p, "id");
    const auto group = routes.shown_next_hop(id);
    const std::string end = p.text("verb") == "get" ? "" : "\nDump terminated";
    if (!group) return Reply::failure({"RTNETLINK answers: No such file or directory" + end});
    if (group->group.empty()) return Reply::failure({"Error: Not a nexthop group." + end});
    if (!group->resilient) return Reply::failure({"Error: Nexthop group not of type resilient." + end});
    if (p.get<uint64_t>("index").value_or(0) >= group->buckets)
      return Reply::failure({"Error: Bucket index out of bounds."});
    groups = {id};
  }
  const auto out = p.has("dev") ? router_.interfaces().find(p.text("dev")) : kNoInterface;
  const auto index = p.get<uint64_t>("index"), member = p.get<uint64_t>("nhid");
  std::vector<Json> rows;
  for (const uint32_t id : groups)
    for (const route::BucketView& bucket : routes.buckets(id)) {
      if ((index && bucket.index != *index) || (member && bucket.next_hop != *member)) continue;
      if (out != kNoInterface && routes.shown_next_hop(bucket.next_hop)->out != out) continue;
      rows.push_back(bucket_row(id, bucket));
    }
  return rows_reply(style, print_bucket, std::move(rows));
}

}  // namespace flyover::control
