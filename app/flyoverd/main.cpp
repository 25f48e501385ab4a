// SPDX-License-Identifier: BSD-3-Clause
// flyoverd: the daemon. What it does is in daemon.cpp; here it is only started.
#include <cstdio>

#include "flyoverd/daemon.hpp"
#include "flyoverd/options.hpp"

namespace {

constexpr const char* kUsualFile = "/etc/flyover/flyover.conf";

}  // namespace

int main(int argc, char** argv) {
  using namespace flyover::daemon;
  const Start start = read_options({argv + 1, argv + argc}, kUsualFile);
  if (start.help) return std::fputs(options_help().c_str(), stdout) < 0;
  if (start.version) return std::puts("flyoverd " FLYOVER_VERSION) < 0;
  for (const std::string& error : start.errors) std::fprintf(stderr, "flyoverd: %s\n", error.c_str());
  if (!start.errors.empty()) return 1;
  const Log log(start.config.log_level);
  auto daemon = Daemon::start(start.config, log);
  if (!daemon) {
    log.error("{}", daemon.error().message);
    return 1;
  }
  return (*daemon)->run();
}
