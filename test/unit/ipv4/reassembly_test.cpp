// SPDX-License-Identifier: BSD-3-Clause
// The rows of reassembly.rows: what Linux makes of fragments, we make of them; and the bounds, which the rows do not reach.
#include "reassembly.hpp"

#include <fstream>
#include <sstream>

using namespace flyover;
using namespace flyover::test;

namespace {

struct Row {
  std::string name;
  std::vector<std::pair<std::string, std::string>> lines;  // mark, the rest
};

std::vector<Row> read_rows() {
  std::vector<Row> rows;
  std::ifstream file(REASSEMBLY);
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("= ")) rows.push_back({.name = line.substr(2), .lines = {}});
    const size_t space = line.find(' ');
    if (!rows.empty()) rows.back().lines.emplace_back(line.substr(0, space), line.substr(space + 1));
  }
  return rows;
}

void apply(Settings& s, const std::string& setting) {
  std::istringstream words(setting);
  std::string name;
  uint32_t value = 0;
  words >> name >> value;
  if (name == "ipfrag_time") return void(s.ipfrag_time = value);
  if (name == "ipfrag_max_dist") return void(s.ipfrag_max_dist = value);
  if (name == "ipfrag_high_thresh") return void(s.ipfrag_high_thresh = value);
  if (name == "ipfrag_low_thresh") return void(s.ipfrag_low_thresh = value);
  FAIL("no such setting in this test: " << name);
}

void ask(const Row& row, size_t segment) {
  Listening l;
  std::vector<std::string> heard, said;
  for (const auto& [mark, text] : row.lines) {
    if (mark == "set") apply(l.snapshot.settings, text);
    if (mark == ">") l.receive(from_row(text), segment);
    if (mark == "@") l.wait(std::stoul(text));
    if (mark == "<") heard.push_back(to_hex(from_row(text)));
    if (mark == "!") said.push_back(to_hex(from_row(text)));
    l.check_balance();
  }
  REQUIRE(l.heard.size() == heard.size());
  for (size_t i = 0; i < heard.size(); ++i) CHECK(to_hex(l.heard[i]) == heard[i]);
  REQUIRE(l.frames.size() == said.size());
  for (size_t i = 0; i < said.size(); ++i) CHECK(to_hex(steady(l.frames[i].ip)) == said[i]);
  l.check_end();
}

// A fragment from 10.64.7.7 to the router: so many zero bytes from `offset`.
Bytes fragment(uint16_t offset, uint16_t size, bool more, uint16_t id = 7) {
  Bytes bytes(20U + size);
  auto& ip = *reinterpret_cast<Ipv4Header*>(bytes.data());
  ip.version_ihl = 0x45;
  ip.total_length = Be16(static_cast<uint16_t>(bytes.size()));
  ip.id = Be16(id);
  ip.fragment = Be16(static_cast<uint16_t>(offset / 8 | (more ? Ipv4Header::kMoreFragments : 0)));
  ip.ttl = 64;
  ip.protocol = 253;
  ip.source = ip4("10.64.7.7");
  ip.destination = ip4("10.0.0.1");
  set_ipv4_checksum(ip);
  return bytes;
}

struct Reason {
  const char* name;
  std::vector<Bytes> fragments;
  DropReason reason;
  uint64_t drops;
  std::string set = "";
};

}  // namespace

TEST_CASE("fragments become datagrams as in Linux", "[reassembly]") {
  const auto rows = read_rows();
  REQUIRE(rows.size() > 90);
  for (const Row& row : rows) {
    INFO(row.name);
    ask(row, 1800);
    ask(row, 300);
  }
}

TEST_CASE("each way in which fragments are lost has its reason", "[reassembly]") {
  const std::vector<Reason> rows = {
      {"a duplicate", {fragment(0, 80, true), fragment(0, 80, true)}, DropReason::DuplicateFragment, 1},
      {"overlap ends all",
       {fragment(0, 80, true), fragment(160, 80, true), fragment(72, 80, true)},
       DropReason::ReassemblyOverlap,
       3},
      {"no data", {fragment(0, 0, true)}, DropReason::ReassemblyMalformed, 1},
      {"two ends", {fragment(80, 80, false), fragment(80, 88, false)}, DropReason::ReassemblyMalformed, 2},
      {"too long",
       {fragment(0, 80, true), fragment(80, 1400, true), fragment(65528, 8, false)},
       DropReason::ReassemblyMalformed,
       0},
      {"others in between",
       {fragment(0, 80, true), fragment(0, 8, true, 1), fragment(0, 8, true, 2), fragment(80, 8, true)},
       DropReason::ReassemblyTooFar,
       1,
       "ipfrag_max_dist 2"},
      {"no room",
       {fragment(0, 80, true), fragment(80, 80, false)},
       DropReason::ReassemblyFull,
       2,
       "ipfrag_high_thresh 0"},
      {"room for one",
       {fragment(0, 80, true), fragment(80, 80, false)},
       DropReason::ReassemblyFull,
       1,
       "ipfrag_high_thresh 1000"},
  };
  for (const Reason& row : rows) {
    INFO(row.name);
    Listening l;
    if (!row.set.empty()) apply(l.snapshot.settings, row.set);
    for (const Bytes& f : row.fragments) l.receive(f);
    CHECK(l.dropped(row.reason) == row.drops);
    CHECK(l.worker.counters.dropped() == row.drops);
    l.check_end();
  }
}

TEST_CASE("time out: everything goes under its reason, and what the sender is told is told once", "[reassembly]") {
  Listening l;
  l.receive(fragment(0, 80, true));
  l.receive(fragment(160, 80, false));
  l.receive(fragment(80, 80, true, 8));
  l.wait(29'999);
  CHECK(l.reassembler.held() == 3);
  l.wait(1);
  CHECK(l.reassembler.held() == 0);
  CHECK(l.dropped(DropReason::ReassemblyTimeout) == 3);
  CHECK(l.frames.size() == 1);
  l.wait(60'000);
  CHECK(l.frames.size() == 1);
  l.check_end();
}

TEST_CASE("time out of more datagrams than a lane holds", "[reassembly]") {
  Listening l;
  for (uint16_t i = 0; i < 600; ++i) l.receive(fragment(0, 80, true, i));
  l.wait(30'000);
  CHECK(l.reassembler.held() > 0);
  for (int i = 0; i < 3; ++i) l.wait(0);
  CHECK(l.reassembler.held() == 0);
  CHECK(l.dropped(DropReason::ReassemblyTimeout) == 600);
  CHECK(l.frames.size() == 600);
  l.check_end();
}

TEST_CASE("a change of ipfrag_time is for datagrams that begin later", "[reassembly]") {
  Listening l;
  l.receive(fragment(0, 80, true, 1));
  l.snapshot.settings.ipfrag_time = 1;
  l.receive(fragment(0, 80, true, 2));
  l.wait(1000);
  CHECK(l.reassembler.datagrams() == 1);
  l.wait(29'000);
  CHECK(l.reassembler.datagrams() == 0);
  l.check_end();
}

TEST_CASE("fragments wait in a quarter of the pool's mbufs at most", "[reassembly]") {
  Listening l;
  const bool long_ones = GENERATE(false, true);  // in two mbufs each
  const uint16_t quarter = 1024, most = long_ones ? quarter / 2 : quarter;
  for (uint16_t i = 0; i < most + 2; ++i) l.receive(fragment(0, 80, true, i), long_ones ? 60 : 1800);
  CHECK(l.pool.in_use() == quarter);
  CHECK(l.reassembler.held() == most);
  CHECK(l.dropped(DropReason::ReassemblyFull) == 2);
  l.wait(30'000);
  for (int i = 0; i < 4; ++i) l.wait(0);
  l.receive(fragment(0, 80, true));
  CHECK(l.reassembler.held() == 1);
  l.check_end();
}

TEST_CASE("a flood of fragments stays within ipfrag_high_thresh and leaves nothing behind", "[reassembly]") {
  Listening l;
  l.snapshot.settings.ipfrag_high_thresh = 100'000;
  l.snapshot.settings.icmp_ratelimit = 0;
  uint32_t seed = 1;
  for (int i = 0; i < 20'000; ++i) {
    seed = seed * 1664525 + 1013904223;
    l.receive(fragment(static_cast<uint16_t>((seed >> 8) % 40 * 8), static_cast<uint16_t>((seed >> 16) % 60),
                       seed >> 31, static_cast<uint16_t>((seed >> 4) % 50)));
    CHECK(l.reassembler.charge() <= 100'000 + 1'100);
    if (i % 100 == 0) l.wait(10'000);
  }
  CHECK(l.worker.counters.reassembled > 0);
  CHECK(l.dropped(DropReason::ReassemblyOverlap) > 0);
  CHECK(l.dropped(DropReason::ReassemblyTimeout) > 0);
  l.check_end();
}
