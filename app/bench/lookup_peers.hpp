// SPDX-License-Identifier: BSD-3-Clause
// Purpose : one interface to the tables that are compared
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "net/address.hpp"

namespace flyover::bench {

struct TableRoute {
  Ipv4Prefix prefix;
  uint32_t value;  // 1 and up
};

class LookupPeer {
 public:
  virtual ~LookupPeer() = default;
  virtual const char* name() const = 0;
  virtual bool set(const Ipv4Prefix& prefix, uint32_t value) = 0;
  virtual bool clear(const Ipv4Prefix& prefix) = 0;
  // Up to 64 addresses; each peer gives its answers in its own form, which value() reads (0: no route).
  virtual void lookup(const uint32_t* addresses, uint64_t* answers, unsigned count) const = 0;
  virtual uint32_t value(const uint64_t* answers, unsigned i) const = 0;
  virtual size_t memory() const = 0;  // bytes that lookups may touch
};

std::unique_ptr<LookupPeer> make_flyover();
std::unique_ptr<LookupPeer> make_rte_fib(size_t routes, uint32_t large_blocks);
std::unique_ptr<LookupPeer> make_rte_lpm(size_t routes, uint32_t large_blocks);

}  // namespace flyover::bench
