// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : the test process's DPDK and its one pool of mbufs
#pragma once

#include <rte_mempool.h>

namespace flyover::test {

rte_mempool* pool();  // 16383 mbufs

}  // namespace flyover::test
