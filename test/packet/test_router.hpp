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
  uint16_t mtu;    // the port's, when it was sent
  MacAddress mac;  // the port's
};

// What the router of every packet case is set up with.
inline constexpr const char* kBase[] = {
    "addr add 10.0.0.1/24 dev p0",
    "addr add 10.0.1.1/24 dev p1",
    "addr add 10.0.2.1/24 dev p2",
    "link set p2 mtu 900",
    "neigh add 10.0.0.2 lladdr 02:00:00:00:01:00 dev p0 nud permanent",
    "neigh add 10.0.1.2 lladdr 02:00:00:00:01:01 dev p1 nud permanent",
    "neigh add 10.0.2.2 lladdr 02:00:00:00:01:02 dev p2 nud permanent",
    "route add 20.0.0.0/8 via 10.0.1.2",
    "route add 30.0.0.0/8 via 10.0.2.2",
};

class TestRouter {
 public:
  // Ports p0, p1, p2 with MACs 02:00:00:00:00:00 .. 02, up. `driver`: for `link add`.
  explicit TestRouter(rte_mempool* pool, iface::PortDriver* driver = nullptr);
  ~TestRouter();

  control::Router& router() { return *router_; }
  control::Commands& commands() { return *commands_; }
  std::string command(const std::string& line);  // what was wrong with it
  Worker& worker() { return router_->worker(WorkerId(0)); }
  rte_mempool* pool() { return pool_; }
  void receive(const std::string& port, std::string_view text);  // frame_of(), from the peer 02:00:00:00:01:0N
  void flood(const std::string& port, std::string_view text, size_t count);    // without a turn of the control thread
  void receive(const std::string& port, const std::vector<rte_mbuf*>& burst);  // at most 64
  void pass(uint64_t ms, uint64_t step = 10);                                  // lets time go by
  void settle();
  uint64_t tsc() const { return tsc_; }
  std::vector<Sent> take_sent();
  void refuse(const std::string& port, bool full);  // its transmit queue takes nothing
  void carrier(const std::string& port, bool up);
  bool intact() const;  // its ports are there, under their names

  void starve(size_t left);  // takes all mbufs but so many out of the pool, as long as this lives or until feed()
  void feed();
  MacAddress mac(const std::string& port) const;

  WorkerCounters counters() const;  // of all workers together
  uint64_t dropped(DropReason reason) const;
  // The conservation law over all workers, and every mbuf is where it should be. Empty: it holds; else what is wrong.
  std::string imbalance() const;

 private:
  class Port;
  rte_mbuf* chain_of(const Bytes& frame);
  void take_in(const std::string& port, std::vector<rte_mbuf*> burst);

  rte_mempool* pool_;
  std::map<std::string, Port*> ports_;  // they leave it when they go
  std::unique_ptr<control::Router> router_;
  std::unique_ptr<control::Commands> commands_;
  std::vector<Sent> sent_;
  std::vector<rte_mbuf*> taken_;
  uint64_t tsc_ = 0;
};

}  // namespace flyover::test
