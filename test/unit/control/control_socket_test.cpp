// SPDX-License-Identifier: BSD-3-Clause
#include "flyoverd/control_socket.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstring>

using namespace flyover;
using namespace flyover::control;

namespace {

using Ms = std::chrono::milliseconds;
constexpr ControlSocket::Limits kQuick{.silence_ms = 200, .waiting = 1 << 16};

struct Folder {
  std::string path = "/tmp/flyover-test-XXXXXX";
  Folder() { REQUIRE(::mkdtemp(path.data())); }
  ~Folder() {
    for (const char* name : {"/s", "/s.lock", "/open", "/closed"}) ::unlink((path + name).c_str());
    ::rmdir(path.c_str());
  }
  std::string socket() const { return path + "/s"; }
};

// A client that never waits, so that one thread can be both ends.
class Client {
 public:
  explicit Client(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~Client() { close(); }
  bool connected() const { return connected_; }
  size_t received() const { return got_.size(); }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  void send(std::string_view bytes) {
    REQUIRE(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == ssize_t(bytes.size()));
  }
  void ask(std::vector<std::string> lines, bool force = false) { send(encode(Request{std::move(lines), {}, force})); }
  // Takes what is there; false at the end of the connection.
  bool take() {
    char bytes[4096];
    for (;;) {
      const ssize_t n = ::recv(fd_, bytes, sizeof bytes, 0);
      if (n <= 0) return n < 0 && errno == EAGAIN;
      got_.append(bytes, static_cast<size_t>(n));
    }
  }
  std::vector<ReplyMessage> messages() const {
    std::vector<ReplyMessage> all;
    for (const std::string_view frame : frames()) all.push_back(decoded(frame));
    return all;
  }
  std::vector<size_t> lengths() const {  // of the messages, as they were sent
    std::vector<size_t> all;
    for (const std::string_view frame : frames()) all.push_back(frame.size());
    return all;
  }
  bool ended() const {
    const auto all = frames();
    return !all.empty() && decoded(all.back()).kind == ReplyMessage::Kind::End;
  }
  std::string output() const {
    std::string text;
    for (const ReplyMessage& m : messages())
      if (m.kind == ReplyMessage::Kind::Output) text += m.text;
    return text;
  }

 private:
  std::vector<std::string_view> frames() const {  // those that are complete, without their headers
    std::vector<std::string_view> all;
    for (std::string_view rest = got_; rest.size() >= kFrameHeader;) {
      char header[kFrameHeader];
      rest.copy(header, kFrameHeader);
      rest.remove_prefix(kFrameHeader);
      const size_t length = frame_length(header);
      if (rest.size() < length) break;
      all.push_back(rest.substr(0, length));
      rest.remove_prefix(length);
    }
    return all;
  }
  static ReplyMessage decoded(std::string_view frame) {
    auto message = decode_reply(frame);
    if (!message) FAIL(message.error().message);
    return *message;
  }

  int fd_;
  bool connected_ = false;
  std::string got_;
};

struct House {
  Folder folder;
  boost::asio::io_context loop;
  std::vector<std::string> ran;
  size_t made = 0;  // bytes of the endless answer
  char letter = 'e';
  std::unique_ptr<ControlSocket> socket;

  explicit House(ControlSocket::Limits limits = {}) {
    auto opened = ControlSocket::open(
        loop, folder.socket(),
        [this](const std::string& line, const Style&, const Asker& asker) { return run(line, asker); }, limits);
    REQUIRE(opened);
    socket = std::move(*opened);
  }
  Reply run(const std::string& line, const Asker& asker) {
    ran.push_back(line);
    if (line.starts_with('/')) {
      const int fd = asker.open(line, O_RDONLY | O_CLOEXEC);
      if (fd < 0) return Reply::text(std::string(std::strerror(errno)) + "\n");
      ::close(fd);
    }
    if (line == "bad") return Reply::failure({"Error: bad.", ErrorKind::Refused});
    if (line == "wrong") return Reply::failure({"Error: wrong.", ErrorKind::Usage});
    if (line == "echo") return Reply::failure({std::string(300000, letter), ErrorKind::Usage});
    if (line == "shout") return Reply::text(std::string(300000, letter));
    if (line == "long") {
      Reply reply;
      reply.more = [this](std::string& piece) {
        piece.assign(10000, 'x');
        made += piece.size();
        return made < 10'000'000;
      };
      return reply;
    }
    return Reply::text(line + "\n");
  }
  template <class Until>
  bool turn(Until until, Ms limit = Ms(3000)) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!until()) {
      if (std::chrono::steady_clock::now() > end) return false;
      loop.restart();
      loop.run_for(Ms(5));
    }
    return true;
  }
};

}  // namespace

TEST_CASE("a client's lines are run in order and answered") {
  House house;
  Client client(house.folder.socket());
  client.ask({"one", "two"});
  REQUIRE(house.turn([&] { return client.take() && client.ended(); }));
  CHECK(client.output() == "one\ntwo\n");
  CHECK(client.messages().back().code == 0);
  client.ask({"three"});
  REQUIRE(house.turn([&] { return client.take() && client.output() == "one\ntwo\nthree\n"; }));
}

TEST_CASE("the first line that fails ends a request, unless it is forced on") {
  const bool force = GENERATE(false, true);
  House house;
  Client client(house.folder.socket());
  client.ask({"one", "bad", "wrong", "two"}, force);
  REQUIRE(house.turn([&] { return client.take() && client.ended(); }));
  CHECK(house.ran.size() == (force ? 4 : 2));
  const auto all = client.messages();
  CHECK(all[1].kind == ReplyMessage::Kind::Failure);
  CHECK(all[1].text == "Error: bad.");
  CHECK(all[1].line == 1);
  CHECK(all[1].code == 2);
  CHECK(all.back().code == 2);
}

TEST_CASE("the socket is for its owner and its group only") {
  House house;
  struct stat there {};
  REQUIRE(::stat(house.folder.socket().c_str(), &there) == 0);
  CHECK((there.st_mode & 0777) == 0660);
}

TEST_CASE("files are opened with the rights that the client had when it connected") {
  if (::geteuid() != 0) return;  // nobody else has rights to spare
  House house;
  const std::string open = house.folder.path + "/open", closed = house.folder.path + "/closed";
  for (const std::string& name : {open, closed}) ::close(::creat(name.c_str(), 0600));
  for (const std::string& name : {open, house.folder.path, house.folder.socket()})
    REQUIRE(::chmod(name.c_str(), 0777) == 0);
  Client root(house.folder.socket());
  REQUIRE(::seteuid(65534) == 0);
  Client nobody(house.folder.socket());
  REQUIRE(::seteuid(0) == 0);
  for (Client* client : {&nobody, &root}) {
    client->ask({open, closed, open});
    REQUIRE(house.turn([&] { return client->take() && client->ended(); }));
  }
  CHECK(nobody.output() == open + "\nPermission denied\n" + open + "\n");
  CHECK(root.output() == open + "\n" + closed + "\n" + open + "\n");
  CHECK(::access(closed.c_str(), R_OK) == 0);  // whoever runs the daemon still may

  // Anybody may try this one; whether it opens is a matter of rights over the process.
  const std::string foreign = "/proc/" + std::to_string(::getppid()) + "/maps";
  for (const std::string& name : {foreign, std::string("/proc/self/maps")}) {
    CHECK(Asker(65534, 65534, {}).open(name, O_RDONLY) == -1);
    CHECK(errno == EACCES);
  }
  const int fd = Asker().open(foreign, O_RDONLY);
  CHECK(fd >= 0);
  ::close(fd);
}

TEST_CASE("a second daemon on one path is refused, and the first one goes on") {
  House house;
  auto second = ControlSocket::open(house.loop, house.folder.socket(), nullptr);
  REQUIRE(!second);
  CHECK(second.error().message.find("another flyoverd (process " + std::to_string(::getpid()) +
                                    ") has the control socket " + house.folder.socket()) == 0);
  Client client(house.folder.socket());
  client.ask({"one"});
  CHECK(house.turn([&] { return client.take() && client.ended(); }));
}

TEST_CASE("a socket that a dead daemon left is replaced") {
  Folder folder;
  const int left = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, folder.socket().c_str(), sizeof address.sun_path - 1);
  REQUIRE(::bind(left, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  ::close(left);
  ::close(::open((folder.socket() + ".lock").c_str(), O_CREAT | O_WRONLY, 0600));
  boost::asio::io_context loop;
  auto opened = ControlSocket::open(loop, folder.socket(), nullptr);
  REQUIRE(opened);
  CHECK(Client(folder.socket()).connected());
  opened->reset();
  CHECK(::access(folder.socket().c_str(), F_OK) != 0);
  CHECK(::access((folder.socket() + ".lock").c_str(), F_OK) != 0);
}

TEST_CASE("paths that cannot be a socket are refused in words") {
  Folder folder;
  boost::asio::io_context loop;
  const int file = ::open(folder.socket().c_str(), O_CREAT | O_WRONLY, 0600);
  ::close(file);
  CHECK(ControlSocket::open(loop, folder.socket(), nullptr).error().message ==
        folder.socket() + " is in the way of the control socket: it is no socket");
  CHECK(::access(folder.socket().c_str(), F_OK) == 0);
  CHECK(ControlSocket::open(loop, std::string(200, 'x'), nullptr).error().message ==
        "the control socket's path has 1 to 107 letters, not 200");
  CHECK_FALSE(ControlSocket::open(loop, "/nonexistent/folder/s", nullptr));
}

TEST_CASE("garbage is answered with an error and the connection's end") {
  House house;
  const std::string garbage =
      GENERATE(frame("x"), frame("[]"), frame("{\"lines\": 1}"), frame("{\"lines\": [1]}"), frame(""),
               std::string("\xff\xff\xff\xff", 4), std::string("GET / HTTP/1.0\r\n\r\n"));
  Client client(house.folder.socket());
  client.send(garbage);
  REQUIRE(house.turn([&] { return !client.take(); }));
  REQUIRE(client.messages().size() == 2);
  CHECK(client.messages()[0].kind == ReplyMessage::Kind::Failure);
  CHECK(house.socket->clients() == 0);
}

TEST_CASE("no message is longer than one may be, whatever JSON makes of its bytes") {
  const char letter = GENERATE('e', '\x01', '"', '\xff');
  House house;
  house.letter = letter;
  Client client(house.folder.socket());
  client.ask({"shout", "echo"});
  REQUIRE(house.turn([&] { return client.take() && client.ended(); }));
  for (const size_t length : client.lengths()) CHECK(length <= kMaxReply);
}

TEST_CASE("a client that does not read stops its own answer, costs nobody else, and gets the rest when it reads on") {
  House house(kQuick);
  Client slow(house.folder.socket()), quick(house.folder.socket());
  slow.ask({"long"});
  REQUIRE(house.turn([&] { return house.made > 0; }));
  house.turn([] { return false; }, Ms(100));
  const size_t made = house.made;
  CHECK(made < 5'000'000);  // what the kernel's buffer and ours hold
  quick.ask({"one"});
  CHECK(house.turn([&] { return quick.take() && quick.ended(); }));
  CHECK(house.made == made);
  house.turn([] { return false; }, Ms(300));  // a pager, and a reader who takes his time
  REQUIRE(house.turn([&] { return slow.take() && slow.ended(); }, Ms(30000)));
  CHECK(slow.output().size() == 10'000'000);
}

TEST_CASE("a client that reads gets a long answer whole") {
  House house;
  Client client(house.folder.socket());
  client.ask({"long"});
  REQUIRE(house.turn([&] { return client.take() && client.received() > house.made && house.made >= 10'000'000; },
                     Ms(30000)));
  REQUIRE(house.turn([&] { return client.take() && client.ended(); }, Ms(30000)));
  CHECK(client.output().size() == 10'000'000);
}

TEST_CASE("a client that dies in the middle of its answer, or of its request, is forgotten") {
  House house;
  {
    Client dying(house.folder.socket()), half(house.folder.socket());
    dying.ask({"long"});
    half.send(encode(Request{{"one"}, {}, false}).substr(0, 7));
    REQUIRE(house.turn([&] { return house.made > 0 && house.socket->clients() == 2; }));
  }
  CHECK(house.turn([&] { return house.socket->clients() == 0; }));
  CHECK(house.ran.size() == 1);
}

TEST_CASE("who has been silent for long makes room when there is none, the most silent first") {
  House house(kQuick);
  std::vector<std::unique_ptr<Client>> crowd;
  for (size_t i = 0; i < ControlSocket::kMaxClients; ++i) {
    crowd.push_back(std::make_unique<Client>(house.folder.socket()));
    REQUIRE(house.turn([&] { return house.socket->clients() == i + 1; }));
  }
  crowd[1]->send(encode(Request{{"one"}, {}, false}).substr(0, 7));  // and no more
  crowd[0]->ask({"one"});
  REQUIRE(house.turn([&] { return crowd[0]->take() && crowd[0]->ended(); }));
  house.turn([] { return false; }, Ms(300));
  for (const auto& client : crowd) CHECK(client->take());
  Client late(house.folder.socket());
  late.ask({"two"});
  REQUIRE(house.turn([&] { return late.take() && late.ended(); }));
  CHECK(house.socket->clients() == ControlSocket::kMaxClients);
  CHECK(crowd[0]->take());
  CHECK_FALSE(crowd[1]->take());
  CHECK(crowd[2]->take());
}

TEST_CASE("clients are bounded in number; the one too many is told") {
  House house;
  std::vector<std::unique_ptr<Client>> crowd;
  for (size_t i = 0; i < ControlSocket::kMaxClients; ++i)
    crowd.push_back(std::make_unique<Client>(house.folder.socket()));
  REQUIRE(house.turn([&] { return house.socket->clients() == ControlSocket::kMaxClients; }));
  Client late(house.folder.socket());
  REQUIRE(house.turn([&] { return !late.take(); }));
  CHECK(late.messages()[0].text == "Error: 64 clients are being served already.");
  crowd[0].reset();
  REQUIRE(house.turn([&] { return house.socket->clients() < ControlSocket::kMaxClients; }));
  Client next(house.folder.socket());
  next.ask({"one"});
  CHECK(house.turn([&] { return next.take() && next.ended(); }));
}

TEST_CASE("the socket can go while clients wait for answers") {
  House house;
  Client client(house.folder.socket());
  client.ask({"long"});
  REQUIRE(house.turn([&] { return house.made > 0; }));
  house.socket.reset();
  house.turn([] { return false; }, Ms(20));
  CHECK(house.turn([&] { return !client.take(); }));
}
