// SPDX-License-Identifier: BSD-3-Clause
#include "flyoverd/options.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>

using namespace flyover::daemon;
using Words = std::vector<std::string>;

namespace {

struct File {  // a configuration file that goes away with the test
  char name[32] = "/tmp/flyoverd-test-XXXXXX";
  explicit File(const std::string& text) {
    ::close(::mkstemp(name));
    std::ofstream(name) << text;
  }
  ~File() { std::remove(name); }
  std::string at(int line) const { return std::string(name).append(":").append(std::to_string(line)); }
};

Start read(const Words& words) { return read_options(words, "/nonexistent"); }

}  // namespace

TEST_CASE("without a word there are defaults") {
  const Start s = read({});
  CHECK(s.errors.empty());
  CHECK(s.config.socket == "/run/flyover/flyover.sock");
  CHECK(s.config.workers == 0);
  CHECK(s.config.huge == HugePages::Auto);
  CHECK(s.config.eal.empty());
}

TEST_CASE("options are read, and what comes after -- is DPDK's") {
  const Start s = read({"--workers=2", "--cores", "0,2-3", "--huge", "off", "--pin", "off", "--idle-sleep-us", "100",
                        "--log-level", "debug", "--", "--vdev=net_null0", "-a", "0000:03:00.0"});
  CHECK(s.errors.empty());
  CHECK(s.config.workers == 2);
  CHECK(s.config.cores == std::vector<unsigned>{0, 2, 3});
  CHECK(s.config.huge == HugePages::Off);
  CHECK_FALSE(s.config.pin);
  CHECK(s.config.idle_sleep_us == 100);
  CHECK(s.config.log_level == LogLevel::Debug);
  CHECK(s.config.eal == Words{"--vdev=net_null0", "-a", "0000:03:00.0"});
}

TEST_CASE("everything that is wrong is said at once, with file and line") {
  const File file("# a comment\nworkers = many\n\nbad line\nnokey = 3\nmemory = 256\nmemory = 512\n");
  const Start s = read({"--config", file.name, "--huge", "maybe", "--nonsense", "word", "--cores=3-1"});
  const Words expected{
      "--huge: \"maybe\" is not one of auto, on, off",
      "\"--nonsense\": there is no such option; see flyoverd --help",
      "\"word\": there is no such option; see flyoverd --help",
      "--cores: \"3-1\" is not a list of cores like 0,2-4",
      file.at(2) + ": workers: \"many\" is not a number from 1 to 127",
      file.at(4) + ": \"bad line\" is not KEY = VALUE",
      file.at(5) + ": there is no key \"nokey\"",
      file.at(7) + ": memory: given before, by " + file.at(6) + ": memory",
  };
  CHECK(s.errors == expected);
}

TEST_CASE("the command line goes before the file") {
  const File file("workers = 4\nmemory = 256\n");
  const Start s = read({"--workers", "2", "--config", file.name});
  CHECK(s.errors.empty());
  CHECK(s.config.workers == 2);
  CHECK(s.config.memory_mb == 256);
}

TEST_CASE("a file that was asked for must be there; the usual one need not") {
  CHECK(read({"--config", "/nonexistent"}).errors == Words{"/nonexistent: cannot be read"});
  const File file("memory = 100\n");
  CHECK(read_options({}, file.name).config.memory_mb == 100);
}

TEST_CASE("an option without its value is refused") {
  CHECK(read({"--workers"}).errors.size() == 1);
  CHECK(read({"--workers", "0"}).errors.size() == 1);
  CHECK(read({"--workers", "-1"}).errors.size() == 1);
  CHECK(read({"--workers", "2x"}).errors.size() == 1);
}

TEST_CASE("cores and workers have to agree") {
  CHECK(read({"--workers", "2", "--cores", "0,1,2"}).errors.empty());
  CHECK(read({"--workers", "2", "--cores", "1"}).errors.empty());
  CHECK(read({"--workers", "2", "--cores", "0,1"}).errors.size() == 1);
}

TEST_CASE("lists of cores") {
  CHECK(parse_cores("0") == std::vector<unsigned>{0});
  CHECK(parse_cores("4-6,1") == std::vector<unsigned>{4, 5, 6, 1});
  for (const char* bad : {"", ",", "1,", "a", "1-", "-1", "2-1", "0 1", "1024"}) CHECK_FALSE(parse_cores(bad));
}

TEST_CASE("help names every option") {
  for (const char* option : {"--config", "--init", "--socket", "--workers", "--huge", "--exit-when-idle"})
    CHECK(options_help().find(option) != std::string::npos);
}

TEST_CASE("a folder is no configuration") { CHECK(read({"--config", "/tmp"}).errors == Words{"/tmp: cannot be read"}); }
