// SPDX-License-Identifier: BSD-3-Clause
#include "af_xdp.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iterator>

#include "kernel_link.hpp"

namespace flyover::port {
namespace {

std::vector<int> open_xdp_sockets() {
  std::vector<int> found;
  std::error_code ignored;
  for (const auto& file : std::filesystem::directory_iterator("/proc/self/fd", ignored)) {
    const int fd = std::atoi(file.path().filename().c_str());
    int domain = 0;
    socklen_t length = sizeof domain;
    if (::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) == 0 && domain == AF_XDP) found.push_back(fd);
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

bool is_af_xdp(const Devargs& args) { return args.is("net_af_xdp"); }

Result<> complete_af_xdp(Devargs& args, uint16_t rx_queues) {
  const std::string* interface = args.find("iface");
  if (!is_af_xdp(args) || !interface || args.find("queue_count") || args.find("start_queue")) return {};
  const KernelLink::Channels there = KernelLink::channels_of(*interface);
  const unsigned all = there.combined + there.rx_only;
  // The driver knows queues that receive and send, and takes one of an interface that has them apart, as veth.
  const unsigned ours = rx_queues ? rx_queues : there.rx_only || !there.combined ? 1 : there.combined;
  if (all > ours)
    return refused(args.name + ": " + *interface + " has " + std::to_string(all) + " receive queues, the port " +
                   std::to_string(ours) + ", and the kernel keeps what comes by the others: ethtool -L " + *interface +
                   (there.rx_only ? " rx " : " combined ") + std::to_string(ours) +
                   ", or name the port's queues by start_queue=N,queue_count=N");
  if (ours > 1) args.set_default("queue_count", std::to_string(ours));
  return {};
}

void XdpSockets::before_open() { others_ = open_xdp_sockets(); }

void XdpSockets::after_open() {
  const std::vector<int> all = open_xdp_sockets();
  own_.clear();
  std::set_difference(all.begin(), all.end(), others_.begin(), others_.end(), std::back_inserter(own_));
}

void XdpSockets::after_close() {
  for (const int fd : open_xdp_sockets())
    if (std::binary_search(own_.begin(), own_.end(), fd)) ::close(fd);
  own_.clear();
}

}  // namespace flyover::port
