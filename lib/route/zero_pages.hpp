// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : big arrays of zeroes that cost nothing until they are written
// Guarantees : address space only (no reservation); huge pages where the machine gives them, so that a lookup in a full table
//              needs one TLB entry where it would need 512; given back when the owner goes
#pragma once

#include <cstddef>

namespace flyover::route {

class ZeroPages {
 public:
  explicit ZeroPages(size_t size);
  ZeroPages(const ZeroPages&) = delete;
  ZeroPages& operator=(const ZeroPages&) = delete;
  ~ZeroPages();

  void* begin() const { return at_; }
  size_t resident(size_t size) const;  // how many of the first `size` bytes are in memory, by pages

 private:
  size_t size_;
  void* at_;
};

}  // namespace flyover::route
