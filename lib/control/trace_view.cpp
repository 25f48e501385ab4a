// SPDX-License-Identifier: BSD-3-Clause
#include "control/trace_view.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "control/packet_text.hpp"

namespace flyover::control {
namespace {

std::string stage_text(StageId first, StageId last) {
  if (first == last) return std::string(kStages[index_of(first)].name);
  return fmt::format("{} .. {}", kStages[index_of(first)].name, kStages[index_of(last)].name);
}

std::string_view exit_name(Exit exit) {
  constexpr std::string_view kNames[] = {"continue", "drop", "punt", "divert", "consumed"};
  return kNames[static_cast<size_t>(exit)];
}

// Where the packet went from here, and why: {code's name, sentence}.
std::pair<std::string, std::string> outcome(Router& router, const TraceRecord& r) {
  const auto named = [](const NameInfo& info) { return std::pair(std::string(info.name), std::string(info.sentence)); };
  switch (r.verdict.exit()) {
    case Exit::Continue:
      if (r.last != StageId::Enqueue) return {};
      return {"", fmt::format("handed to {} to send", router.interfaces().name(r.out))};
    case Exit::Drop: {
      const DropInfo& drop = kDropReasons[r.verdict.code() % kDropReasons.size()];
      return {std::string(drop.name), std::string(drop.sentence)};
    }
    case Exit::Punt: return named(kPuntReasons[r.verdict.code() % kPuntReasons.size()]);
    case Exit::Divert: {
      auto [name, sentence] = named(kLanes[r.verdict.code() % kLanes.size()]);
      if (r.verdict.code() == static_cast<uint8_t>(Lane::IcmpError))
        sentence = fmt::format("{}: {} ({}/{})", info(r.owed.reason).sentence, icmp_name(r.owed.type, r.owed.code),
                               r.owed.type, r.owed.code);
      return {name, sentence};
    }
    case Exit::Consumed: break;
  }
  return {"", "used up here"};
}

std::string describe(const TraceRecord& r) {
  const std::span<const uint8_t> bytes(r.data.data(), r.captured);
  return r.is_ip ? describe_ipv4(bytes) : describe_frame(bytes);
}

Json stop_row(Router& router, const TraceStop& stop, uint64_t begun) {
  const TraceRecord& r = stop.record;
  const double us = static_cast<double>(r.tsc - begun) * 1000.0 / static_cast<double>(router.slow_worker().tsc_per_ms);
  Json row{{"us", std::round(us * 10) / 10},
           {"worker", stop.worker},
           {"stage", kStages[index_of(r.last)].name},
           {"stages", stage_text(r.first, r.last)},
           {"exit", exit_name(r.verdict.exit())}};
  const auto [name, sentence] = outcome(router, r);
  if (!name.empty()) row["to"] = name;
  if (!sentence.empty()) row["says"] = sentence;
  if (r.out != kNoInterface) row["oif"] = router.interfaces().name(r.out);
  if (r.captured) row["packet"] = describe(r);
  return row;
}

}  // namespace

std::vector<TraceStop> traced(Router& router, uint64_t since) {
  std::vector<TraceStop> stops;
  for (uint16_t i = 0; i <= router.workers(); ++i)
    router.worker(WorkerId(i)).trace.read([&](const TraceRecord& r) {
      if (r.tsc >= since) stops.push_back({i, r});
    });
  std::stable_sort(stops.begin(), stops.end(),
                   [](const TraceStop& a, const TraceStop& b) { return a.record.tsc < b.record.tsc; });
  return stops;
}

std::vector<Json> trace_rows(Router& router, const std::vector<TraceStop>& stops, size_t most) {
  std::vector<Json> rows;
  std::vector<uint16_t> numbers;  // by row
  std::vector<uint64_t> begun;
  for (const TraceStop& stop : stops) {
    const auto known = std::find(numbers.begin(), numbers.end(), stop.record.packet);
    size_t at = static_cast<size_t>(known - numbers.begin());
    if (known == numbers.end()) {
      if (rows.size() == most) continue;
      numbers.push_back(stop.record.packet);
      begun.push_back(stop.record.tsc);
      rows.push_back({{"number", rows.size() + 1},
                      {"iif", router.interfaces().name(stop.record.in)},
                      {"packet", describe(stop.record)},
                      {"stops", Json::array()}});
    }
    rows[at]["stops"].push_back(stop_row(router, stop, begun[at]));
  }
  return rows;
}

std::string print_trace(const Json& row, const Style& style) {
  const auto text = [](const Json& object, const char* key) {
    return object.contains(key) ? object.at(key).get<std::string>() : std::string();
  };
  std::string out =
      fmt::format("packet {}: {}: {}\n", row.at("number").get<size_t>(), text(row, "iif"), text(row, "packet"));
  std::string before = text(row, "packet"), way;
  for (const Json& stop : row.at("stops")) {
    std::string line = fmt::format("  {:>8.1f} us  {:<42} ", stop.at("us").get<double>(), text(stop, "stages"));
    const std::string exit = text(stop, "exit"), to = text(stop, "to"), says = text(stop, "says");
    if (exit == "continue") line += says.empty() ? "goes on" : says;
    if (exit == "drop") line += fmt::format("dropped: {} ({})", to, says);
    if (exit == "punt") line += fmt::format("to the control thread: {} ({})", to, says);
    if (exit == "divert") line += fmt::format("to lane {}: {}", to, says);
    if (exit == "consumed") line += says;
    if (const std::string oif = text(stop, "oif"); oif != way && exit != "drop" && exit != "consumed") {
      if (says.empty() || exit == "punt") line += fmt::format(", to leave by {}", oif);
      way = oif;
    }
    const std::string packet = text(stop, "packet");
    if (!packet.empty() && (packet != before || style.details)) line += fmt::format("\n{:>15}now {}", "", packet);
    if (!packet.empty()) before = packet;
    out += line + "\n";
  }
  return out;
}

}  // namespace flyover::control
