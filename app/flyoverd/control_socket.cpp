// SPDX-License-Identifier: BSD-3-Clause
#include "flyoverd/control_socket.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <deque>

namespace flyover {
static_assert(control::kChunk * 6 + 100 < control::kMaxReply);
namespace asio = boost::asio;
using boost::system::error_code;
using control::Reply;
using control::ReplyMessage;
using control::Request;

// ---------------------------------------------------------------------------------------------------------------- lock

// A locked file beside the socket. The lock goes with the process, however that ends.
struct ControlSocket::Lock {
  std::string path;
  int fd = -1;

  static Result<std::unique_ptr<Lock>> take(const std::string& path);
  ~Lock() {
    if (fd < 0) return;
    ::unlink(path.c_str());
    ::close(fd);
  }

 private:
  bool is_the_file_at_path() const {
    struct stat mine {
    }, there{};
    return ::fstat(fd, &mine) == 0 && ::stat(path.c_str(), &there) == 0 && mine.st_ino == there.st_ino &&
           mine.st_dev == there.st_dev;
  }
};

Result<std::unique_ptr<ControlSocket::Lock>> ControlSocket::Lock::take(const std::string& path) {
  for (;;) {
    auto lock = std::make_unique<Lock>();
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return refused(fmt::format("cannot open {}: {}", path, std::strerror(errno)));
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
      char text[32] = {};
      const ssize_t length = ::pread(fd, text, sizeof text - 1, 0);
      ::close(fd);
      const std::string who = length > 0 ? fmt::format(" (process {})", std::strtol(text, nullptr, 10)) : "";
      return refused(fmt::format("another flyoverd{} has the control socket {}; give this one its own with --socket",
                                 who, path.substr(0, path.size() - 5)));
    }
    lock->path = path;
    lock->fd = fd;
    if (!lock->is_the_file_at_path()) {  // its owner has just gone and removed it
      ::close(fd);
      lock->fd = -1;
      continue;
    }
    const std::string me = fmt::format("{}\n", ::getpid());
    if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, me.data(), me.size(), 0) < 0)
      return refused(fmt::format("cannot write {}: {}", path, std::strerror(errno)));
    return lock;
  }
}

// ------------------------------------------------------------------------------------------------------------- session

namespace {

// Who is at the other end, with the rights that it had when it connected. Of whom nothing is known, that is nobody.
control::Asker asker_at(int socket) {
  constexpr uid_t kNobody = 65534;
  ucred who{};
  socklen_t size = sizeof who;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) return {kNobody, kNobody, {}};
  std::vector<gid_t> groups(1);
  for (;;) {
    size = static_cast<socklen_t>(groups.size() * sizeof groups[0]);
    const bool known = ::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) == 0;
    if (!known && errno != ERANGE) return {who.uid, who.gid, {}};
    groups.resize(size / sizeof groups[0]);
    if (known) return {who.uid, who.gid, std::move(groups)};
  }
}

}  // namespace

// One client: request after request, each answered before the next is read.
class ControlSocket::Session : public std::enable_shared_from_this<Session> {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds kTurn{2};  // of one client, before the others and packets have theirs

  Session(ControlSocket& owner, Protocol::socket socket)
      : owner_(&owner), socket_(std::move(socket)), asker_(asker_at(socket_.native_handle())) {}

  void start() { read_header(); }
  void refuse(std::string why) {
    failed_ = 2;
    queue({ReplyMessage::Kind::Failure, std::move(why), 0, 2});
    finish_request();
    closing_ = true;
    write();
  }
  Clock::time_point heard() const { return heard_; }
  void close() {
    if (!owner_) return;
    error_code ignored;
    socket_.close(ignored);
    ControlSocket* owner = owner_;
    owner_ = nullptr;
    reply_ = {};
    owner->sessions_.erase(shared_from_this());
  }

 private:
  void read_header() {
    heard_ = Clock::now();
    asio::async_read(socket_, asio::buffer(header_), [self = shared_from_this()](error_code error, size_t) {
      if (!self->owner_) return;
      if (error) return self->close();
      const uint32_t length = control::frame_length(self->header_);
      if (length > control::kMaxRequest)
        return self->refuse(fmt::format("Error: a request has at most {} bytes.", control::kMaxRequest));
      self->body_.resize(length);
      self->read_body();
    });
  }

  void read_body() {
    asio::async_read(socket_, asio::buffer(body_), [self = shared_from_this()](error_code error, size_t) {
      if (!self->owner_) return;
      if (error) return self->close();
      auto request = control::decode_request(self->body_);
      if (!request) return self->refuse(request.error().message);
      self->request_ = std::move(*request);
      self->body_ = {};
      self->next_line_ = 0;
      self->failed_ = 0;
      self->busy_ = true;
      self->work();
    });
  }

  // Makes answers until enough of them wait, then lets other clients have a turn. Called again when some were written.
  void work() {
    if (!owner_ || !busy_) return;
    const auto enough = Clock::now() + kTurn;
    do step();
    while (busy_ && waiting_ < owner_->limits_.waiting && Clock::now() < enough);
    write();
    if (busy_ && waiting_ < owner_->limits_.waiting && !posted_) {
      posted_ = true;
      asio::post(socket_.get_executor(), [self = shared_from_this()] {
        self->posted_ = false;
        self->work();
      });
    }
  }

  void step() {
    if (reply_.more) {
      std::string piece;
      control::advance(reply_, piece);
      output(std::move(piece));
      if (!reply_.more) report();
    } else if (next_line_ < request_.lines.size() && (failed_ == 0 || request_.force)) {
      run(next_line_++);
    } else {
      finish_request();
    }
  }

  void run(size_t line) {
    reply_ = owner_->executor_(request_.lines[line], request_.style, asker_);
    output(std::move(reply_.out));
    if (!reply_.more) report();
  }

  // Of the line that was run last: whether it failed.
  void report() {
    if (reply_.error.empty() && reply_.code == 0) return;
    failed_ = failed_ ? failed_ : reply_.code;
    queue({ReplyMessage::Kind::Failure, std::move(reply_.error), next_line_ - 1, reply_.code});
  }

  void finish_request() {
    queue({ReplyMessage::Kind::End, {}, 0, failed_});
    busy_ = false;
    request_ = {};
  }

  // UTF-8 is not torn apart: a message is cut where a letter begins. JSON may write a byte in six letters.
  void output(std::string text) {
    while (text.size() > control::kChunk) {
      size_t cut = control::kChunk;
      while (cut > control::kChunk - 4 && (static_cast<unsigned char>(text[cut]) & 0xc0) == 0x80) --cut;
      queue({ReplyMessage::Kind::Output, text.substr(0, cut), 0, 0});
      text.erase(0, cut);
    }
    if (!text.empty()) queue({ReplyMessage::Kind::Output, std::move(text), 0, 0});
  }

  void queue(ReplyMessage message) {
    if (message.text.size() > control::kChunk) message.text.resize(control::kChunk);  // it repeats what was sent
    waiting_messages_.push_back(control::encode(message));
    waiting_ += waiting_messages_.back().size();
  }

  void write() {
    if (writing_ || !owner_) return;
    if (waiting_messages_.empty()) {
      if (closing_) return close();
      if (!busy_) read_header();
      return;
    }
    writing_ = true;
    asio::async_write(socket_, asio::buffer(waiting_messages_.front()),
                      [self = shared_from_this()](error_code error, size_t) {
                        if (!self->owner_) return;
                        if (error) return self->close();
                        self->writing_ = false;
                        self->heard_ = Clock::now();
                        self->waiting_ -= self->waiting_messages_.front().size();
                        self->waiting_messages_.pop_front();
                        if (self->busy_) {
                          self->work();
                        } else {
                          self->write();
                        }
                      });
  }

  ControlSocket* owner_;  // null: closed
  Protocol::socket socket_;
  control::Asker asker_;
  Clock::time_point heard_ = Clock::now();  // it said, or took, something
  char header_[control::kFrameHeader] = {};
  std::string body_;
  Request request_;
  size_t next_line_ = 0;
  int failed_ = 0;     // code of the first line that failed
  bool busy_ = false;  // a request is being worked on
  bool posted_ = false;
  bool writing_ = false;
  bool closing_ = false;
  Reply reply_;
  std::deque<std::string> waiting_messages_;
  size_t waiting_ = 0;  // bytes of them
};

// -------------------------------------------------------------------------------------------------------------- socket

namespace {

Result<> make_folder(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos || slash == 0) return {};
  const std::string folder = path.substr(0, slash);
  if (::mkdir(folder.c_str(), 0755) == 0 || errno == EEXIST) return {};
  return refused(fmt::format("cannot make {} for the control socket: {}", folder, std::strerror(errno)));
}

// Whoever had the lock has died and left it.
Result<> remove_left_over(const std::string& path) {
  struct stat there {};
  if (::lstat(path.c_str(), &there) != 0) return {};
  if (!S_ISSOCK(there.st_mode))
    return refused(fmt::format("{} is in the way of the control socket: it is no socket", path));
  if (::unlink(path.c_str()) != 0) return refused(fmt::format("cannot remove {}: {}", path, std::strerror(errno)));
  return {};
}

}  // namespace

ControlSocket::ControlSocket(asio::io_context& loop, const std::string& path, control::Executor executor, Limits limits)
    : path_(path), executor_(std::move(executor)), limits_(limits), acceptor_(loop), pause_(loop) {}

ControlSocket::~ControlSocket() {
  error_code ignored;
  acceptor_.close(ignored);
  pause_.cancel();
  while (!sessions_.empty()) (*sessions_.begin())->close();
  if (lock_) ::unlink(path_.c_str());
}

Result<std::unique_ptr<ControlSocket>> ControlSocket::open(asio::io_context& loop, const std::string& path,
                                                           control::Executor executor, Limits limits) {
  sockaddr_un address{};
  if (path.empty() || path.size() >= sizeof address.sun_path)
    return refused(
        fmt::format("the control socket's path has 1 to {} letters, not {}", sizeof address.sun_path - 1, path.size()));
  std::unique_ptr<ControlSocket> socket(new ControlSocket(loop, path, std::move(executor), limits));
  if (auto listening = socket->listen(); !listening) return tl::unexpected(listening.error());
  socket->accept();
  return socket;
}

Result<> ControlSocket::listen() {
  if (auto made = make_folder(path_); !made) return made;
  auto lock = Lock::take(path_ + ".lock");
  if (!lock) return tl::unexpected(lock.error());
  if (auto removed = remove_left_over(path_); !removed) return removed;
  error_code error;
  acceptor_.open(Protocol(), error);
  if (!error) {
    const mode_t before = ::umask(0117);  // nobody else may connect before the mode is set
    acceptor_.bind(Protocol::endpoint(path_), error);
    ::umask(before);
  }
  if (!error) acceptor_.listen(static_cast<int>(kMaxClients), error);
  if (error) return refused(fmt::format("cannot listen on {}: {}", path_, error.message()));
  lock_ = std::move(*lock);
  if (const group* flyover = ::getgrnam("flyover"))
    if (::chown(path_.c_str(), static_cast<uid_t>(-1), flyover->gr_gid) != 0)
      return refused(fmt::format("cannot give {} to group flyover: {}", path_, std::strerror(errno)));
  return {};
}

void ControlSocket::accept() {
  acceptor_.async_accept([this](error_code error, Protocol::socket client) {
    if (error == asio::error::operation_aborted) return;  // *this may be gone
    if (!error) {
      admit(std::move(client));
      return accept();
    }
    pause_.expires_after(std::chrono::milliseconds(100));
    pause_.async_wait([this](error_code stopped) {
      if (!stopped) accept();
    });
  });
}

// A user may think between two lines of a batch, or read a long answer page by page: nobody is cut off for that as long as there
// is room for others.
void ControlSocket::make_room() {
  const auto silent = std::min_element(sessions_.begin(), sessions_.end(),
                                       [](const auto& a, const auto& b) { return a->heard() < b->heard(); });
  if (Session::Clock::now() - (*silent)->heard() >= std::chrono::milliseconds(limits_.silence_ms)) (*silent)->close();
}

void ControlSocket::admit(Protocol::socket client) {
  if (sessions_.size() >= kMaxClients) make_room();
  auto session = std::make_shared<Session>(*this, std::move(client));
  sessions_.insert(session);
  if (sessions_.size() <= kMaxClients) return session->start();
  session->refuse(fmt::format("Error: {} clients are being served already.", kMaxClients));
}

}  // namespace flyover
