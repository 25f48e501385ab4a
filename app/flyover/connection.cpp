// SPDX-License-Identifier: BSD-3-Clause
#include "flyover/connection.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace flyover {
namespace {

std::string advice(int error) {
  if (error == ENOENT || error == ECONNREFUSED) return "; is flyoverd running? (-S names another socket)";
  if (error == EACCES) return "; root and members of group flyover may use it";
  return "";
}

}  // namespace

Result<Connection> Connection::open(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path)
    return refused(fmt::format("The socket's path has 1 to {} letters.", sizeof address.sun_path - 1));
  path.copy(address.sun_path, path.size());
  Connection connection(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (connection.fd_ < 0 || ::connect(connection.fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    const int error = errno;
    return refused(fmt::format("Cannot connect to flyoverd at {}: {}{}", path, std::strerror(error), advice(error)));
  }
  return connection;
}

Connection::~Connection() {
  if (fd_ >= 0) ::close(fd_);
}

Result<> Connection::ask(const control::Request& request,
                         const std::function<void(const control::ReplyMessage&)>& take) {
  // A daemon that refuses may have answered and closed before all was sent: what it said comes first.
  const auto sent = send(control::encode(request));
  for (;;) {
    char header[control::kFrameHeader];
    if (auto got = receive(header, sizeof header); !got) return sent ? got : sent;
    const uint32_t length = control::frame_length(header);
    if (length > control::kMaxReply) return refused("flyoverd sent something that is no answer.");
    std::string body(length, '\0');
    if (auto got = receive(body.data(), body.size()); !got) return got;
    const auto message = control::decode_reply(body);
    if (!message) return tl::unexpected(message.error());
    take(*message);
    if (message->kind == control::ReplyMessage::Kind::End) return {};
  }
}

Result<> Connection::wait(short events) {
  pollfd waited{fd_, events, 0};
  for (;;) {
    const int ready = ::poll(&waited, 1, kPatienceMs);
    if (ready > 0) return {};
    if (ready == 0) return refused(fmt::format("flyoverd has not answered for {} seconds.", kPatienceMs / 1000));
    if (errno != EINTR) return refused(fmt::format("Waiting for flyoverd: {}", std::strerror(errno)));
  }
}

Result<> Connection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    if (auto ready = wait(POLLOUT); !ready) return ready;
    const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n < 0) return refused(fmt::format("flyoverd has closed the connection: {}", std::strerror(errno)));
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return {};
}

Result<> Connection::receive(char* bytes, size_t length) {
  while (length > 0) {
    if (auto ready = wait(POLLIN); !ready) return ready;
    const ssize_t n = ::recv(fd_, bytes, length, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return refused("flyoverd has closed the connection in the middle of its answer.");
    bytes += n;
    length -= static_cast<size_t>(n);
  }
  return {};
}

}  // namespace flyover
