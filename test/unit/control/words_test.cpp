// SPDX-License-Identifier: BSD-3-Clause
#include "control/words.hpp"

#include <catch2/catch.hpp>

using namespace flyover::control;

namespace {

std::vector<std::string> lines_of(std::string_view text) {
  BatchReader reader(text);
  std::vector<std::string> lines;
  while (auto line = reader.next()) lines.push_back(std::to_string(line->number) + ":" + line->text);
  return lines;
}

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("a batch is read as `ip -batch` reads it") {
  CHECK(lines_of("").empty());
  CHECK(lines_of("\n \n# only a comment\n\t\n").empty());
  CHECK(lines_of("link show\nroute show") == Words{"1:link show", "2:route show"});
  CHECK(lines_of("# first\nlink show # and why\n") == Words{"2:link show "});
  CHECK(lines_of("link show\r\nroute show\r\n") == Words{"1:link show", "2:route show"});
  CHECK(lines_of("route add 1.0.0.0/8 \\\n dev p0\nlink show\n") ==
        Words{"2:route add 1.0.0.0/8   dev p0", "3:link show"});
  CHECK(lines_of("ask \"a # b\"\n") == Words{"1:ask \"a # b\""});
  CHECK(lines_of("link show \\") == Words{"1:link show "});
}

TEST_CASE("words are parted by white space and kept together by quotes") {
  struct Row {
    std::string line;
    Words words;
  };
  const Row row = GENERATE(values<Row>({
      {"", {}},
      {"  link\tshow  p0 ", {"link", "show", "p0"}},
      {"ask 'from 1.1.1.1 to 2.2.2.2'", {"ask", "from 1.1.1.1 to 2.2.2.2"}},
      {"a \"it's\" b", {"a", "it's", "b"}},
      {"a '' b", {"a", "", "b"}},
      {"x=\"a b\"c", {"x=a bc"}},
      {"a # b", {"a"}},
      {"a '#' b", {"a", "#", "b"}},
  }));
  const auto words = split_words(row.line);
  REQUIRE(words);
  CHECK(*words == row.words);
  CHECK(*split_words(join_words(row.words)) == row.words);
}

TEST_CASE("a quote that is not closed is an error") {
  CHECK(split_words("ask 'x").error().message == "Unterminated quoted string");
}

TEST_CASE("words survive being joined, whatever is in them") {
  for (const Words& words : {Words{"'"}, Words{"\"'", "a b", "#"}, Words{""}, Words{"a'b\"c"}}) {
    INFO(join_words(words));
    CHECK(*split_words(join_words(words)) == words);
  }
}
