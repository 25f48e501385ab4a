// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : what the client does with commands: alone, from a batch, at the prompt
// Guarantees : mistakes in words are found without a daemon; output goes to stdout, errors to stderr, in their order
#pragma once

#include <string>
#include <vector>

#include "control/grammar.hpp"

namespace flyover {

struct ClientOptions {
  std::string socket;
  control::Style style;
  bool force = false;
};

class Client {
 public:
  explicit Client(ClientOptions options) : options_(std::move(options)) {}

  // One command; the exit code.
  int run(const std::vector<std::string>& words);
  // The commands of a file, "-" for standard input, until one fails (or all, with -force).
  int batch(const std::string& file);
  // Reads commands from the terminal until its end.
  int prompt();
  // What may stand in the place of `words.back()`, which may be the beginning of a word.
  std::vector<std::string> completions(std::vector<std::string> words);

 private:
  int send(const std::vector<std::string>& lines, const std::vector<size_t>& numbers, const std::string& file);
  std::string ask(const std::vector<std::string>& words);  // the output; empty after a failure
  std::vector<std::string> device_names();

  ClientOptions options_;
};

}  // namespace flyover
