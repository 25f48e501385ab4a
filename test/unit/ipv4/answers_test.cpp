// SPDX-License-Identifier: BSD-3-Clause
// The rows of answers.rows: what Linux answers, this router answers, byte for byte.
#include <fstream>
#include <sstream>

#include "ipv4/deliver.hpp"
#include "ipv4/icmp_error.hpp"
#include "ipv4/options.hpp"
#include "ipv4/output.hpp"
#include "router.hpp"

using namespace flyover;
using namespace flyover::test;
using route::Action;

namespace {

struct Question {
  int port;
  L2Kind l2;
  Bytes ip;
};

struct Answer {
  int port;
  std::string ip;
};

struct Row {
  std::string name, reason;  // reason: the question's drop reason; empty: consumed
  std::vector<std::pair<std::string, uint32_t>> settings;
  std::vector<Question> questions;
  std::vector<Answer> answers;
};

L2Kind l2_kind(const std::string& word) {
  return word == "host" ? L2Kind::Host : word == "broadcast" ? L2Kind::Broadcast : L2Kind::Multicast;
}

void read_line(Row& row, const std::string& line) {
  std::istringstream words(line);
  std::string mark, how, hex;
  int port = 0;
  words >> mark;
  if (mark == "!") words >> row.reason;
  if (mark == "set") {
    auto& [name, value] = row.settings.emplace_back();
    words >> name >> value;
  }
  if (mark == ">") {
    words >> port >> how >> hex;
    row.questions.push_back({port, l2_kind(how), from_hex(hex)});
  }
  if (mark == "<") {
    words >> port >> hex;
    row.answers.push_back({port, hex});
  }
}

std::vector<Row> read_rows() {
  std::vector<Row> rows;
  std::ifstream file(ANSWERS);
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("= ")) rows.push_back({.name = line.substr(2)});
    if (!rows.empty()) read_line(rows.back(), line);
  }
  return rows;
}

InterfaceSettings of_interfaces(const Row& row) {
  InterfaceSettings s;
  for (const auto& [name, value] : row.settings)
    if (name == "conf.all.accept_source_route") s.accept_source_route = value;
  return s;
}

void apply(Settings& s, const std::string& name, uint32_t value) {
  if (name == "icmp_echo_ignore_all") return void(s.icmp_echo_ignore_all = value);
  if (name == "icmp_echo_ignore_broadcasts") return void(s.icmp_echo_ignore_broadcasts = value);
  if (name == "icmp_errors_use_inbound_ifaddr") return void(s.icmp_errors_use_inbound_ifaddr = value);
  if (name == "ip_default_ttl") return void(s.ip_default_ttl = static_cast<uint8_t>(value));
  if (name.starts_with("conf.")) return;  // of_interfaces()
  FAIL("no such setting in this test: " << name);
}

// What the main line decides about these packets: for us, or which error is owed.
struct Line {
  static constexpr auto id = StageId::Resolve;
  static Verdict step(Packet& p, Worker& w) noexcept {
    using namespace icmp;
    static const route::Dst kMany{.action = Action::Broadcast};
    if (p.ip->destination.is_limited_broadcast() || p.ip->destination.is_multicast()) p.dst = &kMany;
    if (p.has_options)
      if (const Verdict v = ipv4::options::receive(p, w); v.exit() != Exit::Continue) return v;
    if (p.dst->action == Action::None)
      return ipv4::owe(p, DropReason::NoRoute, kDestinationUnreachable, kNetUnreachable);
    if (p.dst->action != Action::Forward) return divert(Lane::LocalIn);
    if (p.ip->ttl <= 1) return ipv4::owe(p, DropReason::TtlExpired, kTimeExceeded, kTtlExceeded);
    if (p.ip->dont_fragment() && p.length > p.dst->mtu)
      return ipv4::owe(p, DropReason::FragmentationNeeded, kDestinationUnreachable, kFragmentationNeeded, p.dst->mtu);
    return drop(DropReason::Blackhole);
  }
};

// Identification and header checksum are not compared, but the checksum must be right.
std::string masked(Bytes ip) {
  const auto& header = *reinterpret_cast<const Ipv4Header*>(ip.data());
  CHECK(ipv4_checksum_ok(header));
  CHECK((header.dont_fragment() || header.id.host() != 0));
  ip[4] = ip[5] = ip[10] = ip[11] = 0;
  return to_hex(ip);
}

void ask(const Row& row, size_t segment) {
  Router router(of_interfaces(row));
  for (const auto& [name, value] : row.settings) apply(router.snapshot.settings, name, value);
  for (const Question& q : row.questions) router.step<Line>(router.packet(q.ip, kPort[q.port], q.l2, segment));
  router.drain<ipv4::Deliver>(Lane::LocalIn);
  router.drain<icmp::Error>(Lane::IcmpError);
  router.drain<ipv4::ResolveOutput>(Lane::Output);
  CHECK(router.sent.size() == row.answers.size());
  for (size_t i = 0; i < std::min(router.sent.size(), row.answers.size()); ++i) {
    CHECK(masked(router.sent[i].ip) == row.answers[i].ip);
    CHECK(router.sent[i].out == kPort[row.answers[i].port]);
  }
  for (const DropInfo& drop : kDropReasons) {
    INFO(drop.name);
    CHECK(router.dropped(drop.reason) == (drop.name == row.reason ? row.questions.size() : 0));
  }
  router.check_conservation();
}

}  // namespace

TEST_CASE("the router answers as Linux does", "[answers]") {
  const auto rows = read_rows();
  REQUIRE(rows.size() > 100);
  for (const Row& row : rows) {
    INFO(row.name);
    ask(row, 1800);
  }
}

TEST_CASE("it makes no difference in how many segments a packet lies", "[answers]") {
  for (const Row& row : read_rows()) {
    INFO(row.name);
    for (size_t segment : {60, 77}) ask(row, segment);
  }
}
