// SPDX-License-Identifier: BSD-3-Clause
#include <catch2/catch.hpp>
#include <memory>

#include "dpdk/mbuf_pool.hpp"
#include "packet/run.hpp"

using namespace flyover;

TEST_CASE("what a port refuses is dropped for want of room, or because it never fits") {
  const auto pool = dpdk::MbufPool::create("tx_test", {.count = 63, .cache = 0}).value();
  const auto w = std::make_unique<Worker>(WorkerId(0));
  const InterfaceId out(2);
  const auto frame = [&](int segments) {
    rte_mbuf* m = rte_pktmbuf_alloc(pool.raw());
    for (int i = 1; i < segments; ++i) REQUIRE(rte_pktmbuf_chain(m, rte_pktmbuf_alloc(pool.raw())) == 0);
    return m;
  };
  const auto send_one = [](void*, rte_mbuf** mbufs, uint16_t) noexcept {
    rte_pktmbuf_free(mbufs[0]);
    return uint16_t{1};
  };
  w->tx[out.value()].sink = {.send = send_one, .most_segments = 2};
  for (const int segments : {1, 2, 3}) transmit(frame(segments), out, *w);
  flush_all(*w);
  bury(*w);
  CHECK(w->counters.sent == 1);
  CHECK(w->counters.drop[index_of(DropReason::TxRingFull)] == 1);
  CHECK(w->counters.drop[index_of(DropReason::NoBuffer)] == 1);
  CHECK(w->counters.interface[out.value()].tx_dropped == 2);
  CHECK(pool.in_use() == 0);
}
