// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : commands from clients, over a Unix socket
// Expects    : everything happens in the event loop's thread; the executor never waits
// Guarantees : one daemon per path (a lock beside the socket), a socket that a dead one left is replaced. Clients are bounded
//              in number, in what they may send and in what waits for them: one that does not read, or dies, costs nobody else
//              anything, and is cut off when its place is wanted; long replies are made no faster than they are read.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <set>
#include <string>

#include "control/request.hpp"

namespace flyover {

class ControlSocket {
 public:
  static constexpr size_t kMaxClients = 64;

  struct Limits {
    int silence_ms = 30000;    // who says and reads nothing for so long makes room for another client, if there is none
    size_t waiting = 1 << 18;  // bytes that may wait for a client before no more is made for it
  };

  // Mode 0660, for group `flyover` if there is one. The error says what is in the way.
  static Result<std::unique_ptr<ControlSocket>> open(boost::asio::io_context& loop, const std::string& path,
                                                     control::Executor executor, Limits limits);
  static Result<std::unique_ptr<ControlSocket>> open(boost::asio::io_context& loop, const std::string& path,
                                                     control::Executor executor) {
    return open(loop, path, std::move(executor), Limits{});
  }
  ~ControlSocket();  // clients are cut off, the socket and its lock are gone
  ControlSocket(const ControlSocket&) = delete;
  ControlSocket& operator=(const ControlSocket&) = delete;

  size_t clients() const { return sessions_.size(); }

 private:
  class Session;
  struct Lock;
  using Protocol = boost::asio::local::stream_protocol;

  ControlSocket(boost::asio::io_context& loop, const std::string& path, control::Executor executor, Limits limits);
  Result<> listen();
  void accept();
  void admit(Protocol::socket client);
  void make_room();

  std::string path_;
  control::Executor executor_;
  Limits limits_;
  std::unique_ptr<Lock> lock_;
  Protocol::acceptor acceptor_;
  boost::asio::steady_timer pause_;  // after an error of accept(), such as no file descriptor left
  std::set<std::shared_ptr<Session>> sessions_;
};

}  // namespace flyover
