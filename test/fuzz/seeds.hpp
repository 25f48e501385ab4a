// SPDX-License-Identifier: BSD-3-Clause
// Purpose : the first inputs of the fuzz targets. They are made of what stands elsewhere, so that nothing is kept twice.
#pragma once

#include <fmt/format.h>

#include <fstream>
#include <string>
#include <utility>

namespace flyover::fuzz {

// A folder of inputs, and beside them the words that libFuzzer may put together.
class Writer {
 public:
  explicit Writer(std::string folder) : folder_(std::move(folder)) {}
  void write(const std::string& input) {
    std::ofstream(fmt::format("{}/seed-{:03}", folder_, count_++), std::ios::binary) << input;
  }
  void word(std::string_view text) {
    std::string escaped;
    for (const char c : text) escaped += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    std::ofstream(folder_ + "/../words.dict", std::ios::app) << '"' << escaped << "\"\n";
  }

 private:
  std::string folder_;
  int count_ = 0;
};

void write_receive(Writer& to);
void write_grammar(Writer& to);
void write_start(Writer& to);
void write_socket(Writer& to);

}  // namespace flyover::fuzz
