// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : a journey whose fragments for the router are reassembled, as the control thread does it, and datagrams heard
#pragma once

#include "dpdk/ring.hpp"
#include "ipv4/reassemble.hpp"
#include "journey.hpp"

namespace flyover::test {

class Listening : public Journey {
 public:
  std::vector<Bytes> heard;  // datagrams of protocols 252 and 253
  ipv4::Reassembler reassembler;

  Listening() {
    worker.punt[index_of(PuntReason::Fragment)] = &ring_;
    for (uint8_t number : {252, 253}) REQUIRE(protocols.add_protocol(number, {&Listening::hear, this}));
  }
  ~Listening() { reassembler.clear(worker); }

  void receive(const Bytes& ip, size_t segment = 1800) {
    send(ip, 0, mac_of(0), segment);
    rte_mbuf* m;
    while (ring_.pop(&m, 1)) {
      ++worker.counters.injected;
      Packet p;
      reload(p, m);
      if (auto whole = reassembler.add(p, worker.now_ms, worker)) enter(Lane::LocalIn, *whole, worker);
    }
    settle();
  }
  void wait(uint64_t ms) {
    worker.now_ms += ms;
    reassembler.poll(worker.now_ms, worker);
    settle();
  }
  void check_balance() {
    const WorkerCounters& c = worker.counters;
    CHECK(c.received + c.injected + c.created == c.sent + c.dropped() + c.punted() + c.consumed + reassembler.held());
  }
  // Nothing is lost, whatever still waits.
  void check_end() {
    check_balance();
    reassembler.clear(worker);
    CHECK(reassembler.held() == 0);
    CHECK(reassembler.charge() == 0);
    CHECK(reassembler.datagrams() == 0);
    settle();
    check_balance();
    CHECK(pool.in_use() == 0);
  }

 private:
  dpdk::MbufRing ring_ = dpdk::MbufRing::create(name(), 64).value();

  static std::string name() {
    static int count = 0;
    return "reassembly_" + std::to_string(count++);
  }
  static Verdict hear(Packet& p, Worker& w, void* self) noexcept {
    Bytes bytes(p.length);
    const auto offset = static_cast<uint32_t>(reinterpret_cast<uint8_t*>(p.ip) - rte_pktmbuf_mtod(p.mbuf, uint8_t*));
    CHECK(p.mbuf->pkt_len == offset + p.length);
    const void* at = rte_pktmbuf_read(p.mbuf, offset, p.length, bytes.data());
    REQUIRE(at != nullptr);
    if (at != bytes.data()) std::copy_n(static_cast<const uint8_t*>(at), p.length, bytes.data());
    static_cast<Listening*>(self)->heard.push_back(std::move(bytes));
    use_up(p.mbuf, w);
    return consumed();
  }
};

}  // namespace flyover::test
