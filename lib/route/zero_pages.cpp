// SPDX-License-Identifier: BSD-3-Clause
#include "route/zero_pages.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/check.hpp"

namespace flyover::route {
namespace {

constexpr size_t kHugePage = size_t{2} << 20;

}  // namespace

ZeroPages::ZeroPages(size_t size, Kind kind) : size_((size + kHugePage - 1) & ~(kHugePage - 1)) {
  void* at =
      mmap(nullptr, size_ + kHugePage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  check(at != MAP_FAILED, "no address space for a routing table");
  const auto begin = reinterpret_cast<uintptr_t>(at);
  const auto aligned = (begin + kHugePage - 1) & ~(kHugePage - 1);
  if (aligned > begin) munmap(at, aligned - begin);
  if (aligned < begin + kHugePage) munmap(reinterpret_cast<void*>(aligned + size_), begin + kHugePage - aligned);
  at_ = reinterpret_cast<void*>(aligned);
  madvise(at_, size_, kind == Kind::Huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);  // an advice: without it slower, not wrong
}

size_t ZeroPages::use_huge_pages(size_t used) {
  const size_t from = (used + kHugePage - 1) & ~(kHugePage - 1);
  madvise(static_cast<char*>(at_) + from, size_ - from, MADV_HUGEPAGE);
  return from;
}

ZeroPages::~ZeroPages() { munmap(at_, size_); }

size_t ZeroPages::resident(size_t size) const {
  const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  std::vector<unsigned char> pages((size + page - 1) / page);
  if (pages.empty() || mincore(at_, size, pages.data()) != 0) return 0;
  return page * static_cast<size_t>(std::count_if(pages.begin(), pages.end(), [](unsigned char p) { return p & 1; }));
}

}  // namespace flyover::route
