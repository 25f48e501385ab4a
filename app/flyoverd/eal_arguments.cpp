// SPDX-License-Identifier: BSD-3-Clause
#include "flyoverd/eal_arguments.hpp"

#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

namespace flyover::daemon {
namespace {

bool has(const std::vector<std::string>& words, std::initializer_list<const char*> options) {
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
    return std::any_of(options.begin(), options.end(), [&](const std::string& option) {
      const bool is_long = option.size() > 2;
      return is_long ? word == option || word.rfind(option + "=", 0) == 0
                     : word.rfind(option, 0) == 0 && word[1] != '-';
    });
  });
}

uint64_t read_number(const std::filesystem::path& file) {
  std::ifstream in(file);
  uint64_t value = 0;
  in >> value;
  return value;
}

bool vfio_without_iommu() {
  std::ifstream in("/sys/module/vfio/parameters/enable_unsafe_noiommu_mode");
  return in.get() == 'Y';
}

uint64_t free_huge_mb() {
  uint64_t kib = 0;
  std::error_code error;
  for (const auto& size : std::filesystem::directory_iterator("/sys/kernel/mm/hugepages", error)) {
    const std::string name = size.path().filename();  // hugepages-2048kB
    kib += read_number(size.path() / "free_hugepages") *
           std::strtoull(name.c_str() + sizeof "hugepages-" - 1, nullptr, 10);
  }
  return kib / 1024;
}

void plan_memory(const Config& config, const Machine& machine, EalPlan& plan) {
  const bool enough = machine.free_huge_mb >= config.memory_mb;
  if (config.huge == HugePages::On || (config.huge == HugePages::Auto && enough)) {
    // One file for all pages: vhost-user (net_virtio_user) can name eight at most to its other end.
    plan.arguments.insert(plan.arguments.end(), {"--in-memory", "--single-file-segments"});
    // EAL takes the groups of this mode for an IOMMU, and then refuses each card that is added.
    if (machine.vfio_without_iommu) plan.arguments.emplace_back("--iova-mode=pa");
    return;
  }
  plan.arguments.insert(plan.arguments.end(), {"--no-huge", "--no-shconf", "-m", std::to_string(config.memory_mb)});
  if (config.huge == HugePages::Auto)
    plan.remarks.push_back(fmt::format(
        "{} MB of hugepages are free, {} are wanted: running without them, which is slower (flyover doctor tells more)",
        machine.free_huge_mb, config.memory_mb));
}

// lcore 0 is the control thread, lcore n worker n-1, whatever the numbers of the cores.
void plan_cores(const Config& config, const Machine& machine, EalPlan& plan) {
  std::vector<unsigned> cores = config.cores.empty() ? machine.cores : config.cores;
  if (cores.empty()) cores = {0};
  for (const unsigned core : cores)
    if (machine.present && core >= machine.present)
      plan.error = fmt::format("cores: there is no core {}, only 0 to {}", core, machine.present - 1);
  const size_t workers = config.workers ? config.workers : std::max<size_t>(1, cores.size() - 1);
  std::string all, map;
  for (const unsigned core : cores) all.append(all.empty() ? "" : ",").append(std::to_string(core));
  for (size_t thread = 0; thread <= workers; ++thread) {
    map.append(thread ? "," : "").append(std::to_string(thread)).append("@");
    if (config.pin) map.append(std::to_string(cores[thread % cores.size()]));
    if (!config.pin) map.append("(").append(all).append(")");
  }
  plan.arguments.insert(plan.arguments.end(), {"--lcores", map});
  plan.shared_core = std::set<unsigned>(cores.begin(), cores.end()).size() <= workers;
}

}  // namespace

Machine look_at_machine() {
  Machine machine;
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0)
    for (unsigned core = 0; core < CPU_SETSIZE; ++core)
      if (CPU_ISSET(core, &set)) machine.cores.push_back(core);
  machine.free_huge_mb = free_huge_mb();
  machine.vfio_without_iommu = vfio_without_iommu();
  machine.present = static_cast<unsigned>(std::max(0L, ::sysconf(_SC_NPROCESSORS_CONF)));
  return machine;
}

EalPlan plan_eal(const Config& config, const Machine& machine, const std::string& name) {
  EalPlan plan;
  const auto& user = config.eal;
  if (!has(user, {"--no-huge", "--in-memory", "--huge-dir", "--legacy-mem", "--socket-mem", "-m"}))
    plan_memory(config, machine, plan);
  if (!has(user, {"-l", "-c", "--lcores"})) plan_cores(config, machine, plan);
  if (!has(user, {"--file-prefix"})) plan.arguments.push_back("--file-prefix=" + name);
  // An allow list that names no network card: cards are probed when a link is added, so that daemons can share a machine.
  if (!has(user, {"-a", "--allow", "-b", "--block", "--no-pci"}))
    plan.arguments.insert(plan.arguments.end(), {"-a", "0000:00:00.0"});
  if (!has(user, {"--telemetry", "--no-telemetry"})) plan.arguments.emplace_back("--no-telemetry");
  if (!has(user, {"--log-level"}))
    plan.arguments.emplace_back(config.log_level == LogLevel::Debug ? "--log-level=info" : "--log-level=error");
  plan.arguments.insert(plan.arguments.end(), user.begin(), user.end());
  return plan;
}

}  // namespace flyover::daemon
