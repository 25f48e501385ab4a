// SPDX-License-Identifier: BSD-3-Clause
#include "control/route_text.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "control/grammar.hpp"
#include "control/show.hpp"

namespace flyover::control {
namespace {

constexpr size_t kPiece = 1 << 15;    // bytes that are read at a time
constexpr size_t kLongest = 1 << 20;  // bytes of a route

bool is_blank(char c) {
  return static_cast<unsigned char>(c) <= ' ' && (c == ' ' || c == '\t' || c == '\r' || c == '\n');
}

std::string_view take_word(std::string_view& rest) {
  size_t at = 0;
  while (at < rest.size() && is_blank(rest[at])) ++at;
  size_t end = at;
  while (end < rest.size() && !is_blank(rest[end])) ++end;
  const auto word = rest.substr(at, end - at);
  rest.remove_prefix(end);
  return word;
}

// Decimal, without the leading zero that makes it octal in some places.
bool read_number(std::string_view text, uint64_t most, uint64_t& value) {
  if (text.empty() || text.size() > 10 || (text[0] == '0' && text.size() > 1)) return false;
  value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + static_cast<uint64_t>(c - '0');
  }
  return value <= most;
}

// All four parts, as they are printed.
bool read_address(std::string_view text, Ipv4Address& address) {
  uint32_t host = 0, part = 0;
  int digits = 0, dots = 0;
  for (const char c : text) {
    if (c == '.') {
      if (digits == 0 || ++dots == 4) return false;
      host = host << 8 | part;
      part = 0, digits = 0;
      continue;
    }
    if (c < '0' || c > '9' || (digits > 0 && part == 0)) return false;
    part = part * 10 + static_cast<uint32_t>(c - '0');
    ++digits;
    if (part > 255) return false;
  }
  address = Ipv4Address(host << 8 | part);
  return dots == 3 && digits > 0;
}

bool read_prefix(std::string_view text, route::RouteSpec& spec) {
  if (text == "default") return true;
  const size_t slash = text.find('/');
  uint64_t length = 32;
  if (slash != std::string_view::npos && !read_number(text.substr(slash + 1), 32, length)) return false;
  spec.length = static_cast<uint8_t>(length);
  return read_address(text.substr(0, slash), spec.destination);
}

bool read_type(std::string_view word, route::RouteSpec& spec) {
  using T = route::RouteType;
  if (!word.empty() && word[0] >= '0' && word[0] <= '9') return false;
  for (const T type : {T::Unicast, T::Local, T::Broadcast, T::Blackhole, T::Unreachable, T::Prohibit, T::Throw}) {
    if (name_of(type) != word) continue;
    spec.type = type;
    return true;
  }
  return false;
}

// A bit for the keyword; 0: it is none of ours.
unsigned bit_of(std::string_view word) {
  if (word == "via") return 1;
  if (word == "dev") return 2;
  if (word == "proto") return 4;
  if (word == "metric") return 8;
  if (word == "scope") return 16;
  if (word == "src") return 32;
  if (word == "mtu") return 64;
  if (word == "table") return 128;
  if (word == "onlink") return 256;
  return 0;
}

}  // namespace

bool is_route_state(std::string_view word) {
  static constexpr std::string_view kStates[] = {"linkdown", "dead", "offload", "offload_failed", "trap", "rt_trap"};
  return std::find(std::begin(kStates), std::end(kStates), word) != std::end(kStates);
}

// ---------------------------------------------------------------------------------------------------------------- file

Result<RouteFile> RouteFile::open(const std::string& name, const Asker& asker) {
  const auto failed = [&](const char* why) {
    return wrong_usage(fmt::format("Cannot open file \"{}\" for reading: {}", name, why));
  };
  RouteFile file(asker.open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat about {};
  if (file.fd_ < 0 || ::fstat(file.fd_, &about) != 0) return failed(std::strerror(errno));
  if (!S_ISREG(about.st_mode)) return failed("it is not a regular file");
  return file;
}

RouteFile::RouteFile(RouteFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      text_(std::move(other.text_)),
      at_(other.at_),
      lines_(other.lines_),
      ended_(other.ended_) {}

RouteFile::~RouteFile() {
  if (fd_ >= 0) ::close(fd_);
}

Result<> RouteFile::read_on() {
  if (text_.size() - at_ > kLongest) return refused("the line is too long");
  text_.erase(0, at_);
  at_ = 0;
  const size_t before = text_.size();
  text_.resize(before + kPiece);
  const ssize_t n = ::read(fd_, text_.data() + before, kPiece);
  text_.resize(before + static_cast<size_t>(std::max<ssize_t>(n, 0)));
  if (n < 0 && errno != EINTR) return refused(std::strerror(errno));
  ended_ = n == 0;
  return {};
}

// Behind its line feed; 0: it has not been read to its end.
size_t RouteFile::end_of_line(size_t from) const {
  const size_t feed = text_.find('\n', from);
  if (feed != std::string::npos) return feed + 1;
  return ended_ ? text_.size() : 0;
}

// ... and how many lines it has.
std::pair<size_t, size_t> RouteFile::end_of_route() const {
  constexpr std::pair<size_t, size_t> kNone{0, 0};
  size_t end = end_of_line(at_);
  for (size_t lines = 1; end != 0; ++lines) {
    if (end == text_.size()) return ended_ ? std::pair(end, lines) : kNone;
    if (!is_blank(text_[end])) return {end, lines};
    const size_t next = end_of_line(end);
    if (next == 0) return kNone;
    std::string_view line = std::string_view(text_).substr(end, next - end);
    if (take_word(line) != "nexthop") return {end, lines};
    end = next;
  }
  return kNone;
}

std::optional<RouteFile::Line> RouteFile::next() {
  if (at_ == text_.size()) return std::nullopt;
  const auto [end, lines] = end_of_route();
  if (end == 0) return std::nullopt;
  const Line line{std::string_view(text_).substr(at_, end - at_), lines_ + 1};
  lines_ += lines;
  at_ = end;
  return line;
}

// -------------------------------------------------------------------------------------------------------------- routes

std::optional<route::RouteSpec> OrdinaryRoutes::read(std::string_view line) {
  route::RouteSpec spec{.table = table_};
  auto word = take_word(line);
  if (read_type(word, spec)) word = take_word(line);
  if (!read_prefix(word, spec)) return std::nullopt;
  for (unsigned seen = 0; !(word = take_word(line)).empty();) {
    const unsigned bit = bit_of(word);
    if (bit == 0 && is_route_state(word)) continue;
    if (bit == 0 || (seen & bit)) return std::nullopt;
    seen |= bit;
    if (word == "onlink") {
      spec.onlink = true;
    } else if (!read_value(word, take_word(line), spec)) {
      return std::nullopt;
    }
  }
  return spec;
}

bool OrdinaryRoutes::read_value(std::string_view keyword, std::string_view value, route::RouteSpec& spec) {
  const auto named = [&](Named& last, auto number_of) {
    if (value.empty()) return false;
    if (last.word != value) last = {std::string(value), number_of(value)};
    return last.number.has_value();
  };
  uint64_t number = 0;
  if (keyword == "via") return read_address(value, spec.gateway);
  if (keyword == "dev") return (spec.out = device(value)) != kNoInterface;
  if (keyword == "src") return read_address(value, spec.source);
  if (keyword == "proto") {
    if (!named(protocol_, protocol_of)) return false;
    spec.protocol = static_cast<route::Protocol>(*protocol_.number);
  } else if (keyword == "scope") {
    if (!named(scope_, scope_of)) return false;
    spec.scope = static_cast<route::Scope>(*scope_.number);
  } else if (keyword == "table") {
    if (!named(tables_, table_of)) return false;
    spec.table = TableId(*tables_.number);
  } else {
    if (!read_number(value, 0xffffffff, number)) return false;
    (keyword == "metric" ? spec.metric : spec.mtu) = static_cast<uint32_t>(number);
  }
  return true;
}

// A name with letters that stand for something in a command is left to the grammar.
InterfaceId OrdinaryRoutes::device(std::string_view name) {
  if (name == name_) return id_;
  if (name.find_first_of("'\"#\\") != std::string_view::npos) return kNoInterface;
  name_ = name;
  return id_ = interfaces_.find(name);
}

}  // namespace flyover::control
