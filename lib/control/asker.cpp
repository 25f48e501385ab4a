// SPDX-License-Identifier: BSD-3-Clause
#include "control/asker.hpp"

#include <fcntl.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/check.hpp"

namespace flyover::control {
namespace {

// Of this thread alone, where libc's function of that name is for all threads.
bool set_groups(const std::vector<gid_t>& groups) {
  return ::syscall(SYS_setgroups, groups.size(), groups.data()) == 0;
}

}  // namespace

int Asker::open(const std::string& name, int flags) const {
  if (!user_ || *user_ == ::geteuid()) return ::open(name.c_str(), flags);
  std::vector<gid_t> own(static_cast<size_t>(std::max(::getgroups(0, nullptr), 0)));
  if (::getgroups(static_cast<int>(own.size()), own.data()) < 0 || !set_groups(groups_)) return errno = EPERM, -1;
  constexpr auto kAsk = static_cast<uid_t>(-1);
  ::setfsgid(group_);
  ::setfsuid(*user_);  // without root's capabilities, as far as files go
  const bool became = ::setfsuid(kAsk) == static_cast<int>(*user_) && ::setfsgid(kAsk) == static_cast<int>(group_);
  const int fd = became ? ::open(name.c_str(), flags) : -1;
  const int error = became ? errno : EPERM;
  ::setfsuid(::geteuid());
  ::setfsgid(::getegid());
  check(set_groups(own), "a thread's own groups can be set again");
  errno = error;
  return fd;
}

}  // namespace flyover::control
