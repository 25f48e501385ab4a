// SPDX-License-Identifier: BSD-3-Clause
#include "flyoverd/init_file.hpp"

#include <fmt/format.h>

#include <fstream>

#include "control/words.hpp"

namespace flyover::daemon {
namespace {

constexpr std::string_view kError = "Error: ";

}  // namespace

Result<> execute_file(const std::string& name, const control::Executor& execute,
                      const std::function<void(const std::string&)>& say) {
  std::ifstream file(name);
  std::string text, piece;
  while (std::getline(file, piece)) text += piece + '\n';
  if (!file.is_open() || file.bad()) return refused(fmt::format("{}: cannot be read", name));
  control::BatchReader reader(text);
  while (const auto line = reader.next()) {
    control::Reply reply = execute(line->text, {}, {});
    control::finish(reply);
    if (!reply.out.empty()) say(reply.out);
    if (reply.code) {
      if (reply.error.starts_with(kError)) reply.error.erase(0, kError.size());  // that it is one is clear here
      return refused(fmt::format("{}:{}: {}", name, line->number, reply.error));
    }
  }
  return {};
}

}  // namespace flyover::daemon
