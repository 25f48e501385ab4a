// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : the client's end of the control socket
// Guarantees : errors say what was tried and what may help; a daemon that does not answer does not hold the client for ever
#pragma once

#include <functional>
#include <string>

#include "control/request.hpp"

namespace flyover {

class Connection {
 public:
  static constexpr const char* kDefaultPath = "/run/flyover/flyover.sock";
  static constexpr int kPatienceMs = 60000;

  static Result<Connection> open(const std::string& path);
  Connection(Connection&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  Connection& operator=(Connection&&) = delete;
  ~Connection();

  // Sends, and calls `take` for each answer up to the last.
  Result<> ask(const control::Request& request, const std::function<void(const control::ReplyMessage&)>& take);

 private:
  explicit Connection(int fd) : fd_(fd) {}
  Result<> send(std::string_view bytes);
  Result<> receive(char* bytes, size_t length);
  Result<> wait(short events);

  int fd_;
};

}  // namespace flyover
