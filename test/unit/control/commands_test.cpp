// SPDX-License-Identifier: BSD-3-Clause
// The commands that record_ip.py gave to the real `ip`, given to Flyover: the same answers.
#include "control/commands.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "control/words.hpp"
#include "fake_port.hpp"

using namespace flyover;
using namespace flyover::control;

namespace {

struct House {
  std::unique_ptr<Router> router;
  std::unique_ptr<Commands> commands;

  House() {
    auto made = Router::create({.workers = 2, .tsc_hz = 1'000'000'000}, nullptr);
    REQUIRE(made);
    router = std::move(*made);
    for (uint8_t i = 0; i < 3; ++i) {
      const std::string name = fmt::format("p{}", i);
      const MacAddress mac({2, 0, 0, 0, 0, static_cast<uint8_t>(1 + 2 * i)});
      REQUIRE(router->interfaces().attach(name, std::make_unique<test::FakePort>(mac, i < 2)));
    }
    commands = std::make_unique<Commands>(*router);
  }

  Reply run(const std::string& line) {
    Reply reply = commands->run(line, {});
    finish(reply);
    return reply;
  }
  Json json(const std::string& line) { return Json::parse(run(fmt::format("-j {}", line)).out); }
};

Json recorded(const char* part) {
  std::ifstream file(RECORDED);
  REQUIRE(file);
  return Json::parse(file).at(part);
}

// The configuration in which the recorded commands were given; links are there already.
void set_up(House& house) {
  for (const Json& row : recorded("setup")) {
    const std::string line = row;
    if (line.find("type veth") != std::string::npos || line.find(" q") != std::string::npos) continue;
    const Reply reply = house.run(line);
    INFO(line << ": " << reply.error);
    REQUIRE(reply.code == 0);
  }
  REQUIRE(house.run("link set p2 mtu 9000").code == 0);
}

// What the kernel orders by its hash tables.
std::string sorted_lines(const std::string& text) {
  std::multiset<std::string> lines;
  std::istringstream all(text);
  for (std::string line; std::getline(all, line);) lines.insert(line);
  std::string sorted;
  for (const std::string& line : lines) sorted += line + "\n";
  return sorted;
}

std::set<std::string> keys_of(const Json& row) {
  std::set<std::string> keys;
  for (const auto& [key, value] : row.items())
    if (key != "link") keys.insert(key);  // the far end of a veth
  return keys;
}

// Ages are not compared.
std::string without_ages(const std::string& text) {
  return std::regex_replace(text, std::regex("used [0-9]+/[0-9]+/[0-9]+"), "used 0/0/0");
}

// Each JSON object of Flyover has the keys of `ip`'s object of the same name, in its order.
void same_keys(const Json& ours, const Json& theirs) {
  for (const Json& row : theirs) {
    const auto same =
        std::find_if(ours.begin(), ours.end(), [&](const Json& o) { return o["ifname"] == row["ifname"]; });
    if (same == ours.end()) continue;
    INFO(row["ifname"]);
    CHECK(keys_of(*same) == keys_of(row));
    if (row.contains("addr_info")) CHECK((*same)["addr_info"] == row["addr_info"]);
    if (row.contains("stats64")) CHECK(keys_of((*same)["stats64"]["rx"]) == keys_of(row["stats64"]["rx"]));
    if (row.contains("stats64")) CHECK(keys_of((*same)["stats64"]["tx"]) == keys_of(row["stats64"]["tx"]));
  }
}

void without_locks(Json& rows) {
  for (Json& row : rows)
    if (row.contains("metrics")) row["metrics"][0].erase("lock");
}

}  // namespace

TEST_CASE("routes and neighbours are shown as `ip` shows them") {
  House house;
  set_up(house);
  for (const Json& shown : recorded("shown")) {
    const std::string command = shown["command"];
    auto words = *split_words(command);
    REQUIRE(take_options(words));
    if (words[0] != "route" && words[0] != "neigh") continue;
    INFO("ip " << command);
    const Reply reply = house.run(command);
    CHECK(reply.error == "");
    const bool ordered = words[0] == "route";
    const std::string theirs = shown["text"];
    CHECK((ordered ? reply.out : without_ages(sorted_lines(reply.out))) ==
          (ordered ? theirs : without_ages(sorted_lines(theirs))));
    if (!ordered) continue;
    Json rows = house.json(command);
    without_locks(rows);
    CHECK(rows == shown["rows"]);
  }
}

TEST_CASE("links and addresses have the keys that `ip -j` gives them, in the same order") {
  House house;
  set_up(house);
  for (const Json& shown : recorded("shown")) {
    const std::string command = shown["command"];
    if (command.find("link show") == std::string::npos && command.find("addr show") == std::string::npos) continue;
    if (command.starts_with("-d") || command.starts_with("-o") || command.starts_with("-br")) continue;
    INFO("ip " << command);
    Json theirs = shown["rows"];
    for (Json& row : theirs)  // recorded with -4, which leaves the link's own address out
      if (command.find("addr") != std::string::npos && !row.empty())
        row.update({{"link_type", ""}, {"address", ""}, {"broadcast", ""}});
    const Json ours = house.json(command);
    CHECK_FALSE(ours.empty());
    same_keys(ours, theirs);
  }
  CHECK(house.run("addr show p1")
            .out.find("    inet 10.1.1.1/32 scope host p1\n       valid_lft forever preferred_lft forever\n") !=
        std::string::npos);
  CHECK(house.run("-br addr show p1").out ==
        "p1               UP             10.1.1.1/32 169.254.0.1/16 10.0.1.1/24 \n");
}

TEST_CASE("refusals have the words and the exit code of `ip`") {
  House house;
  set_up(house);
  for (const Json& refused : recorded("refused")) {
    const std::string command = refused["command"];
    INFO("ip " << command);
    const Reply reply = house.run(command);
    CHECK(reply.error == refused["error"].get<std::string>());
    CHECK(reply.code == refused["code"].get<int>());
    CHECK(reply.out == "");
  }
}

TEST_CASE("routes that are shown by the thousand survive changes in between") {
  House house;
  set_up(house);
  for (int i = 0; i < 3000; ++i)
    REQUIRE(house.run(fmt::format("route add 20.{}.{}.0/24 via 10.0.0.9", i / 256, i % 256)).code == 0);
  Reply reply = house.commands->run("route show root 20.0.0.0/8", {});
  std::string out;
  REQUIRE(reply.more(out));
  for (int i = 0; i < 3000; i += 2)
    REQUIRE(house.run(fmt::format("route del 20.{}.{}.0/24", i / 256, i % 256)).code == 0);
  while (reply.more(out)) {
  }
  const auto lines = std::count(out.begin(), out.end(), '\n');
  CHECK(lines > 1500);
  CHECK(lines < 3000);
  CHECK(house.run("route flush root 20.0.0.0/8").code == 0);
  CHECK(house.run("route show root 20.0.0.0/8").out == "");
  CHECK(house.json("route show root 20.0.0.0/8").empty());
}

TEST_CASE("routes are flushed piece by piece, and others have their turns in between") {
  House house;
  set_up(house);
  for (int i = 0; i < 3000; ++i)
    REQUIRE(house.run(fmt::format("route add 20.{}.{}.0/24 via 10.0.0.9", i / 256, i % 256)).code == 0);
  const size_t before = house.router->routes().size(TableId(254));
  Reply reply = house.commands->run("route flush root 20.0.0.0/8", {});
  size_t pieces = 1;
  for (std::string out; reply.more(out); ++pieces) {
    CHECK(house.router->routes().size(TableId(254)) + 1000 * pieces >= before);
    if (pieces > 1) continue;
    REQUIRE(house.run("route add 20.0.0.0/24 via 10.0.0.9").code == 0);   // where it has been
    REQUIRE(house.run("route add 20.11.0.0/30 via 10.0.0.9").code == 0);  // where it will be
    REQUIRE(house.run("route del 20.11.0.0/24").code == 0);
  }
  CHECK(pieces >= 3);
  CHECK(house.run("route show root 20.0.0.0/8").out == "20.0.0.0/24 via 10.0.0.9 dev p0 \n");
  CHECK(house.run("route flush via 9.9.9.9").code == 0);
  CHECK(house.run("route flush").code == 1);
}

TEST_CASE("what one client has begun comes to its end before another's command") {
  House house;
  set_up(house);
  for (int i = 0; i < 3000; ++i)
    REQUIRE(house.run(fmt::format("route add 20.{}.{}.0/24 via 10.0.0.9", i / 256, i % 256)).code == 0);
  Reply down = house.commands->run("link set p0 down", {});
  REQUIRE(down.more);
  Reply add = house.commands->run("route add 20.0.0.0/24 via 10.0.0.9", {});
  REQUIRE(add.more);
  finish(add);
  CHECK(add.code == 2);
  CHECK(add.error == "Error: Nexthop has invalid gateway.");
  CHECK(house.router->routes().settled());
  finish(down);
  CHECK(down.code == 0);
  CHECK(house.run("route show root 20.0.0.0/8").out == "");
}

TEST_CASE("settings are set for one, for all, and by short names") {
  House house;
  const auto value = [&](const std::string& key) { return house.run(fmt::format("set show {}", key)).out; };
  CHECK(value("ip_default_ttl") == "net.ipv4.ip_default_ttl = 64\n");
  CHECK(house.run("set net.ipv4.ip_default_ttl 99").code == 0);
  CHECK(house.router->settings().ip_default_ttl == 99);
  CHECK(house.run("set net.ipv4.conf.p0.rp_filter 1").code == 0);
  CHECK(value("net.ipv4.conf.p0.rp_filter") == "net.ipv4.conf.p0.rp_filter = 1\n");
  CHECK(value("net.ipv4.conf.p1.rp_filter") == "net.ipv4.conf.p1.rp_filter = 0\n");
  house.router->commit();
  const auto& interfaces = [&]() -> const iface::InterfaceTable& {
    return *house.router->snapshot().load()->interfaces;
  };
  const InterfaceId p0 = house.router->interfaces().find("p0"), p1 = house.router->interfaces().find("p1");
  CHECK(interfaces()[p0].settings.rp_filter == 1);
  CHECK(house.run("set net.ipv4.conf.all.rp_filter 2").code == 0);
  CHECK(interfaces()[p1].settings.rp_filter == 2);
  CHECK(house.run("set send_redirects 0").code == 0);
  CHECK_FALSE(interfaces()[p0].settings.send_redirects);
  CHECK(house.run("set net.ipv4.ip_forward 0").code == 0);
  CHECK_FALSE(interfaces()[p0].settings.forwarding);
  CHECK(value("net.ipv4.conf.default.forwarding") == "net.ipv4.conf.default.forwarding = 0\n");
  CHECK(house.run("set net.ipv4.neigh.p0.retrans_time_ms 500").code == 0);
  CHECK(house.router->neighbours().settings(p0).retrans_time_ms == 500);
  CHECK(house.router->neighbours().settings(p1).retrans_time_ms == 1000);
  CHECK(house.run("set gc_stale_time 5").code == 0);
  CHECK(house.router->neighbours().settings(p1).gc_stale_time_ms == 5000);
  CHECK(house.run("set net.ipv4.conf.x.rp_filter 1").error == "Cannot find device \"x\"");
  CHECK(house.run("set show net.ipv4.conf.x.rp_filter").error == "Cannot find device \"x\"");
  CHECK(house.run("set rp_filter 3").error == "Error: argument \"3\" is wrong: \"rp_filter\" is a number from 0 to 2");
  CHECK(house.run("set show").out.find("net.ipv4.conf.all.rp_filter = 2\n") != std::string::npos);
}

TEST_CASE("links are changed by the words of `ip link set`") {
  House house;
  CHECK(house.run("link set p0 mtu 1400 address 02:00:00:00:00:77 promisc on up").code == 0);
  const Json row = house.json("-d link show p0")[0];
  CHECK(row["mtu"] == 1400);
  CHECK(row["address"] == "02:00:00:00:00:77");
  CHECK(row["promiscuity"] == 1);
  CHECK(row["operstate"] == "UP");
  CHECK(house.run("link set p0 name wan").code == 0);
  CHECK(house.run("link show p0").error == "Device \"p0\" does not exist.");
  CHECK(house.run("link set wan down").code == 0);
  CHECK(house.run("link del wan").code == 0);
  CHECK(house.run("link set lo mtu 70000").code == 0);
  CHECK(house.run("link add x type ipip dev y").error == "Error: \"ipip\" is not supported: Flyover has no tunnels.");
  CHECK(house.run("link add x type foo dev y").error == "Error: Unknown device type.");
  CHECK(house.run("link add br0 type bridge").error == "Error: Unknown device type.");
  CHECK(house.run("link add v type vlan id 5").code == 2);
}

TEST_CASE("counters, drops and workers are shown without traffic too") {
  House house;
  CHECK(house.json("stats show")[0]["packets"]["received"] == 0);
  CHECK(house.run("stats show").out.find("packets: received 0") == 0);
  CHECK(house.run("stats show p0").out == "p0:\n    rx_good                                                 5\n");
  CHECK(house.run("drops show").out == "");
  CHECK(house.json("drops show all").size() == kDropReasons.size());
  CHECK(house.json("worker show").size() == 3);
  CHECK(house.json("-s link show p0")[0]["stats64"]["rx"]["over_errors"] == 3);
  CHECK(house.run("worker set p0 0 9").code == 2);
  CHECK(house.run("worker set p0 0 1").code == 0);
  CHECK(house.run("trace show").code == 2);
  CHECK(house.run("trace add 5 iif p0 proto icmp from 10.0.0.0/8").code == 0);
  CHECK(house.run("trace show").out == "");
  CHECK(house.run("trace add 5 proto foo").code == 1);
  CHECK(house.run("trace stop").code == 0);
}

TEST_CASE("stats show memory has a row for each table of packets and of control") {
  House house;
  REQUIRE(house.run("addr add 10.0.0.1/24 dev p0").code == 0);
  REQUIRE(house.run("link set p0 up").code == 0);
  const size_t before = house.json("stats show memory").size();
  for (int i = 0; i < 100; ++i)
    REQUIRE(house.run(fmt::format("route add 20.0.{}.0/24 via 10.0.0.{} table 100", i, 2 + i % 4)).code == 0);
  const Json rows = house.json("stats show memory");
  REQUIRE(rows.size() == before + 2);
  const auto row = [&](const char* part, const Json& tables) {
    const auto found = std::find_if(rows.begin(), rows.end(),
                                    [&](const Json& r) { return r["part"] == part && r["tables"] == tables; });
    REQUIRE(found != rows.end());
    return *found;
  };
  CHECK(row("fib", {"local", "main"})["entries"] > 2);
  const Json fib = row("fib", {"100"});
  CHECK(fib["entries"] == 100);
  CHECK(fib["lookup"] > 0);
  const Json routes = row("routes", {"100"});
  CHECK(routes["lookup"] == 0);
  CHECK(routes["writer"] > 4000);
  size_t together = 0;
  for (const Json& part : {fib, routes}) together += part["lookup"].get<size_t>() + part["writer"].get<size_t>();
  CHECK(together <= 40000);
  CHECK(row("paths", Json::array())["entries"] > 4);
  CHECK(rows.back()["part"] == "sum");
  CHECK(rows.back()["writer"] > row("routes", {"100"})["writer"]);
  const std::string text = house.run("stats show memory").out;
  CHECK(text.find("fib local+main ") != std::string::npos);
  CHECK(text.find("routes 100 ") != std::string::npos);
}

TEST_CASE("an init file ends at the first command that fails, and says where that was") {
  House house;
  CHECK(house.commands->run_batch("# nothing\n\nlink set p0 up\n", "init"));
  const auto failed = house.commands->run_batch("link set p0 up\nlink set \\\n x up\nlink set p1 up\n", "init");
  REQUIRE(!failed);
  CHECK(failed.error().message == "Cannot find device \"x\"\nCommand failed init:3");
  CHECK_FALSE(house.router->interfaces().link(house.router->interfaces().find("p1")).up);
}

TEST_CASE("two routers live in one process and know nothing of each other") {
  House one, two;
  REQUIRE(one.run("addr add 10.0.0.1/24 dev p0").code == 0);
  REQUIRE(two.run("addr add 10.9.0.1/24 dev p0").code == 0);
  for (House* house : {&one, &two}) {
    REQUIRE(house->run("link set p0 up").code == 0);
    house->router->commit();
    house->router->poll(rte_rdtsc());
  }
  CHECK(one.json("addr show p0")[0]["addr_info"][0]["local"] == "10.0.0.1");
  CHECK(two.json("addr show p0")[0]["addr_info"][0]["local"] == "10.9.0.1");
  CHECK(one.run("route get 10.0.0.7").out.find("dev p0 src 10.0.0.1") != std::string::npos);
  CHECK(two.run("route get 10.0.0.7").code == 2);
}

// The words are what `ip` printed of a kernel that had learned the same.
TEST_CASE("what was learned of a destination is shown as ip does, and forgotten", "[commands]") {
  House house;
  for (const char* line : {"link set p0 up", "addr add 10.0.0.1/24 dev p0", "route add 20.0.0.0/8 via 10.0.0.2",
                           "route add 21.0.0.0/8 via 10.0.0.2 mtu 1300",
                           "route add 22.0.0.0/8 via 10.0.0.2 mtu lock 1300", "route add 10.9.0.0/24 via 10.0.0.3"})
    REQUIRE(house.run(line).code == 0);
  route::RouteControl& routes = house.router->routes();
  const auto learn = [&](Ipv4Address to, uint32_t mtu) {
    const route::Dst& dst = routes.table()->lookup({.to = to});
    routes.learn_mtu(routes.table()->except(dst, to, route::Use::Own), dst, to, mtu);
  };
  learn({20, 0, 0, 9}, 900), learn({20, 0, 0, 9}, 1000), learn({20, 0, 0, 10}, 400), learn({20, 0, 0, 11}, 1600);
  learn({21, 0, 0, 9}, 900), learn({22, 0, 0, 9}, 900);
  CHECK(house.run("route get 20.0.0.9").out ==
        "20.0.0.9 via 10.0.0.2 dev p0 src 10.0.0.1 uid 0 \n    cache expires 600sec mtu 900 \n");
  CHECK(house.run("route get 20.0.0.8").out == "20.0.0.8 via 10.0.0.2 dev p0 src 10.0.0.1 uid 0 \n    cache \n");
  CHECK(house.run("route get 20.0.0.10").out ==
        "20.0.0.10 via 10.0.0.2 dev p0 src 10.0.0.1 uid 0 \n    cache expires 600sec mtu lock 552 \n");
  CHECK(house.run("route get 20.0.0.11").out == "20.0.0.11 via 10.0.0.2 dev p0 src 10.0.0.1 uid 0 \n    cache \n");
  CHECK(house.run("route get 22.0.0.9").out ==
        "22.0.0.9 via 10.0.0.2 dev p0 src 10.0.0.1 uid 0 \n    cache mtu lock 1300 \n");
  CHECK(house.run("route show cache root 21.0.0.0/8").out ==
        "21.0.0.9 via 10.0.0.2 dev p0 \n    cache expires 600sec mtu 900 \n");
  CHECK(
      house.run("-j route show cache 20.0.0.9").out ==
      R"([{"dst":"20.0.0.9","gateway":"10.0.0.2","dev":"p0","flags":[],"cache":[],"expires":600,"metrics":[{"mtu":900}]}])"
      "\n");

  for (const char* nothing : {"dev p1", "via 10.0.0.9", "table 7", "src 10.0.0.1", "type blackhole"})
    CHECK(house.run(std::string("route show cache ") + nothing).out.empty());
  CHECK(house.json("route show cache dev p0 via 10.0.0.2 table main").size() == 3);

  const Ipv4Address to(20, 0, 0, 9);
  routes.learn_gateway(routes.table()->except(routes.table()->lookup({.to = to}), to, route::Use::Own), to,
                       {10, 0, 0, 3});
  CHECK(house.run("route get 20.0.0.9").out ==
        "20.0.0.9 via 10.0.0.3 dev p0 src 10.0.0.1 uid 0 \n    cache <redirected> expires 300sec mtu 900 \n");
  CHECK(house.run("route show cache 20.0.0.9").out ==
        "20.0.0.9 via 10.0.0.3 dev p0 \n    cache <redirected> expires 300sec mtu 900 \n");
  CHECK(house.run("stats show memory").out.find("exceptions ") != std::string::npos);
  CHECK(house.run("route flush cache").code == 0);
  CHECK(house.run("route show cache").out.empty());
  CHECK(house.run("route get 20.0.0.9").out == "20.0.0.9 via 10.0.0.2 dev p0 src 10.0.0.1 uid 0 \n    cache \n");
}
