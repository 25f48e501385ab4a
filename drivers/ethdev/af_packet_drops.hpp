// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : how many frames a net_af_packet port's rings had no room for; DPDK's driver does not ask (22.11)
// Guarantees : the sockets are the driver's and stay so
#pragma once

#include <cstdint>
#include <vector>

namespace flyover::port {

class AfPacketDrops {
 public:
  explicit AfPacketDrops(unsigned interface);  // the kernel's index; finds the process's packet sockets on it

  uint64_t count();  // since they were opened

 private:
  std::vector<int> sockets_;
  uint64_t count_ = 0;
};

}  // namespace flyover::port
