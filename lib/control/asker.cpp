// SPDX-License-Identifier: BSD-3-Clause
#include "control/asker.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/check.hpp"

namespace flyover::control {
namespace {

// Of this thread alone, where libc's function of that name is for all threads.
bool set_groups(const std::vector<gid_t>& groups) {
  return ::syscall(SYS_setgroups, groups.size(), groups.data()) == 0;
}

// What this thread may do beside what its user may; also when it opens a file in /proc.
struct Capabilities {
  std::array<__user_cap_data_struct, 2> sets{};

  bool get() {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    return ::syscall(SYS_capget, &header, sets.data()) == 0;
  }
  bool set() const {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    return ::syscall(SYS_capset, &header, sets.data()) == 0;
  }
  Capabilities put_aside() const {
    Capabilities none = *this;
    for (auto& part : none.sets) part.effective = 0;
    return none;
  }
};

// In /proc a thread may read of its own process what is nobody else's business, whatever rights it has put aside.
int unless_of_proc(int fd) {
  constexpr auto kProc = 0x9fa0;  // PROC_SUPER_MAGIC of statfs(2)
  struct statfs where {};
  if (fd < 0 || (::fstatfs(fd, &where) == 0 && where.f_type != kProc)) return fd;
  ::close(fd);
  return errno = EACCES, -1;
}

}  // namespace

int Asker::open(const std::string& name, int flags, mode_t mode) const {
  if (!user_ || *user_ == ::geteuid()) return ::open(name.c_str(), flags, mode);
  std::vector<gid_t> own(static_cast<size_t>(std::max(::getgroups(0, nullptr), 0)));
  if (::getgroups(static_cast<int>(own.size()), own.data()) < 0) return errno = EPERM, -1;
  Capabilities all;
  if (!all.get() || !set_groups(groups_)) return errno = EPERM, -1;
  constexpr auto kAsk = static_cast<uid_t>(-1);
  ::setfsgid(group_);
  ::setfsuid(*user_);
  const bool became = ::setfsuid(kAsk) == static_cast<int>(*user_) && ::setfsgid(kAsk) == static_cast<int>(group_) &&
                      all.put_aside().set();
  const int fd = became ? unless_of_proc(::open(name.c_str(), flags, mode)) : -1;
  const int error = became ? errno : EPERM;
  ::setfsuid(::geteuid());
  ::setfsgid(::getegid());
  check(all.set(), "a thread's own capabilities can be set again");
  check(set_groups(own), "a thread's own groups can be set again");
  errno = error;
  return fd;
}

}  // namespace flyover::control
