// SPDX-License-Identifier: BSD-3-Clause
// The client: flyover [OPTIONS] OBJECT { COMMAND | help }, flyover -batch FILE, flyover alone for a prompt.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "control/grammar_help.hpp"
#include "flyover/client.hpp"
#include "flyover/connection.hpp"

namespace {

using namespace flyover;
using Words = std::vector<std::string>;

struct CommandLine {
  ClientOptions client;
  std::string batch, completion;
  bool version = false, help = false;
  Words words;  // of the command
};

Result<CommandLine> read_command_line(Words words) {
  CommandLine line;
  const char* socket = std::getenv("FLYOVER_SOCKET");
  line.client.socket = socket && *socket ? socket : Connection::kDefaultPath;
  while (!words.empty() && words[0].size() > 1 && words[0][0] == '-') {
    const control::Option* option = control::find_option(words[0]);
    if (!option || !option->client) {
      Words one{words[0]};
      const auto style = control::take_options(one, line.client.style);
      if (!style) return tl::unexpected(style.error());
      line.client.style = *style;
    } else if (!option->value.empty() && words.size() < 2) {
      return wrong_usage(fmt::format("Option \"{}\" needs a value: {}", words[0], option->value));
    } else {
      if (option->word == "-b") line.batch = words[1];
      if (option->word == "-S") line.client.socket = words[1];
      if (option->word == "-comp") line.completion = words[1];
      line.client.force |= option->word == "-fo";
      line.version |= option->word == "-V";
      line.help |= option->word == "-h";
      if (!option->value.empty()) words.erase(words.begin());
    }
    words.erase(words.begin());
  }
  line.words = std::move(words);
  return line;
}

// Options before the word that is begun tell which daemon knows the names.
int print_completions(Words words) {
  const std::string begun = words.empty() ? "" : words.back();
  if (!words.empty()) words.pop_back();
  auto line = read_command_line(std::move(words));
  if (!line) return static_cast<int>(line.error().kind);
  line->words.push_back(begun);
  Client client(line->client);
  for (const std::string& word : client.completions(line->words)) std::puts(word.c_str());
  return 0;
}

int run(const Words& arguments) {
  if (!arguments.empty() && arguments[0] == "--complete")
    return print_completions(Words(arguments.begin() + 1, arguments.end()));
  auto line = read_command_line(arguments);
  if (!line) {
    std::fprintf(stderr, "%s\n", line.error().message.c_str());
    return static_cast<int>(line.error().kind);
  }
  if (line->version) return std::puts("flyover " FLYOVER_VERSION), 0;
  if (line->completion == "bash") return std::fputs(control::bash_completion().c_str(), stdout), 0;
  if (!line->completion.empty()) return std::fputs("Error: completion is there for bash.\n", stderr), 1;
  Client client(line->client);
  if (line->help) return client.run({"help"});
  if (!line->batch.empty()) return client.batch(line->batch);
  if (!line->words.empty()) return client.run(line->words);
  return ::isatty(STDIN_FILENO) ? client.prompt() : client.batch("-");
}

}  // namespace

int main(int argc, char** argv) { return run(Words(argv + 1, argv + argc)); }
