// SPDX-License-Identifier: BSD-3-Clause
#include "dpdk/mbuf_pool.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>
#include <vector>

namespace flyover::dpdk {
namespace {

constexpr uint32_t kMbufs = 1023;

std::vector<rte_mbuf*> all_of(const MbufPool& pool) {
  std::vector<rte_mbuf*> mbufs(kMbufs);
  REQUIRE(rte_pktmbuf_alloc_bulk(pool.raw(), mbufs.data(), kMbufs) == 0);
  return mbufs;
}

}  // namespace

TEST_CASE("mbufs do not share their sets of the cache, with hugepages or without") {
  auto pool = MbufPool::create("sets", {.count = kMbufs, .cache = 0});
  REQUIRE(pool);
  auto mbufs = all_of(*pool);
  std::set<uintptr_t> first_lines;
  for (const rte_mbuf* m : mbufs) first_lines.insert(reinterpret_cast<uintptr_t>(m) / 64 % 64);
  CHECK(first_lines.size() == 64);
  rte_pktmbuf_free_bulk(mbufs.data(), kMbufs);
}

TEST_CASE("every mbuf of a pool has its room, its note and an address for devices, and none lies over another") {
  auto pool = MbufPool::create("rooms", {.count = kMbufs, .data_room = 9216, .cache = 0});
  REQUIRE(pool);
  CHECK(pool->capacity() == kMbufs);
  auto mbufs = all_of(*pool);
  CHECK(pool->in_use() == kMbufs);
  std::sort(mbufs.begin(), mbufs.end());
  bool right = true;
  for (size_t i = 0; i < mbufs.size(); ++i) {
    const rte_mbuf* m = mbufs[i];
    const auto* end = static_cast<const char*>(m->buf_addr) + m->buf_len;
    right = right && m->buf_len == 9216 + RTE_PKTMBUF_HEADROOM && rte_pktmbuf_priv_size(m->pool) == kNoteRoom &&
            static_cast<const char*>(m->buf_addr) == reinterpret_cast<const char*>(m) + sizeof *m + kNoteRoom;
    right = right && m->buf_iova == rte_mempool_virt2iova(m) + sizeof *m + kNoteRoom && m->buf_iova != RTE_BAD_IOVA;
    right = right && (i + 1 == mbufs.size() || end <= reinterpret_cast<const char*>(mbufs[i + 1]));
  }
  CHECK(right);
  rte_pktmbuf_free_bulk(mbufs.data(), kMbufs);
}

TEST_CASE("where the kernel maps pages for a device, no mbuf crosses one, and none is left out between them") {
  auto pool = MbufPool::create("pages", {.count = kMbufs, .data_room = 3648, .cache = 0, .page_each = true});
  REQUIRE(pool);
  const size_t size = rte_mempool_calc_obj_size(pool->raw()->elt_size, pool->raw()->flags, nullptr);
  auto mbufs = all_of(*pool);
  const auto [first, last] = std::minmax_element(mbufs.begin(), mbufs.end());
  CHECK(static_cast<size_t>(reinterpret_cast<char*>(*last) - reinterpret_cast<char*>(*first)) == (kMbufs - 1) * size);
  CHECK(std::all_of(mbufs.begin(), mbufs.end(), [&](const rte_mbuf* m) {
    const uintptr_t begin = reinterpret_cast<uintptr_t>(m) - m->pool->header_size;
    return begin / 4096 == (begin + size - 1) / 4096;
  }));
  rte_pktmbuf_free_bulk(mbufs.data(), kMbufs);
}

TEST_CASE("a pool that memory has no room for is refused, and leaves its name free") {
  CHECK_FALSE(MbufPool::create("vast", {.count = 10'000'000}));
  CHECK(MbufPool::create("vast", {.count = 63, .cache = 0}));
}

}  // namespace flyover::dpdk
