// SPDX-License-Identifier: BSD-3-Clause
#include "control/doctor.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

using namespace flyover::control;
namespace fs = std::filesystem;

namespace {

// A machine's /sys and /proc, as far as a case needs them.
class Machine {
 public:
  Machine() {
    std::string folder = "/tmp/flyover-doctor-XXXXXX";
    REQUIRE(::mkdtemp(folder.data()));
    root_ = folder;
  }
  ~Machine() { fs::remove_all(root_); }
  Machine& file(const std::string& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text << "\n";
    return *this;
  }
  Machine& folder(const std::string& path) { return fs::create_directories(root_ / path), *this; }
  Machine& link(const std::string& path, const std::string& to) {
    fs::create_directories((root_ / path).parent_path());
    fs::create_symlink(to, root_ / path);
    return *this;
  }
  Machine& nic(const std::string& address, const std::string& driver, const std::string& interface,
               const std::string& node) {
    const std::string at = "sys/bus/pci/devices/" + address + "/";
    file(at + "class", "0x020000")
        .file(at + "numa_node", node)
        .link(at + "driver", "../../../bus/pci/drivers/" + driver);
    return interface.empty() ? *this : folder(at + "net/" + interface);
  }
  std::vector<Finding> examined() const { return examine(root_.string()); }

 private:
  fs::path root_;
};

const Finding* about(const std::vector<Finding>& findings, const std::string& topic, const std::string& says) {
  for (const Finding& f : findings)
    if (f.topic == topic && f.says.find(says) != std::string::npos) return &f;
  return nullptr;
}

using State = Finding::State;

}  // namespace

TEST_CASE("doctor looks at a machine of which it can see nothing") {
  const auto findings = Machine().examined();
  CHECK(about(findings, "hugepages", "there are none")->state == State::Bad);
  CHECK(about(findings, "nic", "no PCI network device"));
  CHECK(about(findings, "cores", ""));
  for (const Finding& f : findings)
    if (f.state == State::Bad) CHECK_FALSE(f.mend.empty());
}

TEST_CASE("doctor finds nothing to mend on a machine that is ready") {
  Machine machine;
  machine.file("sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "1024")
      .file("sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "1000")
      .folder("sys/class/iommu/dmar0")
      .folder("sys/bus/pci/drivers/vfio-pci")
      .nic("0000:03:00.0", "vfio-pci", "", "0")
      .folder("sys/devices/system/node/node0")
      .file("sys/devices/system/cpu/online", "0-7")
      .file("sys/devices/system/cpu/isolated", "1-7")
      .file("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance");
  for (const Finding& f : machine.examined()) {
    INFO(f.topic << ": " << f.says);
    CHECK(f.state == State::Good);
    CHECK(f.mend.empty());
  }
}

TEST_CASE("doctor says which command mends what it finds") {
  Machine machine;
  machine.file("sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "64")
      .file("sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "10")
      .folder("sys/class/iommu/dmar0")
      .nic("0000:03:00.0", "ixgbe", "eth3", "1")
      .folder("sys/devices/system/node/node0")
      .file("sys/devices/system/node/node1/cpulist", "8-15")
      .file("sys/devices/system/node/node1/hugepages/hugepages-2048kB/nr_hugepages", "0")
      .file("sys/devices/system/cpu/online", "0-15")
      .file("sys/devices/system/cpu/cpu3/cpufreq/scaling_governor", "powersave");
  const auto findings = machine.examined();
  CHECK(about(findings, "hugepages", "128 MiB, 20 MiB of them free")->state == State::Note);
  CHECK(about(findings, "driver", "vfio-pci is not loaded")->mend == "modprobe vfio-pci");
  CHECK(about(findings, "nic", "0000:03:00.0 (eth3) is the kernel's: driver ixgbe")->mend ==
        "dpdk-devbind.py --bind=vfio-pci 0000:03:00.0");
  CHECK(about(findings, "numa", "0000:03:00.0 is at node 1 (CPUs 8-15)")->mend ==
        "echo 512 > /sys/devices/system/node/node1/hugepages/hugepages-2048kB/nr_hugepages");
  CHECK(about(findings, "cores", "none is isolated of 0-15")->mend == "isolcpus=1-15 nohz_full=1-15 rcu_nocbs=1-15");
  CHECK(about(findings, "governor", "cpu3 has powersave")->mend == "cpupower frequency-set -g performance");

  Style style;
  CHECK(doctor_report(findings, style).find("-> modprobe vfio-pci\n") != std::string::npos);
  style.json = true;
  CHECK(nlohmann::json::parse(doctor_report(findings, style)).size() == findings.size());
}

TEST_CASE("doctor knows the way without an IOMMU") {
  Machine machine;
  machine.nic("0000:03:00.0", "ixgbe", "eth3", "0");
  auto findings = machine.examined();
  CHECK(about(findings, "iommu", "PCI ports need uio_pci_generic")->state == State::Note);
  CHECK(about(findings, "driver", "not loaded")->mend == "modprobe uio_pci_generic");
  CHECK(about(findings, "nic", "the kernel's")->mend == "dpdk-devbind.py --bind=uio_pci_generic 0000:03:00.0");

  machine.file("sys/module/vfio/parameters/enable_unsafe_noiommu_mode", "Y").folder("sys/bus/pci/drivers/vfio-pci");
  findings = machine.examined();
  CHECK(about(findings, "iommu", "vfio works without it"));
  CHECK(about(findings, "driver", "vfio-pci is loaded")->state == State::Good);
  CHECK(about(findings, "nic", "the kernel's")->mend == "dpdk-devbind.py --bind=vfio-pci 0000:03:00.0");
}
