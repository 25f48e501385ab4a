// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <algorithm>
#include <array>
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
  std::vector<std::string> asked{"route", "replace"};
  bool names_device = true;  // what comes first is no state either
  for (std::string& word : *words) {
    const bool is_state = !names_device && is_route_state(word);
    names_device = word == "dev";
    if (!is_state) asked.push_back(std::move(word));
  }
  return asked;
}

}  // namespace

struct Commands::RouteLoad {
  struct Row {
    RouteFile::Line line;
    std::optional<route::RouteSpec> spec;  // none: the grammar has to read it
  };
  std::string name;
  RouteFile file;
  TableId table;
  Style style;
  size_t routes = 0;
  Result<> outcome = {};
  std::vector<Row> rows = {};  // that are looked at together

  bool read_rows(OrdinaryRoutes& ordinary);
  void prefetch(const route::RouteControl& routes) const;
  bool fail(size_t number, const Error& error);
};

// The next lines of what has been read; false: there are none.
bool Commands::RouteLoad::read_rows(OrdinaryRoutes& ordinary) {
  rows.clear();
  while (rows.size() < route::RouteControl::kTogether) {
    const auto line = file.next();
    if (!line) break;
    rows.push_back({*line, ordinary.read(line->text)});
  }
  return !rows.empty();
}

// The table of the first one is most likely the table of all.
void Commands::RouteLoad::prefetch(const route::RouteControl& routes) const {
  std::array<Ipv4Prefix, route::RouteControl::kTogether> prefixes;
  size_t count = 0;
  for (const Row& row : rows)
    if (row.spec) prefixes[count++] = row.spec->prefix();
  if (count != 0 && rows[0].spec) routes.prefetch(routes.table_of(*rows[0].spec), {prefixes.data(), count});
}

bool Commands::RouteLoad::fail(size_t number, const Error& error) {
  std::string_view message = error.message;
  if (message.starts_with(kError)) message.remove_prefix(kError.size());
  outcome = tl::unexpected(Error{fmt::format("{}:{}: {}", name, number, message), error.kind});
  return false;
}

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
  OrdinaryRoutes ordinary(router_.interfaces(), load.table);
  if (auto read = load.file.read_on(); !read) return load.fail(load.file.lines() + 1, read.error());
  bool good = true;
  while (good && load.read_rows(ordinary)) good = load_rows(load);
  router_.commit();
  if (!good || !load.file.ended()) return good;
  Json row{{"file", load.name}, {"routes", load.routes}};
  (void)rows_reply(load.style, print_loaded, std::vector<Json>{std::move(row)}).more(out);
  return false;
}

// Until one is refused.
bool Commands::load_rows(RouteLoad& load) {
  route::RouteControl& routes = router_.routes();
  load.prefetch(routes);
  for (const auto& [line, spec] : load.rows) {
    const auto done = spec ? routes.replace(*spec).map([] { return true; }) : load_route(line.text, load.table);
    if (!done) return load.fail(line.number, done.error());
    load.routes += *done;
  }
  return true;
}

Reply Commands::load_routes(const Parsed& p, const Style& style) {
  auto file = RouteFile::open(p.text("file"), asker_);
  if (!file) return Reply::failure(file.error());
  const TableId table(static_cast<uint32_t>(p.get<uint64_t>("table").value_or(0)));
  const auto load = std::make_shared<RouteLoad>(RouteLoad{p.text("file"), std::move(*file), table, style});
  Reply reply;
  reply.more = [this, load](std::string& out) { return load_piece(*load, out); };
  reply.outcome = [load] { return load->outcome; };
  return reply;
}

}  // namespace flyover::control
