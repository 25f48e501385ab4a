// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : routes as `ip route show` prints them, out of a file, for `route load`
// Linux counterpart : none; `ip route restore` reads what `ip route save` has written in rtnetlink's own form
// Guarantees        : an ordinary line is read quickly and gives what the grammar would give for it; every other line is left to
//                     the grammar. A file is read piece by piece, and never waited for: it is an ordinary one.
// Cost              : about 100 ns an ordinary line
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "control/asker.hpp"
#include "iface/interface_control.hpp"
#include "route/route_spec.hpp"

namespace flyover::control {

class RouteFile {
 public:
  static Result<RouteFile> open(const std::string& name, const Asker& asker);
  RouteFile(RouteFile&& other) noexcept;
  RouteFile& operator=(RouteFile&&) = delete;
  ~RouteFile();

  // A route's line, with those behind it that name its further next hops.
  struct Line {
    std::string_view text;  // good until read_on()
    size_t number = 0;      // of its first line, from 1
  };
  // The next line of what has been read; none: read_on() first.
  std::optional<Line> next();
  Result<> read_on();
  bool ended() const { return ended_ && at_ == text_.size(); }
  size_t lines() const { return lines_; }  // that next() has given

 private:
  explicit RouteFile(int fd) : fd_(fd) {}
  size_t end_of_line(size_t from) const;
  std::pair<size_t, size_t> end_of_route() const;

  int fd_;
  std::string text_;
  size_t at_ = 0;  // of `text_`: what comes next
  size_t lines_ = 0;
  bool ended_ = false;  // all of the file is in `text_`, or was
};

// Short-lived: it remembers which interface has which name.
class OrdinaryRoutes {
 public:
  // `table`: of routes that name none.
  OrdinaryRoutes(const iface::InterfaceControl& interfaces, TableId table) : interfaces_(interfaces), table_(table) {}

  // None: it is not for us.
  std::optional<route::RouteSpec> read(std::string_view line);

 private:
  struct Named {  // what was named last, and what that is
    std::string word;
    std::optional<uint32_t> number;
  };
  bool read_value(std::string_view keyword, std::string_view value, route::RouteSpec& spec);
  InterfaceId device(std::string_view name);

  const iface::InterfaceControl& interfaces_;
  TableId table_;
  std::string name_;
  InterfaceId id_;
  Named protocol_, scope_, tables_;
};

// What a route's state is, and not what somebody has asked for: `route show` prints it, `route add` does not take it.
bool is_route_state(std::string_view word);

}  // namespace flyover::control
