// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : what a control operation returns: a value, or an error in the user's words
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace flyover {

// Exit codes of iproute2: 1 the command was wrong, 2 the router refused it.
enum class ErrorKind : int { Usage = 1, Refused = 2 };

struct Error {
  std::string message;
  ErrorKind kind = ErrorKind::Refused;
};

template <class T = void>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> refused(std::string message) {
  return tl::unexpected<Error>(Error{std::move(message), ErrorKind::Refused});
}
inline tl::unexpected<Error> wrong_usage(std::string message) {
  return tl::unexpected<Error>(Error{std::move(message), ErrorKind::Usage});
}

}  // namespace flyover
