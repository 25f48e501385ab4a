// SPDX-License-Identifier: BSD-3-Clause
#include <catch2/catch.hpp>
#include <memory>
#include <vector>

#include "dpdk/mbuf_pool.hpp"
#include "packet/run.hpp"

using namespace flyover;

namespace {

// One frame of `length` bytes in an mbuf that an IPv4 packet from 10.0.0.2 lay in before; what a trace of it keeps.
std::vector<TraceRecord> traced(uint16_t length, const TraceFilter& filter) {
  const auto pool = dpdk::MbufPool::create("runt_test", {.count = 63, .cache = 0}).value();
  const auto w = std::make_unique<Worker>(WorkerId(0));
  rte_mbuf* m = rte_pktmbuf_alloc(pool.raw());
  auto* ip = reinterpret_cast<Ipv4Header*>(rte_pktmbuf_mtod(m, uint8_t*) + sizeof(EthernetHeader));
  *ip = {.version_ihl = 0x45, .protocol = protocol::kUdp, .source = Ipv4Address(10, 0, 0, 2)};
  rte_pktmbuf_append(m, length);
  const auto b = std::make_unique<Burst>();
  start(b->add(), m, InterfaceId(2));
  (*b)[0].ip = ip;
  w->trace.arm(1, filter);
  trace_group(*b, {}, StageId::Classify, StageId::Prefetch, *w);
  b->resize(0);
  rte_pktmbuf_free(m);
  std::vector<TraceRecord> records;
  w->trace.read([&](const TraceRecord& r) { records.push_back(r); });
  return records;
}

}  // namespace

TEST_CASE("a trace takes nothing for a runt's that an earlier frame has left") {
  const TraceFilter any, udp{.protocol = protocol::kUdp};
  for (const uint16_t length : {0, 10, 14, 33}) {
    CHECK(traced(length, udp).empty());
    const auto records = traced(length, any);
    REQUIRE(records.size() == 1);
    CHECK_FALSE(records[0].is_ip);
    CHECK(records[0].captured == length);
  }
  const auto records = traced(34, udp);
  REQUIRE(records.size() == 1);
  CHECK(records[0].is_ip);
  CHECK(records[0].captured == 20);
}
