// SPDX-License-Identifier: BSD-3-Clause
// Routes out of a file: the quick way and the grammar's give the same, and what is refused is named by its line.
#include <fmt/format.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "control/commands.hpp"
#include "control/route_text.hpp"
#include "fake_port.hpp"
#include "route/synthetic_table.hpp"

using namespace flyover;
using namespace flyover::control;

namespace {

struct House {
  std::unique_ptr<Router> router;
  std::unique_ptr<Commands> commands;
  std::string file = std::filesystem::temp_directory_path() / fmt::format("route_load.{}", ::getpid());

  House() {
    auto made = Router::create({.workers = 1, .tsc_hz = 1'000'000'000}, nullptr);
    REQUIRE(made);
    router = std::move(*made);
    commands = std::make_unique<Commands>(*router);
    for (uint8_t i = 0; i < 2; ++i) {
      const MacAddress mac({2, 0, 0, 0, 0, static_cast<uint8_t>(1 + i)});
      REQUIRE(router->interfaces().attach(fmt::format("p{}", i), std::make_unique<test::FakePort>(mac, true)));
      run(fmt::format("addr add 10.0.{}.1/24 dev p{}", i, i));
      run(fmt::format("link set p{} up", i));
    }
  }
  ~House() { std::remove(file.c_str()); }

  Reply run(const std::string& line) {
    Reply reply = commands->run(line, {});
    finish(reply);
    return reply;
  }
  Reply load(const std::string& text, const std::string& more = "") {
    std::ofstream(file) << text;
    return run(fmt::format("route load {} {}", file, more));
  }
  std::string shown() { return run("route show table all").out; }
};

}  // namespace

TEST_CASE("what route show has printed is loaded again") {
  House one, two;
  for (const char* line :
       {"route add 20.0.0.0/8 via 10.0.0.5", "route add 21.0.0.0/8 via 10.0.0.5 dev p0 onlink metric 7 mtu 1400",
        "route add blackhole 22.0.0.0/8", "route add 23.0.0.0/8 dev p1 src 10.0.0.1 proto bgp",
        "route add 24.0.0.0/8 via 10.0.1.9 mtu lock 1300", "route add default via 10.0.1.7 proto static",
        "route add 25.0.0.0/8 via 10.0.1.7 table 100", "route add throw 26.0.0.0/8 table 100 metric 3",
        "route add 27.0.0.0/8 via 10.0.1.7 tos 0x10"})
    REQUIRE(one.run(line).code == 0);
  const Reply reply = two.load(one.shown());
  CHECK(reply.error == "");
  CHECK(two.shown() == one.shown());
  CHECK(reply.out.ends_with(" routes\n"));
}

TEST_CASE("routes by several next hops and by next-hop objects are loaded as they are shown") {
  House one, two;
  for (const char* line : {"nexthop add id 1 via 10.0.0.5 dev p0", "nexthop add id 2 via 10.0.1.5 dev p1 onlink",
                           "nexthop add id 3 group 1,3/2", "nexthop add id 4 blackhole"})
    for (House* house : {&one, &two}) REQUIRE(house->run(line).code == 0);
  for (const char* line :
       {"route add 20.0.0.0/8 nexthop via 10.0.0.5 weight 3 nexthop via 10.0.1.5", "route add 21.0.0.0/8 nhid 1",
        "route add 22.0.0.0/8 metric 5 nexthop dev p0 nexthop via 10.0.1.9 dev p1 weight 256 onlink",
        "route add 23.0.0.0/8 nhid 2 metric 7 proto bgp", "route add 24.0.0.0/8 nhid 3", "route add 25.0.0.0/8 nhid 4",
        "route add 26.0.0.0/8 nhid 3 table 100 mtu 1400"})
    REQUIRE(one.run(line).code == 0);
  const std::string in_lines = one.shown();
  CHECK(two.load(in_lines).error == "");
  CHECK(two.shown() == in_lines);
  std::string as_one = in_lines;  // as `ip -o` prints them
  for (size_t at; (at = as_one.find("\n\t")) != std::string::npos;) as_one[at] = '\\';
  for (const char* table : {"main", "100"}) two.run(std::string("route flush proto boot table ") + table);
  CHECK(two.shown() != in_lines);
  CHECK(two.load(as_one).error == "");
  CHECK(two.shown() == in_lines);
  CHECK(two.load("27.0.0.0/8 nhid 9 via 10.0.0.5 dev p0\n").code == 2);
}

TEST_CASE("an ordinary line is read as the grammar reads it, or left to it") {
  House house;
  const std::array<const char*, 8> starts{"20.0.0.0/8", "default",   "20.1.2.3",    "blackhole 20.0.0.0/8",
                                          "20.1/16",    "020.0.0.0", "20.0.0.0/08", "20.0.0.1/8"};
  const std::array<const char*, 24> ends{
      "via 10.0.0.5", "via 10.0.0.05", "via 10.0.0",        "via 10.0.0.256", "via 10.0.0.5.1",   "dev p0",
      "dev p9",       "dev 'p0'",      "proto bgp",         "proto 200",      "proto nonsense",   "metric 10",
      "metric 010",   "metric 0x10",   "metric 4294967296", "mtu 1400",       "mtu lock 1400",    "scope link",
      "table 100",    "table main",    "src 10.0.0.1",      "onlink",         "via 10.0.0.5 via", "metric"};
  for (const char* start : starts)
    for (const char* first : ends)
      for (const char* second :
           {"", "dev p0", "proto bgp", "metric 010", "onlink", "via 10.0.0.5", "table 100", "mtu"}) {
        const std::string line = fmt::format("{} {}  {}", start, first, second);
        INFO(line);
        const std::string before = house.shown();
        const Reply by_grammar = house.run("route replace " + line);
        const std::string after = house.shown();
        house.run("route flush table 100");
        house.run("route flush root 20.0.0.0/8");
        house.run("route flush exact default");
        const Reply by_file = house.load(line + " linkdown\n");
        CHECK(house.shown() == after);
        CHECK(by_file.code == by_grammar.code);
        std::string expected = by_grammar.error;
        if (expected.starts_with("Error: ")) expected.erase(0, 7);
        CHECK(by_file.error == (expected.empty() ? "" : fmt::format("{}:1: {}", house.file, expected)));
        house.run("route flush table 100");
        house.run("route flush root 20.0.0.0/8");
        house.run("route flush exact default");
        REQUIRE(house.shown() == before);
      }
}

TEST_CASE("a line that is refused ends the load by its number; what came before stays") {
  House house;
  const Reply reply =
      house.load("# routes\n\n20.0.0.0/8 via 10.0.0.5\n21.0.0.0/8 via 99.0.0.1\n22.0.0.0/8 via 10.0.0.5\n");
  CHECK(reply.error == house.file + ":4: Nexthop has invalid gateway.");
  CHECK(reply.code == 2);
  CHECK(reply.out == "");
  CHECK(house.run("route show 20.0.0.0/8").out == "20.0.0.0/8 via 10.0.0.5 dev p0 \n");
  CHECK(house.run("route show 22.0.0.0/8").out == "");
  CHECK(house.load("20.0.0.0/8 nonsense\n").code == 1);
  CHECK(house.load("help\n").error == house.file + ":1: any valid prefix is expected rather than \"help\".");
}

TEST_CASE("a route that stands behind the one to be replaced is refused, as ip -batch is") {
  House house;
  CHECK(house.load("20.0.0.0/8 via 10.0.0.5\n").code == 0);
  CHECK(house.run("route append 20.0.0.0/8 via 10.0.0.6").code == 0);
  CHECK(house.load("20.0.0.0/8 via 10.0.0.5\n").code == 0);
  const Reply refused = house.load("\n20.0.0.0/8 via 10.0.0.6\n21.0.0.0/8 via 10.0.0.5\n");
  CHECK(refused.code == 2);
  CHECK(refused.error == house.file + ":2: RTNETLINK answers: File exists");
  CHECK(house.run("route show 21.0.0.0/8").out == "");
}

TEST_CASE("lines go on where their next hops do, and end where the file does") {
  House house;
  const Reply several =
      house.load("20.0.0.0/8 via 10.0.0.5\n21.0.0.0/8 \n\tnexthop via 10.0.0.5 dev p0 weight 1 \n22.0.0.0/8 oops\n");
  CHECK(several.error.starts_with(house.file + ":"));
  CHECK(house.load("20.0.0.0/8 via 10.0.0.5\r\n\n  21.0.0.0/8 via 10.0.0.5").out == house.file + ": 2 routes\n");
  CHECK(house.load("").out == house.file + ": 0 routes\n");
  CHECK(house.load(std::string(3 << 20, 'x')).error == house.file + ":1: the line is too long");
  CHECK(house.load("20.0.0.0/8 via 10.0.0.5 \\ \n", "table 7").out == house.file + ": 1 routes\n");
  CHECK(house.run("route show table 7").out == "20.0.0.0/8 via 10.0.0.5 dev p0 \n");
}

TEST_CASE("files that cannot be read are named") {
  House house;
  CHECK(house.run("route load /no/such/file").error ==
        "Cannot open file \"/no/such/file\" for reading: No such file or directory");
  CHECK(house.run("route load /dev/null").error ==
        "Cannot open file \"/dev/null\" for reading: it is not a regular file");
  CHECK(house.run("route load").code == 1);
}

TEST_CASE("a large file is loaded in pieces") {
  House house;
  std::string text;
  for (const auto& route : route::synthetic_table(20000, 100, 1))
    text += fmt::format("{} via 10.0.0.{} dev p0 proto bgp metric 20\n", route.prefix.to_string(), 2 + route.next_hop);
  std::ofstream(house.file) << text;
  Reply reply = house.commands->run("route load " + house.file, {});
  size_t pieces = 0;
  for (; reply.more; ++pieces) advance(reply, reply.out);
  CHECK(pieces > 20);
  CHECK(reply.error == "");
  CHECK(reply.out == house.file + ": 20000 routes\n");
  CHECK(house.router->routes().size(route::kTableMain) == 20002);
}

TEST_CASE("a line may be as long as may be") {
  House house;
  std::string line = "20.0.0.0/8";
  for (int i = 0; i < 140'000; ++i) line += " f dead";
  CHECK(house.load(line + "\n").error.find("\"f\" is a garbage") != std::string::npos);
  line = "20.0.0.0/8\n";
  for (int i = 0; i < 40'000; ++i) line += "\tnexthop via 10.0.0.2\n";
  CHECK(house.load(line).error == "");
}
