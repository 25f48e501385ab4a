// SPDX-License-Identifier: BSD-3-Clause
// Next-hop objects and buckets as `ip nexthop` shows them.
#include "control/show.hpp"

namespace flyover::control {
namespace {

// Seconds as `ip` prints them, which counts in hundredths.
Json seconds(uint32_t ms) {
  const uint32_t hundredths = ms / 10;
  return hundredths % 100 ? Json(hundredths / 100.0) : Json(hundredths / 100);
}

}  // namespace

Json flags_of(bool dead, bool onlink, bool linkdown) {
  Json flags = Json::array();
  if (dead) flags.push_back("dead");
  if (onlink) flags.push_back("onlink");
  if (linkdown) flags.push_back("linkdown");
  return flags;
}

Json next_hop_row(Router& router, const route::NextHop& hop, bool details) {
  Json row{{"id", hop.id}};
  for (const route::NextHopMember& m : hop.group) {
    Json member{{"id", m.id}};
    if (m.weight != 1) member["weight"] = m.weight;
    row["group"].push_back(std::move(member));
  }
  if (hop.resilient) {
    row["type"] = "resilient";
    row["resilient_args"] = {{"buckets", hop.buckets},
                             {"idle_timer", seconds(hop.idle_timer_ms)},
                             {"unbalanced_timer", seconds(hop.unbalanced_timer_ms)},
                             {"unbalanced_time", seconds(hop.unbalanced_ms)}};
  }
  if (!hop.gateway.is_any()) row["gateway"] = hop.gateway.to_string();
  if (hop.out != kNoInterface && !hop.blackhole) row["dev"] = router.interfaces().name(hop.out);
  if (hop.scope != route::Scope::Universe || details) row["scope"] = scope_name(static_cast<uint8_t>(hop.scope));
  if (hop.blackhole) row["blackhole"] = nullptr;
  if (hop.protocol != route::Protocol::Unspecified || details)
    row["protocol"] = protocol_name(static_cast<uint8_t>(hop.protocol));
  row["flags"] = flags_of(false, hop.onlink, false);
  return row;
}

Json bucket_row(uint32_t group, const route::BucketView& bucket) {
  return {{"id", group},
          {"bucket", {{"index", bucket.index}, {"idle_time", seconds(bucket.idle_ms)}, {"nhid", bucket.next_hop}}},
          {"flags", Json::array()}};
}

}  // namespace flyover::control
