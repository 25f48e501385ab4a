// SPDX-License-Identifier: BSD-3-Clause
#include "control/doctor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

namespace flyover::control {
namespace {

namespace fs = std::filesystem;
using State = Finding::State;
constexpr const char* kGrub = "add it to GRUB_CMDLINE_LINUX in /etc/default/grub, then: update-grub && reboot";

class Machine {
 public:
  explicit Machine(std::string root) : root_(std::move(root)) {
    if (!root_.ends_with('/')) root_ += '/';
  }

  std::string text(const std::string& path) const {
    std::ifstream file(root_ + path);
    std::ostringstream all;
    all << file.rdbuf();
    std::string text = all.str();
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
    return text;
  }
  long number(const std::string& path, long otherwise = 0) const {
    const std::string written = text(path);
    return written.empty() ? otherwise : std::strtol(written.c_str(), nullptr, 10);
  }
  bool there(const std::string& path) const {
    std::error_code ignored;
    return fs::exists(root_ + path, ignored);
  }
  std::vector<std::string> names(const std::string& path) const {
    std::vector<std::string> found;
    std::error_code ignored;
    for (fs::directory_iterator at(root_ + path, ignored), end; at != end; at.increment(ignored))
      found.push_back(at->path().filename());
    std::sort(found.begin(), found.end());
    return found;
  }
  // Last part of where a link leads.
  std::string link(const std::string& path) const {
    std::error_code ignored;
    return fs::read_symlink(root_ + path, ignored).filename();
  }

 private:
  std::string root_;
};

struct Nic {
  std::string address, driver, interfaces;
  long node = -1;
};

std::vector<Nic> network_devices(const Machine& machine) {
  std::vector<Nic> found;
  const std::string all = "sys/bus/pci/devices/";
  for (const std::string& address : machine.names(all)) {
    if (!machine.text(all + address + "/class").starts_with("0x02")) continue;
    Nic nic{address, machine.link(all + address + "/driver"), {}, machine.number(all + address + "/numa_node", -1)};
    for (const std::string& name : machine.names(all + address + "/net"))
      nic.interfaces += (nic.interfaces.empty() ? "" : ",") + name;
    for (const std::string& child : machine.names(all + address))  // virtio: the interface stands one level deeper
      if (child.starts_with("virtio"))
        for (const std::string& name : machine.names(all + address + "/" + child + "/net"))
          nic.interfaces += (nic.interfaces.empty() ? "" : ",") + name;
    found.push_back(nic);
  }
  return found;
}

void hugepages(const Machine& machine, std::vector<Finding>& out) {
  long bytes = 0, free_bytes = 0;
  const std::string all = "sys/kernel/mm/hugepages/";
  for (const std::string& size : machine.names(all)) {
    const long kib = std::strtol(size.c_str() + std::min<size_t>(size.size(), 10), nullptr, 10);  // hugepages-2048kB
    bytes += machine.number(all + size + "/nr_hugepages") * kib;
    free_bytes += machine.number(all + size + "/free_hugepages") * kib;
  }
  if (bytes == 0) {
    out.push_back({State::Bad, "hugepages",
                   "there are none: flyoverd runs without, slower, and no PCI device can be a port",
                   "echo 512 > /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages"});
    return;
  }
  const std::string says = fmt::format("{} MiB, {} MiB of them free", bytes / 1024, free_bytes / 1024);
  if (free_bytes < 512 * 1024) {
    out.push_back({State::Note, "hugepages", says + ": flyoverd takes them when there are 512, or --memory MB",
                   "echo 512 > /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages"});
  } else {
    out.push_back({State::Good, "hugepages", says, ""});
  }
}

bool has_iommu(const Machine& machine) { return !machine.names("sys/class/iommu").empty(); }

// Kernels that are built without VFIO_NOIOMMU, as Debian's, do not have the parameter.
bool vfio_works_without(const Machine& machine) {
  return machine.text("sys/module/vfio/parameters/enable_unsafe_noiommu_mode") == "Y";
}

std::string driver_for_cards(const Machine& machine) {
  return has_iommu(machine) || vfio_works_without(machine) ? "vfio-pci" : "uio_pci_generic";
}

void iommu(const Machine& machine, std::vector<Finding>& out) {
  if (has_iommu(machine)) {
    out.push_back({State::Good, "iommu", "on: devices reach only the memory that they are given", ""});
  } else if (vfio_works_without(machine)) {
    out.push_back({State::Note, "iommu", "off; vfio works without it: a device can reach all memory", ""});
  } else {
    out.push_back(
        {State::Note, "iommu",
         fmt::format("off: PCI ports need uio_pci_generic, and can reach all memory; better is vfio-pci, by kernel "
                     "option intel_iommu=on iommu=pt: {}",
                     kGrub),
         ""});
  }
}

void binding(const Machine& machine, const std::vector<Nic>& nics, std::vector<Finding>& out) {
  const std::string driver = driver_for_cards(machine);
  if (machine.there("sys/bus/pci/drivers/" + driver)) {
    out.push_back({State::Good, "driver", driver + " is loaded", ""});
  } else {
    out.push_back({nics.empty() ? State::Note : State::Bad, "driver",
                   driver + " is not loaded: no PCI device can be bound to it", "modprobe " + driver});
  }
  if (nics.empty())
    out.push_back({State::Note, "nic",
                   "there is no PCI network device; ports can be virtual ones (net_af_packet0,iface=eth1)", ""});
  for (const Nic& nic : nics) {
    const std::string what = nic.interfaces.empty() ? nic.address : fmt::format("{} ({})", nic.address, nic.interfaces);
    if (nic.driver == "vfio-pci" || nic.driver == "igb_uio" || nic.driver == "uio_pci_generic" ||
        nic.driver == "mlx5_core") {
      out.push_back({State::Good, "nic", fmt::format("{} can be a port: driver {}", what, nic.driver), ""});
    } else {
      out.push_back({State::Note, "nic",
                     fmt::format("{} is the kernel's: driver {}; to make it a port, take it away (its connections end)",
                                 what, nic.driver.empty() ? "none" : nic.driver),
                     fmt::format("dpdk-devbind.py --bind={} {}", driver, nic.address)});
    }
  }
}

void numa(const Machine& machine, const std::vector<Nic>& nics, std::vector<Finding>& out) {
  size_t nodes = 0;
  for (const std::string& name : machine.names("sys/devices/system/node"))
    nodes += name.starts_with("node") && name.size() > 4;
  if (nodes <= 1) {
    out.push_back({State::Good, "numa", "one node: all memory is near", ""});
    return;
  }
  out.push_back({State::Good, "numa", fmt::format("{} nodes", nodes), ""});
  for (const Nic& nic : nics) {
    if (nic.node < 0) continue;
    const std::string pages =
        fmt::format("sys/devices/system/node/node{}/hugepages/hugepages-2048kB/nr_hugepages", nic.node);
    const std::string cpus = machine.text(fmt::format("sys/devices/system/node/node{}/cpulist", nic.node));
    if (machine.there(pages) && machine.number(pages) == 0)
      out.push_back({State::Note, "numa",
                     fmt::format("{} is at node {} (CPUs {}), which has no hugepages: workers should run there",
                                 nic.address, nic.node, cpus),
                     fmt::format("echo 512 > /{}", pages)});
  }
}

void cores(const Machine& machine, std::vector<Finding>& out) {
  const std::string online = machine.text("sys/devices/system/cpu/online"),
                    isolated = machine.text("sys/devices/system/cpu/isolated");
  const bool one = online.find_first_of(",-") == std::string::npos;
  if (one) {
    out.push_back({State::Note, "cores", "there is one: workers share it with everything else", ""});
  } else if (isolated.empty()) {
    const size_t dash = online.rfind('-');
    const std::string last = dash == std::string::npos ? "1" : online.substr(dash + 1);
    const std::string set = last == "1" ? "1" : "1-" + last;
    out.push_back(
        {State::Note, "cores",
         fmt::format("none is isolated of {}: the kernel lets others run where workers poll; kernel option: {}", online,
                     kGrub),
         fmt::format("isolcpus={0} nohz_full={0} rcu_nocbs={0}", set)});
  } else {
    out.push_back({State::Good, "cores", fmt::format("isolated: {} of {}", isolated, online), ""});
  }
}

void governor(const Machine& machine, std::vector<Finding>& out) {
  std::string slow;
  size_t known = 0;
  for (const std::string& cpu : machine.names("sys/devices/system/cpu")) {
    const std::string now = machine.text("sys/devices/system/cpu/" + cpu + "/cpufreq/scaling_governor");
    known += !now.empty();
    if (!now.empty() && now != "performance" && slow.empty()) slow = fmt::format("{} has {}", cpu, now);
  }
  if (known == 0) {
    out.push_back({State::Good, "governor", "the frequency is not the kernel's business here", ""});
  } else if (slow.empty()) {
    out.push_back({State::Good, "governor", "performance", ""});
  } else {
    out.push_back(
        {State::Note, "governor", slow + ": cores that sleep wake slowly", "cpupower frequency-set -g performance"});
  }
}

}  // namespace

std::vector<Finding> examine(const std::string& root) {
  const Machine machine(root);
  const std::vector<Nic> nics = network_devices(machine);
  std::vector<Finding> out;
  hugepages(machine, out);
  iommu(machine, out);
  binding(machine, nics, out);
  numa(machine, nics, out);
  cores(machine, out);
  governor(machine, out);
  return out;
}

std::string doctor_report(const std::vector<Finding>& findings, const Style& style) {
  constexpr const char* kStates[] = {"ok", "note", "BAD"};
  if (style.json) {
    auto list = nlohmann::ordered_json::array();
    for (const Finding& f : findings)
      list.push_back(
          {{"topic", f.topic}, {"state", kStates[static_cast<size_t>(f.state)]}, {"says", f.says}, {"mend", f.mend}});
    return list.dump(style.pretty ? 4 : -1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  }
  std::string text;
  for (const Finding& f : findings) {
    text += fmt::format("{:<5}{:<10} {}\n", kStates[static_cast<size_t>(f.state)], f.topic, f.says);
    if (!f.mend.empty()) text += fmt::format("                 -> {}\n", f.mend);
  }
  return text;
}

}  // namespace flyover::control
