// SPDX-License-Identifier: BSD-3-Clause
#include "daemon.hpp"

#include <rte_eal.h>
#include <rte_lcore.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "eal_arguments.hpp"

namespace flyover::daemon {

Result<std::unique_ptr<Daemon>> Daemon::start(const Config& config, const Log& log) {
  std::unique_ptr<Daemon> d(new Daemon(config, log));
  const auto done = d->start_eal().and_then([&] { return d->start_router(); });
  if (!done) return tl::unexpected(done.error());
  return d;
}

Result<> Daemon::start_eal() {
  name_ = fmt::format("flyover-{}", ::getpid());
  const EalPlan plan = plan_eal(config_, look_at_machine(), name_);
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
  loop_.emplace();
  return {};
}

int Daemon::run() {
  log_.info("ready");
  const int signal = loop_->run();
  if (signal) log_.info("{}: stopping", strsignal(signal));
  return shut_down();
}

int Daemon::shut_down() {
  const uint32_t left = ports_->mbufs_in_use();
  if (left) log_.error("{} mbufs are not back in their pools", left);
  return left ? 1 : 0;
}

// EAL leaves its runtime directory behind.
Daemon::~Daemon() {
  if (!eal_) return;
  const std::filesystem::path runtime = rte_eal_get_runtime_dir();
  loop_.reset();
  ports_.reset();
  eal_.reset();
  std::error_code ignored;
  if (runtime.filename() == name_) std::filesystem::remove_all(runtime, ignored);
}

}  // namespace flyover::daemon
