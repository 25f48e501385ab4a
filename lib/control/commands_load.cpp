// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "control/commands.hpp"
#include "control/route_text.hpp"
#include "control/words.hpp"

namespace flyover::control {
namespace {

constexpr std::string_view kError = "Error: ";

std::string print_loaded(const Json& row, const Style&) {
  return fmt::format("{}: {} routes\n", row.at("file").get<std::string>(), row.at("routes").get<uint64_t>());
}

// The words of `route replace` for the line; none if there is nothing on it.
Result<std::vector<std::string>> replacing(std::string_view line) {
  std::string text(line);
  std::replace(text.begin(), text.end(), '\\', ' ');  // `ip -o` prints it for a line feed
  auto words = split_words(text);
  if (!words || words->empty()) return words;
  for (size_t i = words->size(); i-- > 1;)
    if (is_route_state((*words)[i]) && (*words)[i - 1] != "dev")
      words->erase(words->begin() + static_cast<std::ptrdiff_t>(i));
  words->insert(words->begin(), {"route", "replace"});
  return words;
}

}  // namespace

struct Commands::RouteLoad {
  std::string name;
  RouteFile file;
  TableId table;
  Style style;
  size_t routes = 0;
  Result<> outcome = {};
};

// A line as `route replace` would take it; false: there is nothing on it.
Result<bool> Commands::load_route(std::string_view line, TableId table) {
  const auto words = replacing(line);
  if (!words) return tl::unexpected(words.error());
  if (words->empty()) return false;
  const auto parsed = parse(*words);
  if (!parsed) return tl::unexpected(parsed.error());
  if (parsed->command->id != CommandId::RouteReplace)
    return wrong_usage(fmt::format("Error: any valid prefix is expected rather than \"{}\".", words->back()));
  auto spec = written_route(*parsed);
  if (!spec) return tl::unexpected(spec.error());
  if (!parsed->has("table")) spec->table = table;
  if (const auto object = router_.routes().shown_next_hop(spec->nexthop_id)) {  // shown with what it has at the moment
    spec->gateway = kAnyAddress, spec->out = kNoInterface, spec->onlink = false;
    spec->legs.clear();
    if (object->blackhole) spec->type = route::RouteType::Unicast;
  }
  return router_.routes().replace(*spec).map([] { return true; });
}

// A piece of the file; false when that was the last, or a line was refused.
bool Commands::load_piece(RouteLoad& load, std::string& out) {
  const auto fail = [&](size_t line, const Error& error) {
    std::string_view message = error.message;
    if (message.starts_with(kError)) message.remove_prefix(kError.size());
    load.outcome = tl::unexpected(Error{fmt::format("{}:{}: {}", load.name, line, message), error.kind});
    return false;
  };
  OrdinaryRoutes ordinary(router_.interfaces(), load.table);
  if (auto read = load.file.read_on(); !read) return fail(load.file.lines() + 1, read.error());
  bool good = true;
  while (const auto line = good ? load.file.next() : std::nullopt) {
    const auto spec = ordinary.read(line->text);
    const auto done =
        spec ? router_.routes().replace(*spec).map([] { return true; }) : load_route(line->text, load.table);
    good = done ? true : fail(line->number, done.error());
    load.routes += good && *done;
  }
  router_.commit();
  if (good && load.file.ended()) {
    Json row{{"file", load.name}, {"routes", load.routes}};
    (void)rows_reply(load.style, print_loaded, std::vector<Json>{std::move(row)}).more(out);
  }
  return good && !load.file.ended();
}

Reply Commands::load_routes(const Parsed& p, const Style& style) {
  auto file = RouteFile::open(p.text("file"));
  if (!file) return Reply::failure(file.error());
  const TableId table(static_cast<uint32_t>(p.get<uint64_t>("table").value_or(0)));
  const auto load = std::make_shared<RouteLoad>(RouteLoad{p.text("file"), std::move(*file), table, style});
  Reply reply;
  reply.more = [this, load](std::string& out) { return load_piece(*load, out); };
  reply.outcome = [load] { return load->outcome; };
  return reply;
}

}  // namespace flyover::control
