// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : what the daemon tells its operator, on standard error
// Expects    : the control thread; workers never log
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <utility>

#include "flyoverd/config.hpp"

namespace flyover::daemon {

class Log {
 public:
  explicit Log(LogLevel level) : level_(level) {}

  template <class... T>
  void error(fmt::format_string<T...> text, T&&... values) const {
    write(LogLevel::Error, "error: ", fmt::format(text, std::forward<T>(values)...));
  }
  template <class... T>
  void warning(fmt::format_string<T...> text, T&&... values) const {
    write(LogLevel::Warning, "warning: ", fmt::format(text, std::forward<T>(values)...));
  }
  template <class... T>
  void info(fmt::format_string<T...> text, T&&... values) const {
    write(LogLevel::Info, "", fmt::format(text, std::forward<T>(values)...));
  }
  template <class... T>
  void debug(fmt::format_string<T...> text, T&&... values) const {
    write(LogLevel::Debug, "", fmt::format(text, std::forward<T>(values)...));
  }

 private:
  void write(LogLevel level, const char* kind, const std::string& text) const {
    if (level <= level_) std::fprintf(stderr, "flyoverd: %s%s\n", kind, text.c_str());
  }
  LogLevel level_;
};

}  // namespace flyover::daemon
