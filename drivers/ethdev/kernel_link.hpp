// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : the kernel's network interface that a virtual device sits on (af_packet, af_xdp, tap): is it there, has it
//              carrier, how long may its packets be. Several of DPDK's drivers do not tell.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.hpp"

namespace flyover::port {

class KernelLink {
 public:
  explicit KernelLink(unsigned index);
  KernelLink(const KernelLink&) = delete;
  KernelLink& operator=(const KernelLink&) = delete;
  ~KernelLink();

  struct State {
    bool present = false;
    bool running = false;  // up and with carrier
  };
  State state() const;
  std::string name() const;  // empty: gone
  std::optional<uint16_t> mtu() const;
  Result<> set_mtu(uint16_t mtu) const;

  static std::optional<uint16_t> mtu_of(const std::string& name);
  struct Channels {
    unsigned combined = 0, rx_only = 0;
  };
  static Channels channels_of(const std::string& name);  // its queues; none: not told

 private:
  unsigned index_;
  int socket_;
};

}  // namespace flyover::port
