// SPDX-License-Identifier: BSD-3-Clause
// Purpose           : make the first bytes of a chained mbuf contiguous; cut a chain's tail
// Linux counterpart : pskb_may_pull, pskb_trim_rcsum
#pragma once

#include <rte_mbuf.h>

#include <cstdint>

namespace flyover::dpdk {

// Makes `bytes` bytes from the start of the chain contiguous in its first segment. False if the chain is shorter, or the first
// segment has no room (never so for the headers that a pool's mbuf receives).
bool pull_up(rte_mbuf* m, uint32_t bytes) noexcept;

// Cuts the chain to `bytes`; segments that become empty are freed. `bytes` is at most the chain's length.
void trim_to(rte_mbuf* m, uint32_t bytes) noexcept;

}  // namespace flyover::dpdk
