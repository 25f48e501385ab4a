// SPDX-License-Identifier: BSD-3-Clause
// Writes a target's first inputs into a folder, and words.dict beside it: seeds TARGET FOLDER.
#include "seeds.hpp"

#include <cstdio>
#include <filesystem>
#include <map>

int main(int argc, char** argv) {
  using namespace flyover::fuzz;
  const std::map<std::string, void (*)(Writer&)> targets{
      {"receive_fuzz", write_receive},
      {"grammar_fuzz", write_grammar},
      {"start_fuzz", write_start},
      {"socket_fuzz", write_socket},
  };
  const auto target = argc == 3 ? targets.find(argv[1]) : targets.end();
  if (target == targets.end()) return std::fputs("usage: seeds TARGET FOLDER\n", stderr), 1;
  std::filesystem::create_directories(argv[2]);
  Writer to(argv[2]);
  target->second(to);
  return 0;
}
