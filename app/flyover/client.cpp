// SPDX-License-Identifier: BSD-3-Clause
#include "flyover/client.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "control/doctor.hpp"
#include "control/grammar_help.hpp"
#include "control/sysctl.hpp"
#include "control/words.hpp"
#include "flyover/connection.hpp"

namespace flyover {
namespace {

using control::CommandId;
using control::ReplyMessage;
using control::Request;
constexpr size_t kBatchLines = 512;  // that go in one request

void say(std::FILE* to, std::string_view text, bool end_line = true) {
  if (to == stderr) std::fflush(stdout);
  std::fwrite(text.data(), 1, text.size(), to);
  if (end_line && !text.ends_with('\n')) std::fputc('\n', to);
}

int fail(const Error& error) {
  say(stderr, error.message);
  return static_cast<int>(error.kind);
}

// What stands before the name of a file.
bool names_file(CommandId command, const std::string& word) {
  if (command == CommandId::Capture) return word == "file";
  return command == CommandId::RouteLoad && word.starts_with("lo") && std::string_view("load").starts_with(word);
}

// The daemon runs in a folder of its own: the name of a file that it is to read or write is meant where the client runs.
std::vector<std::string> with_whole_paths(std::vector<std::string> words, const control::Parsed& parsed) {
  for (size_t i = 2; i < words.size(); ++i) {
    if (!names_file(parsed.command->id, words[i - 1]) || words[i] != parsed.text("file")) continue;
    std::error_code error;
    const auto whole = std::filesystem::absolute(words[i], error);
    if (!error) words[i] = whole.string();
    break;
  }
  return words;
}

// The same for a line of a batch. Most lines name no file and go to the daemon as they are, as do those that are wrong.
std::string with_whole_paths(const std::string& line) {
  if (line.find("file") == std::string::npos && line.find("lo") == std::string::npos) return line;
  const auto written = control::split_words(line);
  if (!written) return line;
  std::vector<std::string> words = *written;
  if (!control::take_options(words)) return line;
  const auto parsed = control::parse(words);
  return parsed ? control::join_words(with_whole_paths(*written, *parsed)) : line;
}

// Reads a file in pieces that end where a command ends.
class BatchFile {
 public:
  explicit BatchFile(const std::string& name) : fd_(name == "-" ? STDIN_FILENO : -1) {
    if (fd_ < 0) file_ = std::fopen(name.c_str(), "re");
    if (file_) fd_ = ::fileno(file_);
  }
  ~BatchFile() {
    if (file_) std::fclose(file_);
  }
  bool good() const { return fd_ >= 0; }

  // The next commands, as many as are there, up to `most`; empty at the end.
  std::vector<control::BatchLine> next(size_t most) {
    std::vector<control::BatchLine> lines;
    while (lines.empty() && (whole_commands() || fill())) {
      const size_t end = whole_commands();
      if (end == 0) continue;
      control::BatchReader reader(std::string_view(text_).substr(at_, end - at_), line_ + 1);
      while (auto line = reader.next()) lines.push_back(std::move(*line));
      line_ += static_cast<size_t>(std::count(text_.begin() + static_cast<std::ptrdiff_t>(at_),
                                              text_.begin() + static_cast<std::ptrdiff_t>(end), '\n'));
      at_ = end;
      if (lines.size() > most) break;
    }
    return lines;
  }

 private:
  // Where the last complete command that is here ends; 0: none is complete.
  size_t whole_commands() const {
    if (ended_) return at_ < text_.size() ? text_.size() : 0;
    for (size_t end = text_.rfind('\n'); end != std::string::npos && end >= at_;
         end = end ? text_.rfind('\n', end - 1) : std::string::npos) {
      const bool goes_on =
          end > 0 && (text_[end - 1] == '\\' || (end > 1 && text_[end - 1] == '\r' && text_[end - 2] == '\\'));
      if (!goes_on) return end + 1;
    }
    return 0;
  }
  bool fill() {
    if (ended_) return false;
    text_.erase(0, at_);
    at_ = 0;
    char bytes[1 << 15];
    const ssize_t n = ::read(fd_, bytes, sizeof bytes);
    if (n < 0 && errno == EINTR) return true;
    if (n <= 0) {
      ended_ = true;
    } else {
      text_.append(bytes, static_cast<size_t>(n));
    }
    return true;
  }

  int fd_;
  std::FILE* file_ = nullptr;
  std::string text_;
  size_t at_ = 0;    // of `text_`, where the next command begins
  size_t line_ = 0;  // lines before that
  bool ended_ = false;
};

}  // namespace

int Client::run(const std::vector<std::string>& written) {
  std::vector<std::string> words = written;
  const auto style = control::take_options(words, options_.style);
  if (!style) return fail(style.error());
  const auto parsed = control::parse(words);
  if (!parsed) return fail(parsed.error());
  if (parsed->command->id == CommandId::Help) {
    const auto text = control::help_text(parsed->text("object"), parsed->text("verb"));
    if (!text) return fail(text.error());
    say(stdout, *text);
    return 0;
  }
  if (parsed->command->id == CommandId::Doctor) {
    say(stdout, control::doctor_report(control::examine("/"), *style));
    return 0;
  }
  return send({control::join_words(with_whole_paths(written, *parsed))}, {}, {});
}

// `numbers`: of the lines in `file`; empty for a command alone.
int Client::send(const std::vector<std::string>& lines, const std::vector<size_t>& numbers, const std::string& file) {
  auto connection = Connection::open(options_.socket);
  if (!connection) return fail(connection.error());
  int code = 0;
  const auto asked = connection->ask(Request{lines, options_.style, options_.force}, [&](const ReplyMessage& message) {
    if (message.kind == ReplyMessage::Kind::Output) say(stdout, message.text, false);
    if (message.kind == ReplyMessage::Kind::End) code = message.code;
    if (message.kind != ReplyMessage::Kind::Failure) return;
    say(stderr, message.text);
    if (message.line < numbers.size()) say(stderr, fmt::format("Command failed {}:{}", file, numbers[message.line]));
  });
  std::fflush(stdout);
  return asked ? code : fail(asked.error());
}

int Client::batch(const std::string& name) {
  BatchFile file(name);
  if (!file.good()) {
    say(stderr, fmt::format("Cannot open file \"{}\" for reading: {}", name, std::strerror(errno)));
    return 1;
  }
  bool failed = false;
  for (auto commands = file.next(kBatchLines); !commands.empty() && (!failed || options_.force);
       commands = file.next(kBatchLines)) {
    for (size_t at = 0; at < commands.size() && (!failed || options_.force);) {
      std::vector<std::string> lines;
      std::vector<size_t> numbers;
      for (; at < commands.size() && lines.size() < kBatchLines; ++at) {
        lines.push_back(with_whole_paths(commands[at].text));
        numbers.push_back(commands[at].number);
      }
      failed |= send(lines, numbers, name) != 0;
    }
  }
  return failed ? 1 : 0;  // as `ip -batch`, whatever the reason
}

std::string Client::ask(const std::vector<std::string>& words) {
  auto connection = Connection::open(options_.socket);
  if (!connection) return {};
  std::string output;
  const auto asked =
      connection->ask(Request{{control::join_words(words)}, {}, false}, [&](const ReplyMessage& message) {
        if (message.kind == ReplyMessage::Kind::Output) output += message.text;
      });
  return asked ? output : std::string();
}

std::vector<std::string> Client::device_names() {
  std::vector<std::string> names;
  const auto links = nlohmann::json::parse(ask({"-j", "link", "show"}), nullptr, false);
  if (!links.is_array()) return names;
  for (const auto& link : links)
    if (link.contains("ifname") && link["ifname"].is_string()) names.push_back(link["ifname"].get<std::string>());
  return names;
}

std::vector<std::string> Client::completions(std::vector<std::string> words) {
  const std::string begun = words.empty() ? "" : words.back();
  if (!words.empty()) words.pop_back();
  if (!control::take_options(words)) return {};
  std::vector<std::string> found;
  const auto may = control::suggest(words);
  const auto offer = [&](const std::string& word) {
    if (word.starts_with(begun)) found.push_back(word);
  };
  for (const std::string& word : may.words) offer(word);
  if (words.empty() && begun.starts_with('-'))
    for (const control::Option& option : control::options())
      control::for_each_part(option.full, ' ', [&](std::string_view full) { offer(std::string(full)); });
  const std::vector<std::string> devices = may.devices || (may.settings && begun.find('.') != std::string::npos)
                                               ? device_names()
                                               : std::vector<std::string>();
  if (may.devices)
    for (const std::string& device : devices) offer(device);
  if (may.settings)
    for (const control::Sysctl& s : control::sysctls()) {
      if (s.home != control::Sysctl::Home::Router || begun.find('.') == std::string::npos) offer(std::string(s.name));
      if (begun.find('.') == std::string::npos) continue;
      offer(s.full_name("all"));
      if (s.home == control::Sysctl::Home::Router) continue;
      for (const std::string& device : devices) offer(s.full_name(device));
    }
  if (may.files && found.empty()) found.push_back("@file");
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

}  // namespace flyover
