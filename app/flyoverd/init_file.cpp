// SPDX-License-Identifier: BSD-3-Clause
#include "flyoverd/init_file.hpp"

#include <fmt/format.h>

#include <fstream>

namespace flyover::daemon {
namespace {

bool is_empty(const std::string& line) {
  const size_t first = line.find_first_not_of(" \t\r");
  return first == std::string::npos || line[first] == '#';
}

}  // namespace

Result<> execute_file(const std::string& name, const control::Executor& execute,
                      const std::function<void(const std::string&)>& say) {
  std::ifstream file(name);
  if (!file) return refused(fmt::format("{}: cannot be read", name));
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    if (is_empty(line)) continue;
    control::Reply reply = execute(line, {});
    while (reply.more && reply.more(reply.out)) continue;
    if (!reply.out.empty()) say(reply.out);
    if (reply.code) return refused(fmt::format("{}:{}: {}", name, number, reply.error));
  }
  return {};
}

}  // namespace flyover::daemon
