// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : command text into lines and words: init files, batches, the prompt, requests
// Linux counterpart : iproute2's getcmdline and makeargs
// Guarantees        : the same text gives the same words wherever it comes from
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace flyover::control {

// One command of a batch: comments are gone, continuations (a backslash at the end) are joined. Blank lines do not appear.
struct BatchLine {
  std::string text;
  size_t number = 0;  // in the file, from 1; of a continued command the last line, as `ip -batch` counts
};

// Reads the commands of `text` one by one.
class BatchReader {
 public:
  explicit BatchReader(std::string_view text, size_t first_line = 1) : rest_(text), number_(first_line - 1) {}
  std::optional<BatchLine> next();

 private:
  std::string_view rest_;
  size_t number_;
};

// The words of a command: parted by white space, 'single' and "double" quotes keep it; '#' outside of quotes ends the command.
Result<std::vector<std::string>> split_words(std::string_view command);

// The other way round: one line that split_words() gives these words of.
std::string join_words(const std::vector<std::string>& words);

}  // namespace flyover::control
