// SPDX-License-Identifier: BSD-3-Clause
#include "pool.hpp"

#include "base/check.hpp"
#include "dpdk/mbuf_pool.hpp"

namespace flyover::test {

rte_mempool* pool() {
  static const auto the_pool = dpdk::MbufPool::create("packets", {.count = 16383});
  check(the_pool.has_value(), "the pool of the packet cases");
  return the_pool->raw();
}

}  // namespace flyover::test
