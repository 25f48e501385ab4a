// SPDX-License-Identifier: BSD-3-Clause
// The rows of journeys.rows: packets with options, packets that are too long; how Linux sends them on, we send them on.
#include <fstream>
#include <sstream>

#include "ipv4/icmp_input.hpp"
#include "ipv4/udp_input.hpp"
#include "journey.hpp"

using namespace flyover;
using namespace flyover::test;

namespace {

struct Row {
  std::string name;
  bool source_routing = false;
  std::vector<std::pair<std::string, std::string>> questions, answers;  // port or kind of frame, bytes
};

std::vector<Row> read_rows() {
  std::vector<Row> rows;
  std::ifstream file(JOURNEYS);
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string mark, port, how, bytes;
    words >> mark;
    if (mark == "=") rows.push_back({.name = line.substr(2)});
    if (mark == "set") rows.back().source_routing = true;
    if (mark == ">") {
      words >> port >> how >> bytes;
      rows.back().questions.emplace_back(how, bytes);
    }
    if (mark == "<") {
      words >> port >> bytes;
      rows.back().answers.emplace_back(port, bytes);
    }
  }
  return rows;
}

void ask(const Row& row, size_t segment) {
  Journey j;
  const std::pair<int, const char*> mtus[] = {{900, "40.1.0.0/16"}, {1200, "40.2.0.0/16"}, {68, "40.3.0.0/16"},
                                              {28, "40.4.0.0/16"},  {36, "40.5.0.0/16"},   {100, "40.6.0.0/16"},
                                              {1499, "40.7.0.0/16"}};
  for (const auto& [mtu, prefix] : mtus) j.gateway(prefix, "10.0.1.2", 1, static_cast<uint16_t>(mtu));
  auto entry = j.interfaces[kPort[0]];
  entry.settings.accept_source_route = row.source_routing;
  j.interfaces.set(kPort[0], entry, {j.interfaces.addresses(kPort[0])[0]}, {ip4("224.0.0.1")});
  for (const auto& [how, bytes] : row.questions)
    j.send(from_row(bytes), 0, how == "broadcast" ? kBroadcastMac : Journey::mac_of(0), segment);
  CHECK(j.frames.size() == row.answers.size());
  for (size_t i = 0; i < std::min(j.frames.size(), row.answers.size()); ++i) {
    CHECK(std::to_string(j.frames[i].port) == row.answers[i].first);
    CHECK(to_hex(steady(j.frames[i].ip)) == to_hex(from_row(row.answers[i].second)));
  }
  j.check_conservation();
}

}  // namespace

TEST_CASE("packets leave the router as they leave Linux", "[journeys]") {
  const auto rows = read_rows();
  REQUIRE(rows.size() > 200);
  for (const Row& row : rows) {
    INFO(row.name);
    ask(row, 1800);
  }
}

TEST_CASE("packets in several segments leave as packets in one", "[journeys]") {
  for (const Row& row : read_rows()) {
    INFO(row.name);
    ask(row, 77);
  }
}
