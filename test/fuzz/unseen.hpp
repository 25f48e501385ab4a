// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : what a harness does between two inputs does not count as covered by the input
// Guarantees : libFuzzer's counters are after this object's life as before
#pragma once

#include <cstdint>
#include <vector>

namespace flyover::fuzz {

class Unseen {
 public:
  Unseen();
  ~Unseen();
  Unseen(const Unseen&) = delete;
  Unseen& operator=(const Unseen&) = delete;

 private:
  std::vector<uint8_t> kept_;
};

}  // namespace flyover::fuzz
