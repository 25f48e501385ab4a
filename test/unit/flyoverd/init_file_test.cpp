// SPDX-License-Identifier: BSD-3-Clause
#include "flyoverd/init_file.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>

using namespace flyover;
using Words = std::vector<std::string>;

namespace {

struct Run {
  Words lines, said;
  Result<> done;
};

// Lines that begin with "bad" are refused.
Run run_file(const std::string& name) {
  Run run;
  const auto execute = [&](const std::string& line, const control::Style&, const control::Asker&) {
    run.lines.push_back(line);
    if (line.starts_with("bad")) return control::Reply::failure({"Error: no.", ErrorKind::Refused});
    return control::Reply::text(line == "talk" ? "words\n" : "");
  };
  run.done = daemon::execute_file(name, execute, [&](const std::string& out) { run.said.push_back(out); });
  return run;
}

Run run_text(const std::string& text) {
  char name[] = "/tmp/flyoverd-test-XXXXXX";
  ::close(::mkstemp(name));
  std::ofstream(name) << text;
  Run run = run_file(name);
  std::remove(name);
  if (!run.done) run.done.error().message.replace(0, sizeof name - 1, "FILE");
  return run;
}

}  // namespace

TEST_CASE("an init file is read as a batch is: comments, continued lines, blank ones") {
  const Run run = run_text("# a comment\n\none two # and more\nthree \\\n  four\ntalk\n'a # b'");
  CHECK(run.done);
  CHECK(run.lines == Words{"one two ", "three    four", "talk", "'a # b'"});
  CHECK(run.said == Words{"words\n"});
}

TEST_CASE("the first line of an init file that fails ends it, and is named") {
  const Run run = run_text("one\nbad \\\n  luck\nthree\n");
  REQUIRE_FALSE(run.done);
  CHECK(run.done.error().message == "FILE:3: no.");
  CHECK(run.lines.size() == 2);
}

TEST_CASE("an init file that is not there, or a folder, cannot be read") {
  CHECK(run_file("/nonexistent").done.error().message == "/nonexistent: cannot be read");
  CHECK(run_file("/tmp").done.error().message == "/tmp: cannot be read");
}
