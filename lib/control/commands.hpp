// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : commands, as the router does them: from words to operations, from values to text
// Expects    : the control thread; long answers are taken before the router goes
// Guarantees : a command is whole or not at all, but for `link set` with several changes, of which those before the refused one
//              are made, and for `route flush` and `route load`, which others may see half done (as in Linux); what it says is
//              what `ip` says; it never waits for packets
#pragma once

#include <string>
#include <string_view>

#include "control/request.hpp"
#include "control/show.hpp"
#include "control/sysctl.hpp"
#include "control/trace_view.hpp"

namespace flyover::control {

class Commands {
 public:
  explicit Commands(Router& router);

  Reply run(const std::string& line, const Style& style, const Asker& asker = {});
  // An init file: until a command fails; the error says which line of `name` that was. Output is thrown away.
  Result<> run_batch(std::string_view text, const std::string& name);

 private:
  using Operation = Result<> (Commands::*)(const Parsed&);
  Reply execute(const std::string& line, const Style& style, const Asker& asker);
  using View = Reply (Commands::*)(const Parsed&, const Style&);
  static Operation operation_of(CommandId id);
  static View view_of(CommandId id);

  // links and addresses (commands_link.cpp)
  Result<InterfaceId> device(const Parsed& p, std::string_view keyword) const;  // Cannot find device
  Result<InterfaceId> shown_device(const Parsed& p) const;                      // Device does not exist; none: all
  Result<> add_link(const Parsed& p);
  Result<> set_link(const Parsed& p);
  Result<> delete_link(const Parsed& p);
  Result<> add_address(const Parsed& p);
  Result<> delete_address(const Parsed& p);
  Result<> flush_addresses(const Parsed& p);
  Result<> set_worker(const Parsed& p);
  Reply show_links(const Parsed& p, const Style& style);
  Reply show_addresses(const Parsed& p, const Style& style);

  // routes (commands_route.cpp)
  Result<route::RouteSpec> route_spec(const Parsed& p) const;
  Result<route::RouteSpec> written_route(const Parsed& p) const;
  Result<> write_route(const Parsed& p);
  Result<> delete_route(const Parsed& p);
  Reply flush_routes(const Parsed& p, const Style& style);
  Reply show_routes(const Parsed& p, const Style& style);
  Reply show_exceptions(const Style& style, const std::function<bool(const route::Route&)>& takes);
  Reply get_route(const Parsed& p, const Style& style);
  // ... out of a file (commands_load.cpp)
  struct RouteLoad;
  Reply load_routes(const Parsed& p, const Style& style);
  bool load_piece(RouteLoad& load, std::string& out);
  bool load_rows(RouteLoad& load);
  Result<bool> load_route(std::string_view line, TableId table);

  // policy rules (commands_rule.cpp)
  Result<> add_rule(const Parsed& p);
  Result<> delete_rule(const Parsed& p);
  Result<> flush_rules(const Parsed& p);
  Reply show_rules(const Parsed& p, const Style& style);

  // next-hop objects (commands_nexthop.cpp)
  Result<route::NextHopSpec> next_hop_spec(const Parsed& p) const;
  Result<> write_next_hop(const Parsed& p);
  Result<> delete_next_hop(const Parsed& p);
  Reply flush_next_hops(const Parsed& p, const Style& style);
  Reply show_next_hops(const Parsed& p, const Style& style);
  Reply get_next_hop(const Parsed& p, const Style& style);
  Reply show_buckets(const Parsed& p, const Style& style);
  Result<std::vector<uint32_t>> chosen_next_hops(const Parsed& p) const;

  // neighbours (commands_neighbour.cpp)
  Result<> write_neighbour(const Parsed& p);
  Result<> delete_neighbour(const Parsed& p);
  Result<> flush_neighbours(const Parsed& p);
  Reply show_neighbours(const Parsed& p, const Style& style);

  // settings (commands_setting.cpp)
  Result<> set_setting(const Parsed& p);
  Result<> set_interface_setting(const Sysctl& sysctl, const std::string& scope, uint64_t value);
  Result<> set_neighbour_setting(const Sysctl& sysctl, const std::string& scope, uint64_t value);
  Reply show_settings(const Parsed& p, const Style& style);

  // observation (commands_observe.cpp)
  Reply show_stats(const Parsed& p, const Style& style);
  Reply show_drops(const Parsed& p, const Style& style);
  Reply show_workers(const Parsed& p, const Style& style);
  Result<> add_trace(const Parsed& p);
  Result<> stop_trace(const Parsed& p);
  Reply show_trace(const Parsed& p, const Style& style);
  Reply ask(const Parsed& p, const Style& style);  // commands_ask.cpp
  // captures (commands_capture.cpp)
  Result<> begin_capture(const Parsed& p);
  Result<> end_captures(const Parsed& p);
  Reply show_captures(const Parsed& p, const Style& style);
  Reply show_doctor(const Parsed& p, const Style& style);
  Reply show_help(const Parsed& p, const Style& style);

  Router& router_;
  Asker asker_;                          // of the command that is being run
  NeighbourSettings neighbour_default_;  // net.ipv4.neigh.default: what new links get
  uint64_t trace_since_ = 0;             // TSC; what was traced before is not shown
  uint32_t trace_count_ = 0;
  uint16_t trace_number_ = 0;
  uint64_t started_ = rte_rdtsc();
  std::vector<std::pair<uint64_t, uint64_t>> busy_seen_;  // by worker: {TSC, busy cycles} when last shown
};

std::optional<uint8_t> ip_protocol(const std::string& word);  // icmp, tcp, udp or a number

// An answer of many rows, made piece by piece. `next` gives some rows, or none yet, until it says that there are no more.
inline constexpr size_t kRowsTogether = 64;
using PrintRow = std::string (*)(const Json& row, const Style& style);
using EmitRow = std::function<void(const Json&)>;
using NextRows = std::function<bool(const EmitRow&)>;
Reply rows_reply(const Style& style, PrintRow print, NextRows next);
Reply rows_reply(const Style& style, PrintRow print, std::vector<Json> rows);

}  // namespace flyover::control
