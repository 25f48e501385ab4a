// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : a whole router in this process, with ports in memory and a clock that the test moves
// Guarantees : everything but the device is the real code: grammar, router, workers, slow path; receive() and pass() run until
//              nothing moves any more
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "control/commands.hpp"
#include "control/router.hpp"
#include "dpdk/mbuf_pool.hpp"
#include "frame_text.hpp"

namespace flyover::test {

struct Sent {
  std::string port;
  Bytes frame;
};

class TestRouter {
 public:
  // Ports p0, p1, p2 with MACs 02:00:00:00:00:00 .. 02, up.
  explicit TestRouter(rte_mempool* pool);
  ~TestRouter();

  control::Router& router() { return *router_; }
  std::string command(const std::string& line);  // what was wrong with it
  Worker& worker() { return router_->worker(WorkerId(0)); }
  rte_mempool* pool() { return pool_; }
  void receive(const std::string& port, std::string_view text);  // frame_of(), from the peer 02:00:00:00:01:0N
  void flood(const std::string& port, std::string_view text, size_t count);  // without a turn of the control thread
  void pass(uint64_t ms);                                                    // lets time go by
  void settle();
  std::vector<Sent> take_sent();
  void refuse(const std::string& port, bool full);  // its transmit queue takes nothing
  void carrier(const std::string& port, bool up);

  void starve(size_t left);  // takes all mbufs but so many out of the pool, as long as this lives

  WorkerCounters counters() const;  // of all workers together
  uint64_t dropped(DropReason reason) const;
  // The conservation law over all workers, and every mbuf is where it should be. Empty: it holds; else what is wrong.
  std::string imbalance() const;

 private:
  class Port;
  MacAddress mac(const std::string& port) const;
  rte_mbuf* chain_of(const Bytes& frame);
  void take_in(const std::string& port, const Bytes& frame);

  rte_mempool* pool_;
  std::unique_ptr<control::Router> router_;
  std::unique_ptr<control::Commands> commands_;
  std::map<std::string, Port*> ports_;
  std::vector<Sent> sent_;
  std::vector<rte_mbuf*> taken_;
  uint64_t tsc_ = 0;
};

}  // namespace flyover::test
