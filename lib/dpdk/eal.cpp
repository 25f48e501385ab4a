// SPDX-License-Identifier: BSD-3-Clause
#include "dpdk/eal.hpp"

#include <rte_eal.h>
#include <rte_errno.h>

namespace flyover::dpdk {

Result<Eal> Eal::start(const std::string& program, const std::vector<std::string>& arguments) {
  std::vector<std::string> words{program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  // rte_eal_init reorders the pointers and keeps none of the strings beyond its return.
  if (rte_eal_init(static_cast<int>(argv.size()), argv.data()) < 0)
    return refused(std::string("DPDK's EAL did not start: ") + rte_strerror(rte_errno));
  return Eal();
}

Eal::~Eal() {
  if (alive_) rte_eal_cleanup();
}

}  // namespace flyover::dpdk
