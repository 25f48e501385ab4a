// SPDX-License-Identifier: BSD-3-Clause
#include "ethdev_ports.hpp"

#include <catch2/catch.hpp>

#include "dpdk/eth_queue.hpp"

using namespace flyover;
using Catch::Contains;

namespace {

std::string error_of(const Result<std::unique_ptr<iface::Port>>& r) { return r ? "opened" : r.error().message; }

struct Ports {
  static constexpr port::EthdevPorts::Options kOptions{.workers = 2, .mbufs = 2047, .jumbo_mbufs = 511};
  port::EthdevPorts driver{kOptions};
  std::unique_ptr<iface::Port> open(const iface::PortConfig& config) {
    auto p = driver.open(config);
    INFO(error_of(p));
    REQUIRE(p);
    return std::move(*p);
  }
};

rte_mbuf* frame_of(port::EthdevPorts& driver, uint16_t length) {
  rte_mbuf* m = rte_pktmbuf_alloc(*driver.pool(dpdk::kDefaultDataRoom, -1));
  REQUIRE(m);
  std::memset(rte_pktmbuf_append(m, length), 0x5a, length);
  return m;
}

}  // namespace

TEST_CASE("a virtual device is probed, opened, started and closed, and its name is free again") {
  Ports ports;
  for (int round = 0; round < 2; ++round) {
    const auto p = ports.open({.devargs = "net_null0,size=60"});
    CHECK(p->info().device == "net_null0");
    CHECK(p->info().driver == "net_null");
    CHECK(p->info().tx_queues == 2);
    CHECK(p->link() == iface::PortLink{.up = false, .speed_mbps = p->link().speed_mbps});
    REQUIRE(p->start());
    CHECK(p->link().up);
    rte_mbuf* mbufs[4];
    REQUIRE(dpdk::rx_burst(p->id(), QueueId(1), mbufs, 4) == 4);
    CHECK(mbufs[0]->pkt_len == 60);
    const TxSink sink = p->sink(WorkerId(1));
    REQUIRE(sink.send);
    CHECK(sink.send(sink.context, mbufs, 4) == 4);
    CHECK(p->stats().rx_packets == 4);
    CHECK(p->stats().tx_packets == 4);
    CHECK_FALSE(p->extended_stats().empty());
    REQUIRE(p->stop());
  }
  CHECK(ports.driver.mbufs_in_use() == 0);
}

TEST_CASE("a device that EAL has probed is opened by its name, once at a time, again and again") {
  Ports ports;
  {
    const auto p = ports.open({.devargs = "net_null7"});
    CHECK(error_of(ports.driver.open({.devargs = "net_null7"})) == "net_null7 is in use already");
    CHECK_THAT(error_of(ports.driver.open({.devargs = "net_null7,size=9"})), Contains("without arguments"));
  }
  ports.open({.devargs = "net_null7"});
}

TEST_CASE("what cannot be opened is refused in words") {
  Ports ports;
  CHECK_THAT(error_of(ports.driver.open({.devargs = "net_nonsense0"})), Contains("net_nonsense0: no such device"));
  CHECK_THAT(error_of(ports.driver.open({.devargs = "net_af_packet0"})), Contains("it needs iface=INTERFACE"));
  CHECK_THAT(error_of(ports.driver.open({.devargs = "net_af_packet0,iface=nobody9"})),
             Contains("is there an interface nobody9"));
  CHECK_THAT(error_of(ports.driver.open({.devargs = "net_null0", .mtu = 9217})),
             Contains("mtu 9217 is not in 68..9216"));
  CHECK_THAT(error_of(ports.driver.open({.devargs = "net_ring0", .rx_queues = 40000})), Contains("receive queue"));
}

TEST_CASE("a long frame passes a device that takes it in one mbuf only") {
  Ports ports;
  const auto p = ports.open({.devargs = "net_ring0", .mtu = 9000});
  CHECK(p->info().mtu == 9000);
  REQUIRE(p->start());
  rte_mbuf* m = frame_of(ports.driver, 1000);
  rte_mbuf* tail = frame_of(ports.driver, 1500);
  REQUIRE(rte_pktmbuf_chain(m, tail) == 0);
  const TxSink sink = p->sink(WorkerId(0));
  CHECK(sink.send(sink.context, &m, 1) == 1);
  rte_mbuf* back;
  REQUIRE(dpdk::rx_burst(p->id(), QueueId(0), &back, 1) == 1);
  CHECK(back->pkt_len == 2500);
  rte_pktmbuf_free(back);
  CHECK(ports.driver.mbufs_in_use() == 0);
}

TEST_CASE("several mbufs become one for a device that wants one") {
  Ports ports;
  rte_mempool* jumbo = *ports.driver.pool(9216, -1);
  rte_mempool* small = *ports.driver.pool(dpdk::kDefaultDataRoom, -1);
  rte_mbuf* m = frame_of(ports.driver, 1200);
  REQUIRE(rte_pktmbuf_chain(m, frame_of(ports.driver, 1300)) == 0);
  CHECK_FALSE(dpdk::gather(m, 1, small));
  CHECK(m->pkt_len == 2500);
  CHECK(dpdk::gather(m, 1, jumbo));
  CHECK(m->nb_segs == 1);
  CHECK(m->data_len == 2500);
  CHECK(m->pool == jumbo);
  rte_pktmbuf_free(m);
  m = frame_of(ports.driver, 100);
  REQUIRE(rte_pktmbuf_chain(m, frame_of(ports.driver, 100)) == 0);
  CHECK(dpdk::gather(m, 1, jumbo));
  CHECK(m->pool == small);
  rte_pktmbuf_free(m);
  CHECK(ports.driver.mbufs_in_use() == 0);
}

TEST_CASE("a packet of more mbufs than the device takes is sent in fewer") {
  Ports ports;
  rte_mempool* small = *ports.driver.pool(dpdk::kDefaultDataRoom, -1);
  const auto p = ports.open({.devargs = "net_ring0", .mtu = 9000});
  REQUIRE(p->start());
  dpdk::TxQueue queue{.port = p->id(), .queue = QueueId(0), .most_segments = 4, .pool = small};
  for (const uint16_t part : {8, 700}) {
    rte_mbuf* m = frame_of(ports.driver, part);
    for (int i = 1; i < 10; ++i) REQUIRE(rte_pktmbuf_chain(m, frame_of(ports.driver, part)) == 0);
    CHECK(dpdk::send(&queue, &m, 1) == 1);
    rte_mbuf* back;
    REQUIRE(dpdk::rx_burst(p->id(), QueueId(0), &back, 1) == 1);
    CHECK(back->pkt_len == 10U * part);
    CHECK(back->nb_segs <= 4);
    rte_pktmbuf_free(back);
  }
  CHECK(ports.driver.mbufs_in_use() == 0);
}

TEST_CASE("a packet that fits the device in no way does not take those behind it along") {
  Ports ports;
  rte_mempool* small = *ports.driver.pool(dpdk::kDefaultDataRoom, -1);
  const auto p = ports.open({.devargs = "net_ring0", .mtu = 9000});
  REQUIRE(p->start());
  dpdk::TxQueue queue{.port = p->id(), .queue = QueueId(0), .most_segments = 1, .pool = small};
  rte_mbuf* burst[5];
  for (int i = 0; i < 5; ++i) {
    burst[i] = frame_of(ports.driver, static_cast<uint16_t>(1500 + i));
    if (i % 2) REQUIRE(rte_pktmbuf_chain(burst[i], frame_of(ports.driver, 1500)) == 0);
  }
  CHECK(dpdk::send(&queue, burst, 5) == 3);
  for (const int i : {3, 4}) {
    CHECK(burst[i]->nb_segs == 2);
    rte_pktmbuf_free(burst[i]);
  }
  rte_mbuf* back[5];
  REQUIRE(dpdk::rx_burst(p->id(), QueueId(0), back, 5) == 3);
  for (uint32_t i = 0; i < 3; ++i) CHECK(back[i]->pkt_len == 1500 + 2 * i);
  rte_pktmbuf_free_bulk(back, 3);
  CHECK(ports.driver.mbufs_in_use() == 0);
}

TEST_CASE("the MTU changes in place while the mbufs are long enough, else in the port's stop") {
  Ports ports;
  const auto p = ports.open({.devargs = "net_null0"});
  REQUIRE(p->start());
  CHECK(p->set_mtu(1400));
  CHECK(p->info().mtu == 1400);
  CHECK(p->must_stop_for_mtu(9000));
  CHECK(p->set_mtu(9000).error().message == "RTNETLINK answers: Device or resource busy");
  CHECK(p->set_mtu(67).error().message == "Error: mtu less than device minimum.");
  CHECK(p->set_mtu(9217).error().message == "Error: mtu greater than device maximum.");
  REQUIRE(p->stop());
  CHECK(p->set_mtu(9000));
  CHECK(p->start());
  CHECK(p->info().mtu == 9000);
}

TEST_CASE("two drivers live in one process, each with pools of its own") {
  Ports one, two;
  const auto p = one.open({.devargs = "net_null0"});
  const auto q = two.open({.devargs = "net_null1"});
  CHECK(*one.driver.pool(dpdk::kDefaultDataRoom, -1) != *two.driver.pool(dpdk::kDefaultDataRoom, -1));
  CHECK(two.driver.mbufs_in_use() == 0);
}
