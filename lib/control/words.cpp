// SPDX-License-Identifier: BSD-3-Clause
#include "control/words.hpp"

namespace flyover::control {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// Where a comment begins, or the end: '#' inside quotes is an ordinary letter.
size_t comment_of(std::string_view line) {
  char quote = 0;
  for (size_t i = 0; i < line.size(); ++i) {
    if (quote) {
      if (line[i] == quote) quote = 0;
    } else if (line[i] == '\'' || line[i] == '"') {
      quote = line[i];
    } else if (line[i] == '#') {
      return i;
    }
  }
  return line.size();
}

bool blank(std::string_view text) {
  for (char c : text)
    if (!is_space(c)) return false;
  return true;
}

}  // namespace

std::optional<BatchLine> BatchReader::next() {
  BatchLine line;
  bool begun = false;
  while (!rest_.empty()) {
    const size_t end = rest_.find('\n');
    std::string_view piece = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    line.number = ++number_;
    if (piece.ends_with('\r')) piece.remove_suffix(1);
    piece = piece.substr(0, comment_of(piece));
    const bool goes_on = piece.ends_with('\\');
    if (goes_on) piece.remove_suffix(1);
    if (begun) line.text += ' ';
    line.text += piece;
    begun = goes_on;
    if (!goes_on) {
      if (!blank(line.text)) return line;
      line.text.clear();
    }
  }
  if (blank(line.text)) return std::nullopt;
  return line;
}

Result<std::vector<std::string>> split_words(std::string_view command) {
  std::vector<std::string> words;
  const size_t end = comment_of(command);
  size_t at = 0;
  while (at < end) {
    if (is_space(command[at])) {
      ++at;
      continue;
    }
    std::string word;
    char quote = 0;
    for (; at < end && (quote || !is_space(command[at])); ++at) {
      const char c = command[at];
      if (quote ? c == quote : c == '\'' || c == '"') {
        quote = quote ? '\0' : c;
      } else {
        word += c;
      }
    }
    if (quote) return wrong_usage("Unterminated quoted string");
    words.push_back(std::move(word));
  }
  return words;
}

std::string join_words(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) {
    if (!line.empty()) line += ' ';
    if (!word.empty() && word.find_first_of(" \t\r\n'\"#") == std::string::npos) {
      line += word;
      continue;
    }
    // Pieces between single quotes; a single quote itself between double ones.
    line += '\'';
    for (char c : word) {
      if (c == '\'') {
        line += "'\"'\"'";
      } else {
        line += c;
      }
    }
    line += '\'';
  }
  return line;
}

}  // namespace flyover::control
