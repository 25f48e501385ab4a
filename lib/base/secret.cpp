// SPDX-License-Identifier: BSD-3-Clause
#include "base/secret.hpp"

#include <random>

namespace flyover {

uint64_t secret() {
  std::random_device source;
  return uint64_t{source()} << 32 | source();
}

}  // namespace flyover
