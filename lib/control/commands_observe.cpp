// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>
#include <rte_cycles.h>

#include "control/commands.hpp"

namespace flyover::control {
namespace {

// Of all workers; every counter is a number of its own, so the sum need not be of one moment.
WorkerCounters totals(Router& router) {
  static_assert(sizeof(WorkerCounters) % sizeof(uint64_t) == 0, "WorkerCounters has counters only");
  WorkerCounters sum;
  auto* to = reinterpret_cast<uint64_t*>(&sum);
  for (uint16_t i = 0; i <= router.workers(); ++i) {
    const auto* from = reinterpret_cast<const uint64_t*>(&router.worker(WorkerId(i)).counters);
    for (size_t n = 0; n < sizeof(WorkerCounters) / sizeof(uint64_t); ++n) to[n] += peek(from[n]);
  }
  return sum;
}

double rounded(double value) { return std::round(value * 10) / 10; }

Json stage_rows(const WorkerCounters& c) {
  Json rows = Json::array();
  for (size_t i = 0; i < kStages.size(); ++i) {
    const StageCount& s = c.stage[i];
    if (s.packets == 0) continue;
    Json row{{"stage", kStages[i].name}, {"packets", s.packets}, {"bursts", s.bursts}};
    row["per_burst"] = s.bursts ? rounded(static_cast<double>(s.packets) / static_cast<double>(s.bursts)) : 0.0;
    row["cycles"] = s.sampled_packets
                        ? rounded(static_cast<double>(s.sampled_cycles) / static_cast<double>(s.sampled_packets))
                        : 0.0;
    rows.push_back(std::move(row));
  }
  return rows;
}

template <class Names, class Counts>
Json named_counts(const Names& names, const Counts& counts) {
  Json row = Json::object();
  for (size_t i = 0; i < names.size(); ++i) row[std::string(names[i].name)] = counts[i];
  return row;
}

Json stats_row(Router& router) {
  const WorkerCounters c = totals(router);
  const auto& n = router.neighbours().stats();
  return {
      {"packets",
       {{"received", c.received},
        {"injected", c.injected},
        {"created", c.created},
        {"sent", c.sent},
        {"dropped", c.dropped()},
        {"punted", c.punted()},
        {"consumed", c.consumed},
        {"held", router.held()}}},
      {"ip",
       {{"forwarded", c.forwarded},
        {"delivered", c.delivered},
        {"fragmented", c.fragmented},
        {"fragments_made", c.fragments_made},
        {"reassembled", c.reassembled}}},
      {"icmp",
       {{"sent", c.icmp_sent},
        {"suppressed", c.icmp_suppressed},
        {"limited_global", c.icmp_limited_global},
        {"limited_peer", c.icmp_limited_peer},
        {"redirects", c.redirects_sent}}},
      {"route_cache", {{"hits", c.cache_hits}, {"misses", c.cache_misses}, {"aside", c.cache_aside}}},
      {"neighbours",
       {{"entries", router.neighbours().entries()},
        {"failed", n.res_failed},
        {"table_fulls", n.table_fulls},
        {"pushed_out", n.unres_discards}}},
      {"lanes", named_counts(kLanes, c.lane)},
      {"queues", named_counts(kPuntReasons, c.punt)},
      {"stages", stage_rows(c)},
  };
}

std::string print_stats(const Json& row, const Style&) {
  std::string text;
  for (const auto& [name, values] : row.items()) {
    if (values.is_array()) continue;
    text += fmt::format("{}:", name);
    for (const auto& [key, value] : values.items()) text += fmt::format(" {} {}", key, value.dump());
    text += "\n";
  }
  text +=
      fmt::format("{:<20} {:>14} {:>12} {:>9} {:>14}\n", "stage", "packets", "bursts", "per burst", "cycles/packet");
  for (const Json& s : row.at("stages"))
    text += fmt::format("{:<20} {:>14} {:>12} {:>9.1f} {:>14.1f}\n", s.at("stage").get<std::string>(),
                        s.at("packets").get<uint64_t>(), s.at("bursts").get<uint64_t>(),
                        s.at("per_burst").get<double>(), s.at("cycles").get<double>());
  return text;
}

std::string print_port_stats(const Json& row, const Style&) {
  std::string text = fmt::format("{}:\n", row.at("ifname").get<std::string>());
  for (const auto& [name, value] : row.at("stats").items())
    text += fmt::format("    {:<40} {:>16}\n", name, value.get<uint64_t>());
  return text;
}

std::vector<Json> memory_rows(Router& router) {
  static constexpr std::string_view kParts[] = {"fib", "routes", "paths", "groups", "exceptions", "rules"};
  std::vector<Json> rows;
  route::Memory sum;
  for (const route::MemoryUse& use : router.routes().memory()) {
    Json tables = Json::array();
    for (const TableId table : use.tables) tables.push_back(table_name(table.value()));
    rows.push_back({{"part", kParts[static_cast<size_t>(use.part)]},
                    {"tables", std::move(tables)},
                    {"entries", use.entries},
                    {"lookup", use.memory.lookup},
                    {"writer", use.memory.writer}});
    sum.lookup += use.memory.lookup, sum.writer += use.memory.writer;
  }
  rows.push_back({{"part", "sum"}, {"lookup", sum.lookup}, {"writer", sum.writer}});
  return rows;
}

std::string print_memory(const Json& row, const Style&) {
  std::string what = row.at("part").get<std::string>();
  std::string_view before = " ";
  for (const Json& table : row.value("tables", Json::array())) {
    what.append(before).append(table.get<std::string>());
    before = "+";
  }
  const std::string entries = row.contains("entries") ? row.at("entries").dump() : "";
  return fmt::format("{:<20} {:>10} lookup {:>12} writer {:>12}\n", what, entries, row.at("lookup").get<uint64_t>(),
                     row.at("writer").get<uint64_t>());
}

constexpr std::string_view kSeverities[] = {"info", "warning", "error"};

std::string print_drop(const Json& row, const Style& style) {
  std::string text = fmt::format("{:<24} {:>12}  {}", row.at("reason").get<std::string>(),
                                 row.at("packets").get<uint64_t>(), row.at("says").get<std::string>());
  if (style.statistics)
    text += fmt::format(" [{}, {}]", row.at("severity").get<std::string>(), row.at("linux").get<std::string>());
  return text + "\n";
}

std::string print_worker(const Json& row, const Style&) {
  std::string text = fmt::format(
      "worker {}: busy {:.1f} %, received {} sent {} dropped {}, turns {} ({} busy)",
      row.at("worker").is_string() ? row.at("worker").get<std::string>() : row.at("worker").dump(),
      row.at("busy").get<double>(), row.at("received").get<uint64_t>(), row.at("sent").get<uint64_t>(),
      row.at("dropped").get<uint64_t>(), row.at("turns").get<uint64_t>(), row.at("busy_turns").get<uint64_t>());
  text += "\n";
  for (const Json& queue : row.at("polls"))
    text +=
        fmt::format("    polls {} queue {}\n", queue.at("dev").get<std::string>(), queue.at("queue").get<uint16_t>());
  return text;
}

}  // namespace

std::optional<uint8_t> ip_protocol(const std::string& word) {
  if (word == "icmp") return uint8_t{1};
  if (word == "tcp") return uint8_t{6};
  if (word == "udp") return uint8_t{17};
  return protocol_of(word);
}

Reply Commands::show_stats(const Parsed& p, const Style& style) {
  if (p.has("memory")) return rows_reply(style, print_memory, memory_rows(router_));
  if (!p.has("dev")) return rows_reply(style, print_stats, std::vector<Json>{stats_row(router_)});
  const auto id = shown_device(p);
  if (!id) return Reply::failure(id.error());
  Json stats = Json::object();
  if (iface::Port* port = router_.interfaces().port(*id))
    for (const auto& [name, value] : port->extended_stats()) stats[name] = value;
  return rows_reply(style, print_port_stats,
                    std::vector<Json>{{{"ifname", p.text("dev")}, {"stats", std::move(stats)}}});
}

Reply Commands::show_drops(const Parsed& p, const Style& style) {
  const WorkerCounters c = totals(router_);
  std::vector<Json> rows;
  for (const DropInfo& d : kDropReasons) {
    const uint64_t packets = c.drop[index_of(d.reason)];
    if (packets == 0 && !p.has("all")) continue;
    rows.push_back({{"reason", d.name},
                    {"packets", packets},
                    {"says", d.sentence},
                    {"severity", kSeverities[index_of(d.severity)]},
                    {"linux", d.linux_name}});
  }
  return rows_reply(style, print_drop, std::move(rows));
}

Reply Commands::show_workers(const Parsed&, const Style& style) {
  std::vector<Json> rows;
  const uint64_t now = rte_rdtsc();
  busy_seen_.resize(router_.workers() + 1U, {started_, 0});
  for (uint16_t i = 0; i <= router_.workers(); ++i) {
    const Worker& w = router_.worker(WorkerId(i));
    const uint64_t busy = peek(w.counters.busy_cycles);
    auto& [when, before] = busy_seen_[i];
    const double share =
        now > when ? 100.0 * static_cast<double>(busy - before) / static_cast<double>(now - when) : 0.0;
    when = now, before = busy;
    Json polls = Json::array();
    for (const iface::PortUse& port : router_.interfaces().ports())
      for (size_t q = 0; q < port.pollers.size(); ++q)
        if (port.pollers[q] == WorkerId(i))
          polls.push_back({{"dev", router_.interfaces().name(port.interface)}, {"queue", q}});
    uint64_t dropped = 0;
    for (const uint64_t& n : w.counters.drop) dropped += peek(n);
    Json row{{"worker", i},
             {"busy", rounded(std::min(share, 100.0))},
             {"received", peek(w.counters.received)},
             {"sent", peek(w.counters.sent)},
             {"dropped", dropped},
             {"turns", peek(w.counters.turns)},
             {"busy_turns", peek(w.counters.busy_turns)},
             {"polls", std::move(polls)}};
    if (i == router_.workers()) row["worker"] = "control";
    rows.push_back(std::move(row));
  }
  return rows_reply(style, print_worker, std::move(rows));
}

Result<> Commands::add_trace(const Parsed& p) {
  TraceFilter filter;
  if (p.has("iif")) {
    const auto id = device(p, "iif");
    if (!id) return tl::unexpected(id.error());
    filter.in = *id;
  }
  if (const auto from = p.get<WrittenPrefix>("from"))
    filter.source = from->prefix().network(), filter.source_mask = Be32(from->prefix().mask()).raw();
  if (const auto to = p.get<WrittenPrefix>("to"))
    filter.destination = to->prefix().network(), filter.destination_mask = Be32(to->prefix().mask()).raw();
  if (p.has("proto")) {
    const auto protocol = ip_protocol(p.text("proto"));
    if (!protocol || *protocol == 0)
      return wrong_usage(fmt::format("Error: argument \"{}\" is wrong: \"proto\" value is invalid", p.text("proto")));
    filter.protocol = *protocol;
  }
  trace_since_ = rte_rdtsc();
  trace_count_ = static_cast<uint32_t>(*p.get<uint64_t>("count"));
  // Numbers of different workers, and of traces before, are different.
  for (uint16_t i = 0; i < router_.workers(); ++i) {
    router_.worker(WorkerId(i)).trace.arm(trace_count_, filter, trace_number_);
    trace_number_ = static_cast<uint16_t>(trace_number_ + trace_count_);
  }
  router_.slow_worker().trace.follow(true);
  return {};
}

Result<> Commands::stop_trace(const Parsed&) {
  for (uint16_t i = 0; i <= router_.workers(); ++i) router_.worker(WorkerId(i)).trace.follow(false);
  return {};
}

Reply Commands::show_trace(const Parsed&, const Style& style) {
  if (trace_count_ == 0)
    return Reply::failure({"Nothing is traced: \"flyover trace add N\" begins.", ErrorKind::Refused});
  return rows_reply(style, print_trace, trace_rows(router_, traced(router_, trace_since_), trace_count_));
}

}  // namespace flyover::control
