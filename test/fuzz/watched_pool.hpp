// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : a pool of mbufs that sees who touches a free one
// Guarantees : a free mbuf is poisoned for AddressSanitizer and stays free for as long as possible; one that is freed twice
//              ends the program; one that is allocated has every byte behind its header set to fill()
#pragma once

#include <rte_mempool.h>

#include <cstdint>

namespace flyover::fuzz {

// DPDK has been started. The pool is never freed.
rte_mempool* watched_pool(const char* name, uint32_t count);
void fill_with(uint8_t byte);  // what fresh mbufs hold from now on

}  // namespace flyover::fuzz
