// SPDX-License-Identifier: BSD-3-Clause
#include "control/commands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "control/doctor.hpp"
#include "control/grammar_help.hpp"
#include "control/words.hpp"

namespace flyover::control {

Commands::Commands(Router& router) : router_(router) {}

Commands::Operation Commands::operation_of(CommandId id) {
  switch (id) {
    case CommandId::LinkAdd: return &Commands::add_link;
    case CommandId::LinkSet: return &Commands::set_link;
    case CommandId::LinkDel: return &Commands::delete_link;
    case CommandId::AddrAdd: return &Commands::add_address;
    case CommandId::AddrDel: return &Commands::delete_address;
    case CommandId::AddrFlush: return &Commands::flush_addresses;
    case CommandId::RouteAdd:
    case CommandId::RouteChange:
    case CommandId::RouteReplace:
    case CommandId::RoutePrepend:
    case CommandId::RouteAppend: return &Commands::write_route;
    case CommandId::RouteDel: return &Commands::delete_route;
    case CommandId::RuleAdd: return &Commands::add_rule;
    case CommandId::RuleDel: return &Commands::delete_rule;
    case CommandId::RuleFlush: return &Commands::flush_rules;
    case CommandId::NexthopAdd:
    case CommandId::NexthopReplace: return &Commands::write_next_hop;
    case CommandId::NexthopDel: return &Commands::delete_next_hop;
    case CommandId::NeighAdd:
    case CommandId::NeighChange:
    case CommandId::NeighReplace: return &Commands::write_neighbour;
    case CommandId::NeighDel: return &Commands::delete_neighbour;
    case CommandId::NeighFlush: return &Commands::flush_neighbours;
    case CommandId::Set: return &Commands::set_setting;
    case CommandId::WorkerSet: return &Commands::set_worker;
    case CommandId::TraceAdd: return &Commands::add_trace;
    case CommandId::TraceStop: return &Commands::stop_trace;
    case CommandId::Capture: return &Commands::begin_capture;
    case CommandId::CaptureStop: return &Commands::end_captures;
    default: return nullptr;
  }
}

Commands::View Commands::view_of(CommandId id) {
  switch (id) {
    case CommandId::LinkShow: return &Commands::show_links;
    case CommandId::AddrShow: return &Commands::show_addresses;
    case CommandId::RouteShow: return &Commands::show_routes;
    case CommandId::RouteGet: return &Commands::get_route;
    case CommandId::RouteLoad: return &Commands::load_routes;
    case CommandId::RouteFlush: return &Commands::flush_routes;
    case CommandId::RuleShow: return &Commands::show_rules;
    case CommandId::NexthopShow: return &Commands::show_next_hops;
    case CommandId::NexthopGet: return &Commands::get_next_hop;
    case CommandId::NexthopFlush: return &Commands::flush_next_hops;
    case CommandId::NexthopBucket: return &Commands::show_buckets;
    case CommandId::NeighShow: return &Commands::show_neighbours;
    case CommandId::SetShow: return &Commands::show_settings;
    case CommandId::StatsShow: return &Commands::show_stats;
    case CommandId::DropsShow: return &Commands::show_drops;
    case CommandId::WorkerShow: return &Commands::show_workers;
    case CommandId::TraceShow: return &Commands::show_trace;
    case CommandId::Ask: return &Commands::ask;
    case CommandId::CaptureShow: return &Commands::show_captures;
    case CommandId::Doctor: return &Commands::show_doctor;
    case CommandId::Help: return &Commands::show_help;
    default: return nullptr;
  }
}

// What a change has begun in the routes comes to its end before the next piece of anything, and before its client is told.
Reply Commands::run(const std::string& line, const Style& usual, const Asker& asker) {
  route::RouteControl& routes = router_.routes();
  const bool ready = routes.settled();
  Reply first = ready ? execute(line, usual, asker) : Reply();
  if (ready && routes.settled() && !first.more) return first;
  const auto reply = std::make_shared<Reply>(std::move(first));
  Reply whole;
  whole.out = std::move(reply->out);
  whole.more = [=, this, begun = ready](std::string& out) mutable {
    if (!router_.routes().settle()) return true;
    if (!std::exchange(begun, true)) {
      *reply = execute(line, usual, asker);
      out += reply->out;
    } else if (reply->more) {
      advance(*reply, out);
    }
    return reply->more || !router_.routes().settled();
  };
  whole.outcome = [reply]() -> Result<> {
    if (reply->code == 0) return {};
    return tl::unexpected(Error{reply->error, static_cast<ErrorKind>(reply->code)});
  };
  return whole;
}

Reply Commands::execute(const std::string& line, const Style& usual, const Asker& asker) {
  asker_ = asker;
  auto words = split_words(line);
  if (!words) return Reply::failure(words.error());
  const auto style = take_options(*words, usual);
  if (!style) return Reply::failure(style.error());
  const auto parsed = parse(*words);
  if (!parsed) return Reply::failure(parsed.error());
  if (const Operation operation = operation_of(parsed->command->id)) {
    const auto done = (this->*operation)(*parsed);
    router_.commit();
    return done ? Reply{} : Reply::failure(done.error());
  }
  if (const View view = view_of(parsed->command->id)) return (this->*view)(*parsed, *style);
  return Reply::failure({fmt::format("Error: \"{}\" is not supported.", parsed->object->name), ErrorKind::Refused});
}

Result<> Commands::run_batch(std::string_view text, const std::string& name) {
  BatchReader reader(text);
  while (const auto line = reader.next()) {
    Reply reply = run(line->text, {});
    finish(reply);
    if (reply.code == 0) continue;
    return tl::unexpected(Error{fmt::format("{}\nCommand failed {}:{}", reply.error, name, line->number),
                                static_cast<ErrorKind>(reply.code)});
  }
  return {};
}

Reply Commands::show_doctor(const Parsed&, const Style& style) {
  return Reply::text(doctor_report(examine("/"), style));
}

Reply Commands::show_help(const Parsed& p, const Style&) {
  auto text = help_text(p.text("object"), p.text("verb"));
  return text ? Reply::text(std::move(*text)) : Reply::failure(text.error());
}

// ---- answers of many rows ----

namespace {

// Makes a JSON list, or text, of rows as they come.
class RowWriter {
 public:
  RowWriter(const Style& style, PrintRow print, NextRows next) : style_(style), print_(print), next_(std::move(next)) {}

  bool more(std::string& piece) {
    if (style_.json && !begun_) piece += '[';
    begun_ = true;
    const bool left = next_([&](const Json& row) { add(piece, row); });
    if (!left && style_.json) piece += "]\n";
    return left;
  }

 private:
  void add(std::string& piece, const Json& row) {
    if (!style_.json) {
      piece += print_(row, style_);
      return;
    }
    if (several_) piece += ',';
    several_ = true;
    piece += print_json(row, style_);
  }

  Style style_;
  PrintRow print_;
  NextRows next_;
  bool begun_ = false, several_ = false;
};

}  // namespace

Reply rows_reply(const Style& style, PrintRow print, NextRows next) {
  Reply reply;
  reply.more = [writer = std::make_shared<RowWriter>(style, print, std::move(next))](std::string& piece) {
    return writer->more(piece);
  };
  return reply;
}

Reply rows_reply(const Style& style, PrintRow print, std::vector<Json> rows) {
  return rows_reply(style, print, [rows = std::move(rows), at = size_t{0}](const EmitRow& emit) mutable {
    for (const size_t end = std::min(rows.size(), at + kRowsTogether); at < end; ++at) emit(rows[at]);
    return at < rows.size();
  });
}

}  // namespace flyover::control
