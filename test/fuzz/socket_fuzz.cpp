// SPDX-License-Identifier: BSD-3-Clause
// Fuzz target: clients of the control socket that send anything, in pieces, and go whenever they like. Only what was asked is
// carried out; every answer is a sequence of whole messages; who stays and reads gets one end for each request; nobody is left.
// Operations: a byte for what and who, a byte or two for how much, the bytes.
#include "flyoverd/control_socket.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <cstring>
#include <filesystem>
#include <set>
#include <sstream>

#include "bytes.hpp"

using namespace flyover;
using namespace flyover::control;
using flyover::fuzz::ByteSource;

namespace {

constexpr int kMostOperations = 64;
constexpr size_t kClients = 4;

struct Folder {
  std::string path = "/tmp/flyover-fuzz-XXXXXX";
  Folder() { check(::mkdtemp(path.data()) != nullptr, "a folder for the socket"); }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  std::string socket() const { return path + "/s"; }
};

// What a complete frame asks for, by the description of the protocol.
struct Expected {
  size_t ends = 0;
  bool broken = false;  // the connection ends with it
  std::multiset<std::string> lines;
};

class Client {
 public:
  explicit Client(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    check(::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0, "a client connects");
  }
  ~Client() { ::close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void send(std::string_view bytes) {
    if (ended_) return;
    const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n > 0) sent_.append(bytes.substr(0, static_cast<size_t>(n)));
    ended_ = n != static_cast<ssize_t>(bytes.size());  // what comes behind a torn piece would be another frame
  }
  void end_sending() {
    ::shutdown(fd_, SHUT_WR);
    ended_ = shut_ = true;
  }
  bool shut() const { return shut_; }
  void read(size_t most) {
    char room[1 << 16];
    const ssize_t n = ::recv(fd_, room, std::min(most, sizeof room), 0);
    if (n > 0) got_.append(room, static_cast<size_t>(n));
  }
  size_t received() const { return got_.size(); }

  Expected expected() const {
    Expected e;
    for (std::string_view rest = sent_; rest.size() >= kFrameHeader && !e.broken;) {
      const size_t length = length_at(rest);
      if (length <= kMaxRequest && rest.size() < kFrameHeader + length) break;
      ++e.ends;
      const auto request = length > kMaxRequest ? Result<Request>(refused("")) : decode_request(rest.substr(4, length));
      e.broken = !request;
      if (e.broken) break;
      e.lines.insert(request->lines.begin(), request->lines.end());
      rest.remove_prefix(kFrameHeader + length);
    }
    return e;
  }
  // How many answers have ended.
  size_t ends() const {
    size_t count = 0;
    for (std::string_view rest = got_; rest.size() >= kFrameHeader;) {
      const size_t length = length_at(rest);
      check(length <= kMaxReply, "a message longer than any may be");
      if (rest.size() < kFrameHeader + length) break;
      const auto message = decode_reply(rest.substr(kFrameHeader, length));
      check(message.has_value(), "a message that is none");
      count += message->kind == ReplyMessage::Kind::End;
      rest.remove_prefix(kFrameHeader + length);
    }
    return count;
  }

 private:
  static size_t length_at(std::string_view bytes) {
    size_t length = 0;
    for (size_t i = 0; i < kFrameHeader; ++i) length = length << 8 | static_cast<uint8_t>(bytes[i]);
    return length;
  }
  int fd_;
  bool ended_ = false, shut_ = false;
  std::string sent_, got_;
};

class Scene {
 public:
  explicit Scene(const std::string& path) : path_(path) {
    auto opened = ControlSocket::open(
        loop_, path, [this](const std::string& line, const Style&, const Asker&) { return run(line); });
    check(opened.has_value(), "the control socket");
    socket_ = std::move(*opened);
  }

  void play(ByteSource in) {
    for (int i = 0; i < kMostOperations && !in.empty(); ++i) step(in);
    finish();
  }

 private:
  Reply run(const std::string& line) {
    ran_.insert(line);
    if (line.starts_with("bad")) return Reply::failure({"Error: " + line, ErrorKind::Usage});
    if (line.size() > 2 && line[0] == '!')  // a long error
      return Reply::failure({std::string(static_cast<uint8_t>(line[1]) * 1000U, line[2]), ErrorKind::Refused});
    if (line.size() > 2 && line[0] == '>') {  // a long answer
      Reply reply;
      reply.more = [letter = line[2], left = static_cast<uint8_t>(line[1]) * 2](std::string& piece) mutable {
        piece.append(9000, letter);
        return --left > 0;
      };
      return reply;
    }
    return Reply::text(line);
  }

  void turn() {
    loop_.restart();
    loop_.poll();
  }

  void step(ByteSource& in) {
    const uint8_t what = in.byte();
    auto& client = clients_[what >> 4 & 3];
    if (!client) client = std::make_unique<Client>(path_);
    switch (what % 7) {
      case 0: return client->send(in.text(in.byte()));
      case 1: return client->send(frame(in.text(in.byte())));
      case 2: return ask(*client, in.text(in.byte()), what & 8);
      case 3: return client->read(in.word());
      case 4: return client->end_sending();
      case 5: return leave(client);
      default: return turn();
    }
  }

  static void ask(Client& client, const std::string& text, bool force) {
    Request request{.lines = {}, .style = {}, .force = force};
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) request.lines.push_back(line);
    client.send(encode(request));
  }

  void leave(std::unique_ptr<Client>& client) {
    for (const std::string& line : client->expected().lines) may_run_.insert(line);
    (void)client->ends();
    client.reset();
  }

  // Everybody reads until nothing comes any more.
  void finish() {
    for (int quiet = 0; quiet < 3;) {
      size_t before = 0, after = 0;
      for (auto& c : clients_) before += c ? c->received() : 0;
      turn();
      for (auto& c : clients_)
        if (c) c->read(1 << 16), after += c->received();
      quiet = before == after ? quiet + 1 : 0;
    }
    for (auto& c : clients_) {
      if (!c) continue;
      const Expected expected = c->expected();
      if (!c->shut()) check(c->ends() == expected.ends, "a request without its end, or an end without a request");
      leave(c);
    }
    for (int i = 0; i < 100 && socket_->clients(); ++i) turn();
    check(socket_->clients() == 0, "a client that has gone is still there");
    check(std::all_of(ran_.begin(), ran_.end(),
                      [&](const std::string& line) { return ran_.count(line) <= may_run_.count(line); }),
          "something was carried out that nobody asked for");
  }

  std::string path_;
  boost::asio::io_context loop_;
  std::unique_ptr<ControlSocket> socket_;
  std::array<std::unique_ptr<Client>, kClients> clients_;
  std::multiset<std::string> ran_, may_run_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Folder folder;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  (void)decode_reply(bytes);
  Scene(folder.socket()).play({data, size});
  return 0;
}
