// SPDX-License-Identifier: BSD-3-Clause
#include "capture_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace flyover::port {
namespace {

constexpr std::string_view kEnding = ".pcapng";

tl::unexpected<Error> cannot_open(const std::string& name, const std::string& why) {
  return refused("Cannot open file \"" + name + "\" for writing: " + why);
}

}  // namespace

// Also for root, whom the asker may be: never through a link, never into what is no capture by its name.
Result<CaptureFile> CaptureFile::create(const std::string& name, const iface::OpenFile& open) {
  const auto wrong = [&](const std::string& why) {
    return wrong_usage("Error: argument \"" + name + "\" is wrong: \"file\" " + why);
  };
  if (!name.ends_with(kEnding)) return wrong("does not end with " + std::string(kEnding));
  if (!name.starts_with('/')) return wrong("is not an absolute path");
  constexpr int flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
  constexpr mode_t mode = 0640;
  const int fd = open ? open(name, flags, mode) : ::open(name.c_str(), flags, mode);
  if (fd < 0)
    return cannot_open(name, errno == ELOOP || errno == ENXIO ? "Not an ordinary file" : std::strerror(errno));
  CaptureFile file(fd);
  struct stat there {};
  if (::fstat(fd, &there) || !S_ISREG(there.st_mode) || there.st_nlink != 1)
    return cannot_open(name, "Not an ordinary file");
  if (::flock(fd, LOCK_EX | LOCK_NB)) return cannot_open(name, "Another capture is written into it");
  if (::ftruncate(fd, 0)) return cannot_open(name, std::strerror(errno));
  return file;
}

void CaptureFile::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

Result<> CaptureFile::flush() {
  for (size_t done = 0; done < buffer_.size();) {
    const ssize_t n = ::write(fd_, buffer_.data() + done, buffer_.size() - done);
    if (n > 0) done += static_cast<size_t>(n);
    if (n >= 0 || errno == EINTR) continue;
    const int error = errno;
    buffer_.clear();
    const bool whole = ::ftruncate(fd_, static_cast<off_t>(written_)) == 0;
    return refused(std::string(std::strerror(error)) + (whole ? "" : "; the file ends in the middle of a block"));
  }
  written_ += buffer_.size();
  buffer_.clear();
  return {};
}

}  // namespace flyover::port
