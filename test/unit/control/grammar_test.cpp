// SPDX-License-Identifier: BSD-3-Clause
#include "control/grammar.hpp"

#include <catch2/catch.hpp>

#include "control/grammar_help.hpp"
#include "control/words.hpp"

using namespace flyover;
using namespace flyover::control;

namespace {

Result<Parsed> parse_line(const std::string& line) { return parse(*split_words(line)); }

std::string error_of(const std::string& line) {
  const auto parsed = parse_line(line);
  return parsed ? "(none)" : parsed.error().message;
}

std::vector<std::string> sorted(std::vector<std::string> words) {
  std::sort(words.begin(), words.end());
  return words;
}

bool suggests(const std::string& line, const std::string& word) {
  const auto words = suggest(*split_words(line)).words;
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

TEST_CASE("commands are understood in full and abbreviated, as `ip` takes them") {
  struct Row {
    std::string line;
    CommandId id;
  };
  const Row row = GENERATE(values<Row>({
      {"", CommandId::Help},
      {"help", CommandId::Help},
      {"route help", CommandId::Help},
      {"route add help", CommandId::Help},
      {"route help add", CommandId::Help},
      {"a", CommandId::AddrShow},
      {"addr", CommandId::AddrShow},
      {"address list", CommandId::AddrShow},
      {"addr lst", CommandId::AddrShow},
      {"addr sh", CommandId::AddrShow},
      {"a s p0", CommandId::AddrShow},
      {"r", CommandId::RouteShow},
      {"ro", CommandId::RouteShow},
      {"r s", CommandId::RouteShow},
      {"ip", CommandId::Refused},
      {"r l", CommandId::RouteShow},
      {"r g 1.2.3.4", CommandId::RouteGet},
      {"route lo /tmp/routes", CommandId::RouteLoad},
      {"ro a 1.0.0.0/8 via 10.0.0.1", CommandId::RouteAdd},
      {"route del 1.0.0.0/8", CommandId::RouteDel},
      {"route delete default", CommandId::RouteDel},
      {"route rep default via 10.0.0.1", CommandId::RouteReplace},
      {"n", CommandId::NeighShow},
      {"neighbor", CommandId::NeighShow},
      {"neighbour show", CommandId::NeighShow},
      {"neigh a 10.0.0.1 dev p0", CommandId::NeighAdd},
      {"l", CommandId::LinkShow},
      {"link set p0 up", CommandId::LinkSet},
      {"l s p0 up", CommandId::LinkSet},
      {"link add p0 type port dev net_null0", CommandId::LinkAdd},
      {"set rp_filter 1", CommandId::Set},
      {"set rp_filter=1", CommandId::Set},
      {"set", CommandId::SetShow},
      {"show set", CommandId::SetShow},
      {"set show rp_filter", CommandId::SetShow},
      {"show route", CommandId::RouteShow},
      {"show drops", CommandId::DropsShow},
      {"drops", CommandId::DropsShow},
      {"stats", CommandId::StatsShow},
      {"worker", CommandId::WorkerShow},
      {"worker set p0 1 0", CommandId::WorkerSet},
      {"trace add 5", CommandId::TraceAdd},
      {"trace", CommandId::TraceShow},
      {"ask from 1.1.1.1 to 2.2.2.2", CommandId::Ask},
      {"ask \"from 1.1.1.1 to 2.2.2.2 iif p0\"", CommandId::Ask},
      {"capture p0 file /tmp/x.pcapng", CommandId::Capture},
      {"capture show", CommandId::CaptureShow},
      {"capture stop p0", CommandId::CaptureStop},
      {"doctor", CommandId::Doctor},
  }));
  const auto parsed = parse_line(row.line);
  INFO(row.line << ": " << (parsed ? "" : parsed.error().message));
  CHECK((parsed ? parsed->command->id : CommandId::Refused) == row.id);
}

TEST_CASE("mistakes get the words of `ip` and name the word that was wrong") {
  struct Row {
    std::string line, message;
    ErrorKind kind = ErrorKind::Usage;
  };
  const std::string incomplete = "Command line is not complete. Try option \"help\"";
  const std::string need_dev = "Not enough information: \"dev\" argument is required.";
  const std::string need_neigh = "Device and destination are required arguments.";
  const Row row = GENERATE_COPY(values<Row>({
      {"foo", "Object \"foo\" is unknown, try \"flyover help\"."},
      {"route foo", "Command \"foo\" is unknown, try \"flyover route help\"."},
      {"route add x", "Error: any valid prefix is expected rather than \"x\"."},
      {"addr add 10.0.0.300 dev p0", "Error: any valid prefix is expected rather than \"10.0.0.300\"."},
      {"addr add 10.0.0.3/33 dev p0", "Error: any valid prefix is expected rather than \"10.0.0.3/33\"."},
      {"addr add 10.0.0.3/24", need_dev},
      {"addr add 1.2.3.4 1.2.3.5 dev p0", "Error: either \"local\" is duplicate, or \"1.2.3.5\" is a garbage."},
      {"addr show foo bar", "Error: either \"dev\" is duplicate, or \"bar\" is a garbage."},
      {"route add", incomplete},
      {"route add 1.2.3.0/24 via", incomplete},
      {"route add 1.2.3.0/24 via x", "Error: inet address is expected rather than \"x\"."},
      {"route add 1.2.3.0/24 metric x dev p0", "Error: argument \"x\" is wrong: \"metric\" value is invalid"},
      {"route add 1.2.3.0/24 table x dev p0", "Error: argument \"x\" is wrong: \"table\" value is invalid"},
      {"route add default table 70000000000 dev lo",
       "Error: argument \"70000000000\" is wrong: \"table\" value is invalid"},
      {"route add 10.0.0.0/8 dev p0 mtu lock x", "Error: argument \"x\" is wrong: \"mtu\" value is invalid"},
      {"route add 10.0.0.0/8 dev p0 proto x", "Error: argument \"x\" is wrong: \"protocol\" value is invalid"},
      {"route add 10.0.0.0/8 dev p0 scope x", "Error: argument \"x\" is wrong: invalid \"scope\" value"},
      {"route add 10.0.0.0/8 dev p0 src x", "Error: inet address is expected rather than \"x\"."},
      {"route add 1.2.3.0/24 dev p0 foo", "Error: either \"to\" is duplicate, or \"foo\" is a garbage."},
      {"route add multicast 1.2.3.0/24 dev p0",
       "Error: \"multicast\" is not supported: there are no routes of this type.", ErrorKind::Refused},
      {"route add 1.2.3.0/24 dev p0 advmss 1400",
       "Error: \"advmss\" is not supported: of the metrics, routes have mtu.", ErrorKind::Refused},
      {"route show table x", "Error: argument \"x\" is wrong: table id value is invalid"},
      {"route get", "need at least a destination address"},
      {"route get x", "Error: any valid prefix is expected rather than \"x\"."},
      {"neigh add", need_neigh},
      {"neigh add 10.0.0.8 lladdr 2:0:0:0:0:8", need_neigh},
      {"neigh add x dev p0", "Error: inet address is expected rather than \"x\"."},
      {"neigh add 10.0.0.8 lladdr zz dev p0", "\"zz\" is invalid lladdr."},
      {"neigh add 10.0.0.8 nud x dev p0", "Error: argument \"x\" is wrong: nud state is bad"},
      {"link set", need_dev},
      {"link set p0 mtu", incomplete},
      {"link set p0 mtu x", "Error: argument \"x\" is wrong: Invalid \"mtu\" value"},
      {"link set p0 mtu 5 mtu 6", "Error: duplicate \"mtu\": \"6\" is the second value."},
      {"link set p0 foo", "Error: either \"dev\" is duplicate, or \"foo\" is a garbage."},
      {"link set p0 address zz", "\"zz\" is invalid lladdr."},
      {"link add type", incomplete},
      {"link set p0 promisc x", "Error: argument of \"promisc\" must be \"on\" or \"off\", not \"x\""},
      {"link set aninterfacewithalongname up",
       "Error: argument \"aninterfacewithalongname\" is wrong: \"dev\" not a valid ifname"},
      {"trace add x", "Error: argument \"x\" is wrong: \"count\" is a number from 1 to 1000"},
      {"ask from 1.1.1.1 to 2.2.2.2 ttl 300", "Error: argument \"300\" is wrong: \"ttl\" is a number from 0 to 255"},
      {"set rp_filter", "Not enough information: \"value\" argument is required."},
      {"route add default nexthop", "Error: unexpected end of line after \"nexthop\""},
      {"route add default nexthop via 10.0.0.1 metric 7",
       "Error: \"nexthop\" or end of line is expected instead of \"metric\""},
      {"route add default nexthop via 10.0.0.1 weight 257", "Error: argument \"257\" is wrong: \"weight\" is invalid"},
      {"route add default nexthop via x", "Error: inet address is expected rather than \"x\"."},
      {"route add default nexthop via", "Command line is not complete. Try option \"help\""},
      {"route add default nhid x", "Error: argument \"x\" is wrong: \"id\" value is invalid"},
      {"nexthop add id x", "Error: argument \"x\" is wrong: invalid id value"},
      {"nexthop add id 1 group 1/x", "Error: argument \"1/x\" is wrong: \"group\" value is invalid"},
      {"nexthop add id 1 group 1,0", "Error: argument \"0\" is wrong: \"weight\" is invalid"},
      {"nexthop add id 1 group 1 type none", "Error: argument \"none\" is wrong: \"type\" value is invalid"},
      {"nexthop add id 1 fdb", "Error: \"fdb\" is not supported: Flyover has no VXLAN.", ErrorKind::Refused},
      {"rule add from 10.0.0.1 l3mdev", "Error: \"l3mdev\" is not supported: Flyover has one routing domain.",
       ErrorKind::Refused},
      {"nft list ruleset", "Error: \"nft\" is not supported: Flyover has hook points, but no rule language.",
       ErrorKind::Refused},
      {"addr change 10.0.0.1/24 dev p0",
       "Error: \"addr change\" is not supported: delete the address and add it again.", ErrorKind::Refused},
  }));
  INFO(row.line);
  const auto parsed = parse_line(row.line);
  REQUIRE(!parsed);
  CHECK(parsed.error().message == row.message);
  CHECK(parsed.error().kind == row.kind);
}

TEST_CASE("values arrive in their own types") {
  const auto route = parse_line(
      "route add blackhole 10.1.0.0/255.255.0.0 via 10.0.0.9 oif p0 mtu lock 900 table local priority 7 proto static");
  REQUIRE(route);
  CHECK(route->text("type") == "blackhole");
  CHECK(route->get<WrittenPrefix>("to")->prefix() == *Ipv4Prefix::parse("10.1.0.0/16"));
  CHECK(route->get<Ipv4Address>("via") == Ipv4Address(10, 0, 0, 9));
  CHECK(route->text("dev") == "p0");
  CHECK(route->get<uint64_t>("mtu") == 900);
  CHECK(route->locked("mtu"));
  CHECK(route->get<uint64_t>("table") == 255);
  CHECK(route->get<uint64_t>("metric") == 7);
  CHECK(route->get<uint64_t>("protocol") == 4);
  CHECK_FALSE(route->has("onlink"));
  CHECK_FALSE(route->get<uint64_t>("scope"));

  const auto host_bits = parse_line("route add 1.2.3.4/24 dev p0");
  CHECK(host_bits->get<WrittenPrefix>("to")->has_host_bits());
  CHECK(parse_line("route add default dev p0")->get<WrittenPrefix>("to")->length == 0);
  CHECK(parse_line("link set dev up up")->text("dev") == "up");
  CHECK(parse_line("link set p0 promisc off")->get<bool>("promisc") == false);
  CHECK(parse_line("route show table all")->get<uint64_t>("table") == 0);
  CHECK(parse_line("route show table 0x10")->get<uint64_t>("table") == 16);
}

TEST_CASE("numbers of tables, protocols and scopes have the names of iproute2") {
  CHECK(table_name(254) == "main");
  CHECK(table_name(100) == "100");
  CHECK(protocol_name(2) == "kernel");
  CHECK(protocol_name(98) == "98");
  CHECK(scope_name(253) == "link");
  CHECK(scope_name(0) == "global");
  CHECK(scope_of("host") == 254);
  CHECK_FALSE(protocol_of("256"));
}

TEST_CASE("options are taken off the front, by any spelling that `ip` takes") {
  std::vector<std::string> words = *split_words("-j -stat -s --pretty -br -4 link show -j");
  const auto style = take_options(words);
  REQUIRE(style);
  CHECK(style->json);
  CHECK(style->pretty);
  CHECK(style->brief);
  CHECK(style->statistics == 2);
  CHECK(words == std::vector<std::string>{"link", "show", "-j"});
  words = {"-foo", "link"};
  CHECK(take_options(words).error().message == "Option \"-foo\" is unknown, try \"flyover help\".");
  CHECK(find_option("-b")->word == "-b");
  CHECK(find_option("-batch")->word == "-b");
  CHECK(find_option("-br")->word == "-br");
  CHECK(find_option("-force")->word == "-fo");
}

TEST_CASE("what may follow is suggested") {
  CHECK(suggests("", "route"));
  CHECK(suggests("", "nexthop"));
  CHECK(sorted(suggest({"route"}).words) ==
        sorted({"show", "get", "load", "add", "change", "replace", "prepend", "append", "del", "flush"}));
  CHECK(suggests("help", "route"));
  CHECK(suggests("help route", "get"));
  CHECK(suggests("route add", "blackhole"));
  CHECK(suggests("route add", "default") == false);
  CHECK(suggests("route add default", "via"));
  CHECK_FALSE(suggests("route add default via 10.0.0.1", "via"));
  CHECK(suggests("route add default", "nexthop"));
  CHECK(suggests("route add default nexthop via 10.0.0.1", "weight"));
  CHECK(suggests("route add default nexthop via 10.0.0.1", "nexthop"));
  CHECK(suggest({"route", "add", "default", "nexthop", "dev"}).devices);
  CHECK(suggests("route add default table", "main"));
  CHECK(suggest({"link", "set"}).devices);
  CHECK(suggest({"route", "add", "default", "dev"}).devices);
  CHECK(suggest({"set"}).settings);
  CHECK(suggest({"set"}).words == std::vector<std::string>{"show"});
  CHECK(suggest({"capture", "p0", "file"}).files);
  CHECK(suggests("link set p0", "up"));
  CHECK(suggests("show", "route"));
  CHECK(suggest({"foo"}).words.empty());
  CHECK(suggest({"route", "add", "default", "via", "x"}).words.empty());
}

TEST_CASE("every command has its help, and everything printed from the tables knows it") {
  const std::string man = client_man_page(), page = commands_markdown(), overview = *help_text("", "");
  for (const Object& object : objects()) {
    INFO(object.name);
    if (!object.refusal.empty()) {
      CHECK_FALSE(help_text(object.name, ""));
      continue;
    }
    CHECK(overview.find(object.name) != std::string::npos);
    for (const Command& command : object.commands) {
      if (!command.refusal.empty()) continue;
      CHECK(help_text(object.name, "")->find(usage_of(object, command).substr(0, 16)) != std::string::npos);
      CHECK(page.find(command.help) != std::string::npos);
      CHECK_FALSE(command.help.empty());
      for (const Keyword& keyword : command.keywords) CHECK((keyword.help.empty() == !keyword.refusal.empty()));
    }
  }
  CHECK(man.find(".SH COMMANDS") != std::string::npos);
  CHECK(help_text("route", "foo").error().message == "Command \"foo\" is unknown, try \"flyover route help\".");
}

TEST_CASE("no garbage makes the parser do anything but refuse") {
  for (const char* line :
       {"route add default via via via", "help help help help", "show", "show show", "set set set set",
        "link set set set", "route help help", "a a a a a", "trace add add", "ask ''", "ask 'from'", "show foo"}) {
    INFO(line << ": " << error_of(line));
    CHECK_NOTHROW(parse_line(line));
  }
}
