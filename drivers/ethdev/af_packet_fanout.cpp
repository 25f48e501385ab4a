// SPDX-License-Identifier: BSD-3-Clause
// DPDK's af_packet driver puts each of its sockets into a fanout group, even a single one, and asks for
// PACKET_FANOUT_FLAG_DEFRAG: the kernel then reassembles datagrams before we see them, and what is longer than a slot of the
// ring is cut off. A router forwards fragments. There is no device argument for it and the socket cannot be changed afterwards,
// so this program's setsockopt() comes before libc's (a driver is a shared object that looks it up at load) and takes the flag out.
#include "af_packet_fanout.hpp"

#include <linux/if_packet.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>

namespace {

constexpr int kFlagShift = 16;  // type and flags are the upper half of the option's value

int without_defrag(const void* value) {
  int v;
  std::memcpy(&v, value, sizeof v);
  return v & ~(PACKET_FANOUT_FLAG_DEFRAG << kFlagShift);
}

}  // namespace

extern "C" __attribute__((visibility("default"))) int setsockopt(int fd, int level, int name, const void* value,
                                                                 socklen_t length) noexcept {
  int changed;
  if (level == SOL_PACKET && name == PACKET_FANOUT && length == sizeof changed) {
    changed = without_defrag(value);
    value = &changed;
  }
  return static_cast<int>(::syscall(SYS_setsockopt, fd, level, name, value, length));
}

namespace flyover::port {

void use_own_fanout() {}

}  // namespace flyover::port
