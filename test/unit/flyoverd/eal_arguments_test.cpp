// SPDX-License-Identifier: BSD-3-Clause
#include "flyoverd/eal_arguments.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

using namespace flyover::daemon;
using Words = std::vector<std::string>;

namespace {

const Machine kTwoCores{.cores = {0, 1}, .free_huge_mb = 0};

bool has(const EalPlan& plan, const std::string& word) {
  return std::find(plan.arguments.begin(), plan.arguments.end(), word) != plan.arguments.end();
}
std::string after(const EalPlan& plan, const std::string& word) {
  const auto at = std::find(plan.arguments.begin(), plan.arguments.end(), word);
  return at == plan.arguments.end() || at + 1 == plan.arguments.end() ? "" : *(at + 1);
}

}  // namespace

TEST_CASE("without hugepages it runs without them and says so") {
  const EalPlan plan = plan_eal({}, kTwoCores, "me");
  CHECK(has(plan, "--no-huge"));
  CHECK(after(plan, "-m") == "512");
  CHECK(has(plan, "--file-prefix=me"));
  REQUIRE(plan.remarks.size() == 1);
  CHECK_THAT(plan.remarks[0], Catch::Contains("0 MB of hugepages are free, 512 are wanted"));
}

TEST_CASE("hugepages are used when there are enough, or when told") {
  CHECK(has(plan_eal({}, {.cores = {0, 1}, .free_huge_mb = 1024}, "me"), "--in-memory"));
  CHECK(has(plan_eal({.huge = HugePages::On}, kTwoCores, "me"), "--in-memory"));
  CHECK(has(plan_eal({.huge = HugePages::On}, kTwoCores, "me"), "--single-file-segments"));
  CHECK_FALSE(has(plan_eal({.huge = HugePages::On}, kTwoCores, "me"), "--iova-mode=pa"));
  CHECK(has(plan_eal({.huge = HugePages::On}, {.cores = {0}, .vfio_without_iommu = true}, "me"), "--iova-mode=pa"));
  const EalPlan off = plan_eal({.huge = HugePages::Off}, {.cores = {0}, .free_huge_mb = 1024}, "me");
  CHECK(has(off, "--no-huge"));
  CHECK(off.remarks.empty());
}

TEST_CASE("a thread per core, the first for control") {
  CHECK(after(plan_eal({}, {.cores = {0, 1, 5}}, "me"), "--lcores") == "0@0,1@1,2@5");
  CHECK(after(plan_eal({}, {.cores = {3}}, "me"), "--lcores") == "0@3,1@3");
  CHECK(after(plan_eal({.cores = {4, 6}}, kTwoCores, "me"), "--lcores") == "0@4,1@6");
  CHECK(after(plan_eal({.workers = 2, .pin = false}, kTwoCores, "me"), "--lcores") == "0@(0,1),1@(0,1),2@(0,1)");
}

TEST_CASE("a core that is not there is named") {
  CHECK(plan_eal({.cores = {0, 7}}, {.cores = {0, 1}, .present = 2}, "me").error ==
        "cores: there is no core 7, only 0 to 1");
  CHECK(plan_eal({.cores = {0, 7}}, {.cores = {0, 1}, .present = 8}, "me").error.empty());
  CHECK(plan_eal({.cores = {7}, .eal = {"-l", "0-1"}}, {.cores = {0, 1}, .present = 2}, "me").error.empty());
}

TEST_CASE("threads that share a core are noticed") {
  CHECK_FALSE(plan_eal({}, kTwoCores, "me").shared_core);
  CHECK(plan_eal({}, {.cores = {0}}, "me").shared_core);
  CHECK(plan_eal({.workers = 2}, kTwoCores, "me").shared_core);
}

TEST_CASE("what the user tells EAL comes last, and takes the place of ours") {
  const EalPlan plan =
      plan_eal({.eal = {"-l", "0-1", "-m", "64", "--no-pci", "--file-prefix=x", "--log-level=8"}}, kTwoCores, "me");
  CHECK(plan.arguments ==
        Words{"--no-telemetry", "-l", "0-1", "-m", "64", "--no-pci", "--file-prefix=x", "--log-level=8"});
  CHECK_FALSE(has(plan_eal({.eal = {"-a0000:03:00.0"}}, kTwoCores, "me"), "0000:00:00.0"));
  CHECK(has(plan_eal({.eal = {"--vdev=net_null0"}}, kTwoCores, "me"), "0000:00:00.0"));
}
