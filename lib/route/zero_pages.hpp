// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : big arrays of zeroes that cost nothing until they are written
// Guarantees : address space only (no reservation); huge pages, if they are asked for and the machine gives them, so that a lookup
//              in a full table needs one TLB entry where it would need 512; given back when the owner goes
#pragma once

#include <cstddef>

namespace flyover::route {

class ZeroPages {
 public:
  enum class Kind : bool { Small, Huge };
  ZeroPages(size_t size, Kind kind);
  ZeroPages(const ZeroPages&) = delete;
  ZeroPages& operator=(const ZeroPages&) = delete;
  ~ZeroPages();

  // For what lies behind the first `used` bytes; gives the first byte that may be in one.
  size_t use_huge_pages(size_t used);
  void* begin() const { return at_; }
  size_t resident(size_t size) const;  // how many of the first `size` bytes are in memory, by pages

 private:
  size_t size_;
  void* at_;
};

}  // namespace flyover::route
