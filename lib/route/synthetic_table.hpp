// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : routing tables for tests and measurements, like the Internet's: prefix lengths as in June 2026's BGP table
// Guarantees : the same seed gives the same table on every machine; prefixes are unique, unicast, and leave private, loopback
//              and benchmark networks free
#pragma once

#include <cstdint>
#include <vector>

#include "net/address.hpp"

namespace flyover::route {

struct SyntheticRoute {
  Ipv4Prefix prefix;
  uint32_t next_hop;  // 0 .. next_hops - 1
};

std::vector<SyntheticRoute> synthetic_table(size_t routes, uint32_t next_hops, uint64_t seed);

// Addresses that some route covers: a random one of a random prefix each.
std::vector<Ipv4Address> synthetic_destinations(const std::vector<SyntheticRoute>& table, size_t count, uint64_t seed);

}  // namespace flyover::route
