// SPDX-License-Identifier: BSD-3-Clause
// Fuzz target: what flyoverd is started with. Four parts, each ended by a line "%%": its arguments one per line, its
// configuration file, its init file, a port's device arguments.
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>

#include "base/check.hpp"
#include "control/words.hpp"
#include "devargs.hpp"
#include "flyoverd/eal_arguments.hpp"
#include "flyoverd/init_file.hpp"
#include "flyoverd/options.hpp"

using namespace flyover;
using namespace flyover::daemon;
using Words = std::vector<std::string>;

namespace {

// A file in memory that has a path.
class File {
 public:
  File() : fd_(::memfd_create("fuzz", 0)), path_(fmt::format("/proc/self/fd/{}", fd_)) {}
  const std::string& path() const { return path_; }
  void hold(const std::string& text) {
    check(::ftruncate(fd_, 0) == 0 && ::pwrite(fd_, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()),
          "a file in memory");
  }

 private:
  int fd_;
  std::string path_;
};

std::array<std::string, 4> parts_of(const std::string& input) {
  std::array<std::string, 4> parts;
  size_t part = 0;
  std::istringstream in(input);
  for (std::string line; std::getline(in, line);) {
    if (line == "%%" && part + 1 < parts.size())
      ++part;
    else
      parts[part] += line + "\n";
  }
  return parts;
}

void check_options(const std::string& arguments, const std::string& config, File& file) {
  file.hold(config);
  Words words;
  std::istringstream in(arguments);
  for (std::string word; std::getline(in, word);)
    words.push_back(word.find('/') == std::string::npos ? word : file.path());  // no other file is opened
  const Start start = read_options(words, file.path());
  for (const std::string& error : start.errors) check(!error.empty(), "an error without words");
  if (!start.errors.empty()) return;
  const Config& c = start.config;
  check(c.workers <= 127 && c.memory_mb >= 64 && c.mbufs >= 1023 && c.hang_s >= 1, "a value out of its range");
  check(std::all_of(c.cores.begin(), c.cores.end(), [](unsigned core) { return core < 1024; }), "a core beyond all");
  check(!c.socket.empty(), "no socket");
  for (const uint64_t huge : {uint64_t{0}, uint64_t{4096}}) {
    const EalPlan plan = plan_eal(c, {.cores = {0, 1, 2, 5}, .free_huge_mb = huge}, "fuzz");
    check(plan.arguments.size() >= c.eal.size(), "what the user says to DPDK is lost");
    check(std::equal(c.eal.rbegin(), c.eal.rend(), plan.arguments.rbegin()), "what the user says to DPDK is not last");
  }
}

// The daemon's init file and a batch of the client are read alike.
void check_init(const std::string& text, File& file) {
  file.hold(text);
  Words ran, batch;
  const auto execute = [&](const std::string& line, const control::Style&, const control::Asker&) {
    ran.push_back(line);
    return line.find("bad") == std::string::npos ? control::Reply::text(line)
                                                 : control::Reply::failure({"no", ErrorKind::Refused});
  };
  const auto done = execute_file(file.path(), execute, [](const std::string&) {});
  control::BatchReader reader(text);
  bool failed = false;
  size_t number = 0;
  while (const auto line = failed ? std::nullopt : reader.next()) {
    batch.push_back(line->text);
    failed = line->text.find("bad") != std::string::npos;
    number = line->number;
  }
  check(ran == batch, "an init file is not what a batch is");
  check(done.has_value() == !failed, "an init file goes on behind a line that failed, or ends without one");
  if (failed) check(done.error().message == fmt::format("{}:{}: no", file.path(), number), "a wrong file or line");
}

void check_devargs(const std::string& text) {
  auto devargs = port::Devargs::parse(text);
  if (!devargs) return check(!devargs.error().message.empty(), "an error without words");
  const auto again = port::Devargs::parse(devargs->text());
  check(again && again->text() == devargs->text() && again->arguments == devargs->arguments,
        "devargs change by writing");
  for (const uint16_t mtu : {uint16_t{68}, uint16_t{1500}, uint16_t{9216}}) {
    port::Devargs full = *devargs;
    port::complete_af_packet(full, mtu, 2);
    const std::string once = full.text();
    port::complete_af_packet(full, mtu, 2);
    check(full.text() == once, "devargs are completed twice");
    (void)port::af_packet_frame_room(full);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static File config, init;
  const auto parts = parts_of({reinterpret_cast<const char*>(data), size});
  check_options(parts[0], parts[1], config);
  check_init(parts[2], init);
  std::string devargs = parts[3];
  if (devargs.ends_with('\n')) devargs.pop_back();
  check_devargs(devargs);
  if (const auto cores = parse_cores(devargs)) check(!cores->empty(), "a list of no cores");
  return 0;
}
