// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : the running daemon: everything that it owns, in the order in which it is made
// Guarantees : what cannot be had at start is said and nothing is left behind; a signal ends it within a second with every
//              mbuf back in its pool, which is checked and reported
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "config.hpp"
#include "dpdk/eal.hpp"
#include "ethdev_ports.hpp"
#include "event_loop.hpp"
#include "log.hpp"

namespace flyover::daemon {

class Daemon {
 public:
  static Result<std::unique_ptr<Daemon>> start(const Config& config, const Log& log);
  ~Daemon();
  int run();  // the process's exit status

 private:
  Daemon(const Config& config, const Log& log) : config_(config), log_(log) {}
  Result<> start_eal();
  Result<> start_router();
  int shut_down();

  Config config_;
  const Log& log_;
  std::string name_;
  std::optional<dpdk::Eal> eal_;
  std::optional<port::EthdevPorts> ports_;
  std::optional<EventLoop> loop_;
};

}  // namespace flyover::daemon
