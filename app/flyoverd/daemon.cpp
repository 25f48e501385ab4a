// SPDX-License-Identifier: BSD-3-Clause
#include "flyoverd/daemon.hpp"

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_lcore.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "flyoverd/eal_arguments.hpp"
#include "flyoverd/init_file.hpp"
#include "flyoverd/summary.hpp"

namespace flyover::daemon {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kIdleLook{20};

uint64_t unix_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::duration_cast<milliseconds>(now).count());
}

}  // namespace

Result<std::unique_ptr<Daemon>> Daemon::start(const Config& config, const Log& log) {
  std::unique_ptr<Daemon> d(new Daemon(config, log));
  d->loop_.emplace();  // from here on a signal ends the daemon in order
  const auto done = d->start_eal()
                        .and_then([&] { return d->start_router(); })
                        .and_then([&] { return d->open_socket(); })
                        .and_then([&] { return d->execute_init(); })
                        .and_then([&] { return d->start_workers(); });
  if (!done) return tl::unexpected(done.error());
  return d;
}

Result<> Daemon::start_eal() {
  name_ = fmt::format("flyover-{}", ::getpid());
  const EalPlan plan = plan_eal(config_, look_at_machine(), name_);
  if (!plan.error.empty()) return refused(plan.error);
  for (const std::string& remark : plan.remarks) log_.info("{}", remark);
  if (plan.shared_core && config_.idle_sleep_us == 0) {
    config_.idle_sleep_us = 50;
    log_.info("more threads than cores: idle workers sleep {} us at a time", config_.idle_sleep_us);
  }
  std::string line = "EAL";
  for (const std::string& argument : plan.arguments) line.append(" ").append(argument);
  log_.debug("{}", line);
  auto eal = dpdk::Eal::start("flyoverd", plan.arguments);
  if (!eal) return tl::unexpected(eal.error());
  eal_.emplace(std::move(*eal));
  if (rte_lcore_count() < 2)
    return refused("EAL has one lcore; the daemon needs one for control and one for each worker");
  return {};
}

Result<> Daemon::start_router() {
  const auto workers = static_cast<uint16_t>(rte_lcore_count() - 1);
  ports_.emplace(port::EthdevPorts::Options{.workers = workers,
                                            .mbufs = config_.mbufs,
                                            .jumbo_mbufs = config_.jumbo_mbufs,
                                            .descriptors = config_.descriptors});
  const auto pool = ports_->pool(dpdk::kDefaultDataRoom, static_cast<int>(rte_socket_id()));
  if (!pool) return tl::unexpected(pool.error());
  auto router = control::Router::create({.workers = workers, .pool = *pool}, &*ports_);
  if (!router) return tl::unexpected(router.error());
  router_ = std::move(*router);
  router_->set_log([this](const std::string& line) { log_.info("{}", line); });
  router_->set_wall_clock(unix_ms(), rte_rdtsc());
  commands_.emplace(*router_);
  execute_ = [this](const std::string& line, const control::Style& style, const control::Asker& asker) {
    return commands_->run(line, style, asker);
  };
  return {};
}

Result<> Daemon::open_socket() {
  auto socket = ControlSocket::open(loop_->context(), config_.socket, execute_);
  if (!socket) return tl::unexpected(socket.error());
  socket_ = std::move(*socket);
  return {};
}

// Before the workers run, so that the first packet finds everything in place.
Result<> Daemon::execute_init() {
  if (config_.init.empty()) return {};
  return execute_file(config_.init, execute_, [this](const std::string& out) { log_.info("{}", out); });
}

Result<> Daemon::start_workers() {
  router_->commit();
  threads_.emplace(*router_, config_.idle_sleep_us);
  return threads_->start();
}

int Daemon::run() {
  loop_->on_work([this] { return router_->poll(rte_rdtsc()); });
  loop_->every(seconds(60), [this] { router_->set_wall_clock(unix_ms(), rte_rdtsc()); });
  loop_->every(seconds(config_.hang_s),
               [this] { threads_->look_for_hangs([this](const std::string& line) { log_.error("{}", line); }); });
  if (config_.exit_when_idle_ms) loop_->every(kIdleLook, [this] { end_when_idle(); });
  log_.info("ready: {} worker(s), socket {}", router_->workers(), config_.socket);
  const int signal = loop_->run();
  if (signal) log_.info("{}: stopping", strsignal(signal));
  return shut_down();
}

void Daemon::end_when_idle() {
  const uint64_t moved = summarize(*router_).moved();
  const bool still = moved == std::exchange(moved_, moved) && router_->held() == 0;
  still_ms_ = still ? still_ms_ + static_cast<uint32_t>(kIdleLook.count()) : 0;
  if (still_ms_ < config_.exit_when_idle_ms) return;
  for (const std::string& line : summarize(*router_).lines()) log_.info("{}", line);
  loop_->stop();
}

int Daemon::shut_down() {
  if (!threads_->stop()) {
    // It may write to anything that we would free.
    log_.error("a worker does not end; leaving without cleaning up");
    socket_.reset();
    ::_exit(1);
  }
  router_->shut_down();
  const int64_t missing = summarize(*router_).balance();
  socket_.reset();
  commands_.reset();
  router_.reset();
  const uint32_t out = ports_->mbufs_in_use();
  if (missing) log_.error("{} packet(s) are not accounted for", missing);
  if (out) log_.error("{} mbuf(s) are not back in their pools", out);
  if (!missing && !out) log_.info("stopped: every packet is accounted for, every mbuf is back in its pool");
  return missing || out ? 1 : 0;
}

// EAL leaves its runtime directory behind.
Daemon::~Daemon() {
  socket_.reset();
  threads_.reset();
  commands_.reset();
  router_.reset();
  ports_.reset();
  if (!eal_) return;
  const std::filesystem::path runtime = rte_eal_get_runtime_dir();
  eal_.reset();
  std::error_code ignored;
  if (runtime.filename() == name_) std::filesystem::remove_all(runtime, ignored);
}

}  // namespace flyover::daemon
