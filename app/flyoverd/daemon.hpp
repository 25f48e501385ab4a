// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : the running daemon: everything that it owns, in the order in which it is made
// Guarantees : what cannot be had at start is said and nothing is left behind; a signal ends it within a second with every
//              mbuf back in its pool and every packet accounted for, which is checked and reported
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "control/commands.hpp"
#include "control/router.hpp"
#include "dpdk/eal.hpp"
#include "ethdev_ports.hpp"
#include "flyoverd/config.hpp"
#include "flyoverd/control_socket.hpp"
#include "flyoverd/event_loop.hpp"
#include "flyoverd/log.hpp"
#include "flyoverd/worker_threads.hpp"

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
  Result<> open_socket();
  Result<> execute_init();
  Result<> start_workers();
  void end_when_idle();
  int shut_down();

  Config config_;
  const Log& log_;
  std::string name_;
  std::optional<EventLoop> loop_;
  std::optional<dpdk::Eal> eal_;
  std::optional<port::EthdevPorts> ports_;
  std::unique_ptr<control::Router> router_;
  std::optional<control::Commands> commands_;
  control::Executor execute_;
  std::unique_ptr<ControlSocket> socket_;
  std::optional<WorkerThreads> threads_;
  uint64_t moved_ = 0;     // packets, when end_when_idle() looked last
  uint32_t still_ms_ = 0;  // since when they stand still
};

}  // namespace flyover::daemon
