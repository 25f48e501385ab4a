// SPDX-License-Identifier: BSD-3-Clause
#include "af_packet_drops.hpp"

#include <dirent.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

#include <cstdlib>
#include <memory>

namespace flyover::port {
namespace {

bool is_packet_socket_on(int fd, unsigned interface) {
  int domain = 0;
  socklen_t length = sizeof domain;
  sockaddr_ll name{};
  socklen_t room = sizeof name;
  return ::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) == 0 && domain == AF_PACKET &&
         ::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &room) == 0 &&
         static_cast<unsigned>(name.sll_ifindex) == interface;
}

}  // namespace

AfPacketDrops::AfPacketDrops(unsigned interface) {
  const std::unique_ptr<DIR, int (*)(DIR*)> own(::opendir("/proc/self/fd"), ::closedir);
  if (!own) return;
  while (const dirent* entry = ::readdir(own.get()))
    if (const int fd = std::atoi(entry->d_name); fd > 0 && is_packet_socket_on(fd, interface)) sockets_.push_back(fd);
}

// The kernel forgets what it has told.
uint64_t AfPacketDrops::count() {
  for (const int fd : sockets_) {
    tpacket_stats told{};
    socklen_t length = sizeof told;
    if (::getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &told, &length) == 0) count_ += told.tp_drops;
  }
  return count_;
}

}  // namespace flyover::port
