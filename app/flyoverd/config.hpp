// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : how the daemon is started: a plain value with its defaults
// Guarantees : whoever has a Config has a checked one; options.cpp reads it from the command line and flyover.conf
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace flyover::daemon {

enum class LogLevel : uint8_t { Error, Warning, Info, Debug };
enum class HugePages : uint8_t { Auto, On, Off };

struct Config {
  std::string init;                                  // commands to execute before anything else; empty: none
  std::string socket = "/run/flyover/flyover.sock";  // where `flyover` finds the daemon
  LogLevel log_level = LogLevel::Info;

  uint16_t workers = 0;         // threads that forward; 0: one per core but the first
  std::vector<unsigned> cores;  // the control thread's, then one for each worker; empty: those that the process may use
  bool pin = true;              // false: threads may move between the cores, for machines that have fewer than threads
  uint32_t idle_sleep_us = 0;   // what a worker sleeps when it has had nothing to do for a while; 0: it polls on
  uint32_t hang_s = 5;          // a worker whose loop stands still for so long is reported

  HugePages huge = HugePages::Auto;
  uint32_t memory_mb = 512;        // without hugepages, where it must be known at the start
  uint32_t mbufs = 16383;          // of each pool of 2 KiB mbufs
  uint32_t jumbo_mbufs = 4095;     // of each pool of mbufs that take a long frame whole
  uint16_t descriptors = 0;        // of each queue of a port; 0: what its driver prefers
  uint32_t exit_when_idle_ms = 0;  // the daemon ends when nothing has moved for so long; 0: it does not

  std::vector<std::string> eal;  // DPDK's own options, as after --
};

}  // namespace flyover::daemon
