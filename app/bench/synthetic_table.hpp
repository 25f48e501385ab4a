// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : a routing table that looks like the Internet's: as many prefixes of each length, spread over the same /8s
// Guarantees : the same seed gives the same table; no prefix twice; nothing in 0/8, 10/8, 127/8 or above 223/8
#pragma once

#include <cstdint>
#include <vector>

#include "net/address.hpp"

namespace flyover::bench {

std::vector<Ipv4Prefix> synthetic_table(size_t routes, uint64_t seed);

}  // namespace flyover::bench
