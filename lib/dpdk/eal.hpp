// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : the life of DPDK's environment abstraction layer in this process
// Guarantees : rte_eal_init on start, rte_eal_cleanup on destruction; at most one at a time (DPDK's own limit)
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"

namespace flyover::dpdk {

class Eal {
 public:
  // `arguments` as on a DPDK program's command line, without the program's name.
  static Result<Eal> start(const std::string& program, const std::vector<std::string>& arguments);
  Eal(Eal&& other) noexcept : alive_(std::exchange(other.alive_, false)) {}
  Eal& operator=(Eal&&) = delete;
  ~Eal();

 private:
  Eal() = default;
  bool alive_ = true;
};

}  // namespace flyover::dpdk
