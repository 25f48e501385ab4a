// SPDX-License-Identifier: BSD-3-Clause
// The printer gets what the real `ip -j` has printed and has to print what the real `ip` has printed (record_ip.py).
#include "control/print.hpp"

#include <catch2/catch.hpp>
#include <fstream>

#include "control/words.hpp"

using namespace flyover::control;

namespace {

Json recorded(const char* part) {
  std::ifstream file(RECORDED);
  REQUIRE(file);
  return Json::parse(file).at(part);
}

// What `ip -j` does not say, but its text does.
void add_locks(Json& rows) {
  for (Json& row : rows)
    if (row.contains("metrics") && row["metrics"][0]["mtu"] == 900) row["metrics"][0]["lock"] = true;
}

std::string printed(const Json& rows, const std::string& object, const Style& style) {
  std::string text;
  for (const Json& row : rows) {
    if (row.empty()) continue;  // `ip -j addr show to ...` leaves empty objects for links without an address
    if (object == "link") text += print_link(row, style);
    if (object == "addr") text += print_addresses(row, style);
    if (object == "route") text += print_route(row, style);
    if (object == "neigh") text += print_neighbour(row, style);
  }
  return text;
}

}  // namespace

TEST_CASE("the text is that of `ip`, space for space") {
  for (const Json& shown : recorded("shown")) {
    const std::string command = shown["command"];
    auto words = *split_words(command);
    const Style style = *take_options(words);
    if (style.details && words[0] == "link") continue;  // Flyover's links have details of their own
    Json rows = shown["rows"];
    add_locks(rows);
    INFO("ip " << command);
    CHECK(printed(rows, words[0], style) == shown["text"].get<std::string>());
  }
}

TEST_CASE("columns of counters grow with their numbers") {
  Style style;
  style.statistics = 1;
  const Json row = Json::parse(
      R"({"ifindex":2,"ifname":"p0","flags":["UP"],"mtu":1500,"qdisc":"q","operstate":"UP","link_type":"ether","address":"a","broadcast":"b",
    "stats64":{"rx":{"bytes":123456789012345,"packets":1,"errors":0,"dropped":12345678,"over_errors":0,"multicast":0},
               "tx":{"bytes":1,"packets":123456789,"errors":0,"dropped":0,"carrier_errors":0,"collisions":0}}})");
  CHECK(print_link(row, style) ==
        "2: p0: <UP> mtu 1500 qdisc q state UP\n"
        "    link/ether a brd b\n"
        "    RX:       bytes   packets errors  dropped  missed   mcast           \n"
        "    123456789012345         1      0 12345678       0       0 \n"
        "    TX:       bytes   packets errors  dropped carrier collsns           \n"
        "                  1 123456789      0        0       0       0 \n");
}
