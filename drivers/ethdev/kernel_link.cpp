// SPDX-License-Identifier: BSD-3-Clause
#include "kernel_link.hpp"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace flyover::port {
namespace {

ifreq request_for(const std::string& name) {
  ifreq r{};
  std::strncpy(r.ifr_name, name.c_str(), IFNAMSIZ - 1);
  return r;
}

int open_socket() { return ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0); }

std::optional<uint16_t> ask_mtu(int socket, const std::string& name) {
  ifreq r = request_for(name);
  if (name.empty() || ::ioctl(socket, SIOCGIFMTU, &r) < 0) return {};
  return static_cast<uint16_t>(std::min(r.ifr_mtu, 0xffff));
}

}  // namespace

KernelLink::KernelLink(unsigned index) : index_(index), socket_(open_socket()) {}

KernelLink::~KernelLink() {
  if (socket_ >= 0) ::close(socket_);
}

// By index: a name may have been given to another interface meanwhile. And with the socket that is there: for if_indextoname()
// an interface has gone, too, when there is no file descriptor left.
std::string KernelLink::name() const {
  ifreq r{};
  r.ifr_ifindex = static_cast<int>(index_);
  return ::ioctl(socket_, SIOCGIFNAME, &r) == 0 ? r.ifr_name : "";
}

KernelLink::State KernelLink::state() const {
  ifreq r = request_for(name());
  if (!r.ifr_name[0]) return {.present = errno != ENODEV};
  if (::ioctl(socket_, SIOCGIFFLAGS, &r) < 0) return {.present = !name().empty()};  // perhaps renamed in between
  return {.present = true, .running = (r.ifr_flags & IFF_UP) && (r.ifr_flags & IFF_RUNNING)};
}

std::optional<uint16_t> KernelLink::mtu() const { return ask_mtu(socket_, name()); }

Result<> KernelLink::set_mtu(uint16_t mtu) const {
  const std::string interface = name();
  ifreq r = request_for(interface);
  r.ifr_mtu = mtu;
  if (::ioctl(socket_, SIOCSIFMTU, &r) < 0)
    return refused("the kernel does not set mtu " + std::to_string(mtu) + " on " + interface + ": " +
                   std::strerror(errno));
  return {};
}

std::optional<uint16_t> KernelLink::mtu_of(const std::string& name) {
  const int s = open_socket();
  const auto mtu = ask_mtu(s, name);
  if (s >= 0) ::close(s);
  return mtu;
}

KernelLink::Channels KernelLink::channels_of(const std::string& name) {
  ethtool_channels channels{.cmd = ETHTOOL_GCHANNELS};
  ifreq r = request_for(name);
  r.ifr_data = reinterpret_cast<char*>(&channels);
  const int s = open_socket();
  const bool told = ::ioctl(s, SIOCETHTOOL, &r) == 0;
  if (s >= 0) ::close(s);
  return told ? Channels{.combined = channels.combined_count, .rx_only = channels.rx_count} : Channels{};
}

}  // namespace flyover::port
