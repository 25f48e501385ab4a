// SPDX-License-Identifier: BSD-3-Clause
// Runs every case; afterwards the conservation law holds and every mbuf is back. Each drop reason has a case that provokes it.
#include <set>
#include "catch.hpp"

#include "case.hpp"
#include "pool.hpp"
#include "test_router.hpp"

namespace flyover::test {
namespace {

std::vector<Case> all_cases() {
  std::vector<Case> all;
  for (auto* rows : {receive_cases, route_cases, forward_cases, local_cases, neighbour_cases, overload_cases})
    for (auto& row : rows()) all.push_back(std::move(row));
  return all;
}

// Carries out a case's script; what was sent and not asked for yet waits in `sent`.
class Player {
 public:
  explicit Player(TestRouter& router) : router_(router) {}

  void line(const std::string& text) {
    INFO(text);
    const size_t space = text.find(' ');
    const std::string first = text.substr(0, space), rest = text.substr(space + 1);
    if (first == "!") return command(rest);
    if (first == "wait") return router_.pass(std::stoul(rest));
    if (first == "full" || first == "room") return router_.refuse(rest, first == "full");
    if (first == "down" || first == "back") return router_.carrier(rest, first == "back");
    if (rest.rfind("<< ", 0) == 0) {
      const size_t count_end = rest.find(' ', 3);
      return router_.flood(first, rest.substr(count_end + 1), std::stoul(rest.substr(3)));
    }
    const std::string words = rest.substr(2);
    if (rest[0] == '<') return router_.receive(first, words);
    expect(first, words);
  }
  void command(const std::string& text) {
    INFO(text);
    CHECK(router_.command(text) == "");
  }
  void end() {
    collect();
    for (; next_ < sent_.size(); ++next_)
      FAIL_CHECK("unexpected: " << sent_[next_].port << " > " << text_of(sent_[next_].frame));
  }

 private:
  void collect() {
    for (auto& s : router_.take_sent()) sent_.push_back(std::move(s));
  }
  void expect(const std::string& port, const std::string& words) {
    collect();
    const bool there = next_ < sent_.size();
    const std::string got = there ? sent_[next_].port + " > " + text_of(sent_[next_].frame) : "nothing";
    next_ += there;
    INFO("the whole frame: " << got);
    const std::string wanted = port + " > " + words;
    CHECK(got.substr(0, wanted.size()) == wanted);
  }
  TestRouter& router_;
  std::vector<Sent> sent_;
  size_t next_ = 0;
};

void check_drops(const Case& c, const TestRouter& router) {
  for (const DropInfo& row : kDropReasons) {
    uint64_t expected = 0;
    for (const auto& [reason, count] : c.drops)
      if (reason == row.reason) expected = static_cast<uint64_t>(count);
    INFO(row.name);
    CHECK(router.dropped(row.reason) == expected);
  }
}

TEST_CASE("packet cases") {
  const auto cases = all_cases();
  for (const Case& c : cases) {
    DYNAMIC_SECTION(c.name) {
      const uint32_t before = rte_mempool_in_use_count(pool());
      {
        TestRouter router(pool());
        Player player(router);
        for (const char* line : kBase) player.command(line);
        if (c.play) c.play(router);
        for (const auto& line : c.script) player.line(line);
        player.end();
        check_drops(c, router);
        CHECK(router.imbalance() == "");
      }
      CHECK(rte_mempool_in_use_count(pool()) == before);
    }
  }
}

TEST_CASE("every drop reason has a case that provokes it") {
  std::set<DropReason> provoked;
  for (const Case& c : all_cases())
    for (const auto& [reason, count] : c.drops) provoked.insert(reason);
  for (const DropInfo& row : kDropReasons) {
    INFO(row.name << ": no case drops a packet for this reason");
    CHECK(provoked.count(row.reason) == 1);
  }
}

}  // namespace
}  // namespace flyover::test
