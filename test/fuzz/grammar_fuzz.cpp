// SPDX-License-Identifier: BSD-3-Clause
// Fuzz target: text, as the lines of a batch, to a whole router. Each line is answered in one of the three ways that there are;
// what `show` prints is understood when it is given back; completion proposes nothing that the parser does not know.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "control/grammar_help.hpp"
#include "control/print.hpp"
#include "control/words.hpp"
#include "fake_port.hpp"
#include "house.hpp"
#include "unseen.hpp"
#include "world.hpp"

using namespace flyover;
using namespace flyover::control;
using namespace flyover::fuzz;

namespace {

constexpr int kMostLines = 24;
constexpr size_t kMostOutput = 1 << 22;
constexpr const char *kRoutes = "route show table all", *kSettings = "set show", *kNeighbours = "neigh show nud all",
                     *kAddresses = "-j addr show";
using Words = std::vector<std::string>;

void require(bool truth, const std::string& line, const char* what) {
  if (truth) return;
  fmt::print(stderr, "{}: {}\n", what, line);
  std::abort();
}

// Any device arguments are those of a device.
class Driver final : public iface::PortDriver {
 public:
  Result<std::unique_ptr<iface::Port>> open(const iface::PortConfig& config) override {
    if (config.devargs.size() % 7 == 6) return refused("no such device");
    return std::make_unique<test::FakePort>(MacAddress({2, 0, 0, 0, 0, 9}), true);
  }
};

struct Hall : World {
  Driver driver;
  House house{profiles()[0], pool, reached, &driver};
  std::map<std::string, std::string> usual;  // by command: what is shown before anything was changed
};

bool is_between(CommandId id, CommandId first, CommandId last) { return id >= first && id <= last; }
// Those that look at this machine, or read and write files.
bool leaves_the_router(CommandId id) {
  return id == CommandId::Doctor || id == CommandId::Capture || id == CommandId::RouteLoad;
}
bool changes_tables(CommandId id) {
  return is_between(id, CommandId::LinkAdd, CommandId::LinkDel) || id == CommandId::AddrAdd ||
         id == CommandId::AddrDel || id == CommandId::AddrFlush || id == CommandId::RouteFlush ||
         is_between(id, CommandId::RouteAdd, CommandId::RouteDel) || id == CommandId::NeighFlush ||
         is_between(id, CommandId::NexthopAdd, CommandId::NexthopDel) || id == CommandId::NexthopFlush ||
         is_between(id, CommandId::NeighAdd, CommandId::NeighDel);
}

std::string check_reply(Reply reply, const std::string& line, const Style& style) {
  while (reply.more && reply.out.size() < kMostOutput) advance(reply, reply.out);
  require(reply.code >= 0 && reply.code <= 2, line, "an exit code that nobody knows");
  require((reply.code == 0) == reply.error.empty(), line, "an error without a message, or a message without an error");
  require(!reply.error.ends_with('\n'), line, "a message that ends its line");
  if (style.json && !reply.out.empty() && reply.out[0] == '[')
    require(Json::accept(reply.out), line, "JSON that is none");
  if (!reply.out.empty()) require(reply.out.ends_with('\n'), line, "an answer whose last line does not end");
  return std::move(reply.out);
}

void check_completion(const Words& words) {
  for (size_t count = words.empty() ? 0 : words.size() - 1; count <= words.size(); ++count) {
    Words before(words.begin(), words.begin() + static_cast<ptrdiff_t>(count));
    for (const std::string& next : suggest(before).words) {
      before.push_back(next);
      const auto parsed = parse(before);
      const std::string why = parsed ? "" : parsed.error().message;
      for (const char* wrong : {"garbage", "unknown", "is wrong", "is expected", "duplicate"})
        require(why.find(wrong) == std::string::npos, join_words(before) + ": " + why, "a proposal that is refused");
      before.pop_back();
    }
  }
}

// Which command it was; none: it was refused.
std::optional<CommandId> run_line(Hall& hall, const std::string& line) {
  auto words = split_words(line);
  std::optional<CommandId> id;
  Style style;
  if (words) {
    require(*split_words(join_words(*words)) == *words, line, "words that do not survive being joined");
    if (const auto options = take_options(*words)) {
      style = *options;
      if (const auto parsed = parse(*words)) id = parsed->command->id;
      if (id && leaves_the_router(*id)) return {};
      check_completion(*words);
      (void)help_text(words->empty() ? "" : (*words)[0], words->size() < 2 ? "" : (*words)[1]);
    }
  }
  Reply reply = hall.house.router().commands().run(line, {});
  if (reply.code) id.reset();
  check_reply(std::move(reply), line, style);
  hall.house.router().settle();
  hall.house.check_balance();
  return id;
}

// ---- what is shown can be said ----

std::string show(Hall& hall, const std::string& line) {
  return check_reply(hall.house.router().commands().run(line, {}), line, {});
}

// What begins with a tab goes on with the line before it.
Words lines_of(const std::string& text) {
  Words lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with('\t') && !lines.empty())
      lines.back() += line;
    else
      lines.push_back(line);
  }
  return lines;
}

void check_parses(const std::string& line) {
  const auto words = split_words(line);
  require(words.has_value(), line, "what is shown cannot be split into words");
  const auto parsed = parse(*words);
  require(parsed.has_value(), line + ": " + (parsed ? "" : parsed.error().message), "what is shown is not understood");
}

// Names that take quotes are shown without them, as `ip` shows them.
bool has_plain_names(Hall& hall) {
  auto& interfaces = hall.house.router().router().interfaces();
  const auto ids = interfaces.ids();
  return std::none_of(ids.begin(), ids.end(),
                      [&](InterfaceId id) { return interfaces.name(id).find_first_of("\"'#\\") != std::string::npos; });
}

// Each is replaced by itself: nothing changes.
void check_routes(Hall& hall, const std::string& before) {
  std::set<std::string> keys;
  Words commands;
  for (std::string line : lines_of(before)) {
    for (const char* flag : {" linkdown", " dead"})
      for (size_t at; (at = line.find(flag)) != std::string::npos;) line.erase(at, std::string(flag).size());
    check_parses("route replace " + line);
    const Parsed p = *parse(*split_words("route replace " + line));
    const WrittenPrefix to = *p.get<WrittenPrefix>("to");
    keys.insert(fmt::format("{} {} {} {}", p.get<uint64_t>("table").value_or(0), to.address.to_string(), to.length,
                            p.get<uint64_t>("metric").value_or(0)));
    commands.push_back("route replace " + line);
  }
  if (keys.size() != commands.size()) return;  // which of two is replaced is not said
  for (const std::string& command : commands) (void)hall.house.router().command(command);
  require(show(hall, kRoutes) == before, before, "routes that were replaced by themselves are others");
}

void check_neighbours(Hall&, const std::string& text) {
  for (const std::string& line : lines_of(text)) {
    Words words = *split_words(line);
    std::string state = words.back();
    std::transform(state.begin(), state.end(), state.begin(), [](unsigned char c) { return std::tolower(c); });
    words.back() = state;
    words.insert(words.end() - 1, "nud");
    check_parses("neigh replace " + join_words(words));
  }
}

void check_addresses(Hall&, const std::string& text) {
  for (const Json& link : Json::parse(text))
    for (const Json& a : link["addr_info"]) {
      std::string line = fmt::format("addr add {}/{} scope {} dev p0", a["local"].get<std::string>(),
                                     a["prefixlen"].get<int>(), a["scope"].get<std::string>());
      if (a.contains("broadcast")) line += " brd " + a["broadcast"].get<std::string>();
      check_parses(line);
    }
}

// Each is set to what it is: nothing changes.
void check_settings(Hall& hall, const std::string& before) {
  const Words was = lines_of(hall.usual[kSettings]);
  for (const std::string& line : lines_of(before)) {
    if (std::find(was.begin(), was.end(), line) != was.end()) continue;
    const size_t equals = line.find(" = ");
    const std::string command = "set " + line.substr(0, equals) + " " + line.substr(equals + 3);
    const std::string wrong = hall.house.router().command(command);
    require(wrong.empty(), command + ": " + wrong, "a setting that is shown cannot be set");
  }
  require(show(hall, kSettings) == before, before, "settings that were set to what they are are others");
}

void check_shown(Hall& hall, const char* command, void (*check)(Hall&, const std::string&)) {
  const std::string text = show(hall, command);
  if (text != hall.usual[command]) check(hall, text);
}

Hall& the_hall() {
  const Unseen construction;
  static Hall hall;
  if (hall.usual.empty())
    for (const char* command : {kRoutes, kNeighbours, kAddresses, kSettings}) hall.usual[command] = show(hall, command);
  return hall;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Hall& hall = the_hall();
  BatchReader reader({reinterpret_cast<const char*>(data), size});
  bool tables = false, settings = false, traces = false;
  for (int count = 0; count < kMostLines; ++count) {
    const auto line = reader.next();
    if (!line) break;
    const auto id = run_line(hall, line->text);
    tables |= id && changes_tables(*id);
    settings |= id == CommandId::Set;
    traces |= id == CommandId::TraceAdd;
    if (id == CommandId::TraceAdd) hall.house.router().receive("p0", "udp 10.0.0.2 > 20.0.0.1");
  }
  if (tables && has_plain_names(hall)) {
    check_shown(hall, kRoutes, check_routes);
    check_shown(hall, kNeighbours, check_neighbours);
    check_shown(hall, kAddresses, check_addresses);
  }
  if (settings && has_plain_names(hall)) check_shown(hall, kSettings, check_settings);
  const Unseen between_inputs;
  if (traces) (void)hall.house.router().command("trace stop");
  if (tables) hall.house.note("link");
  if (settings) hall.house.note("set ");
  hall.house.restore();
  return 0;
}
