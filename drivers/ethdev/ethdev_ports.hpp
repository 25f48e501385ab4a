// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : ports through rte_ethdev: network cards and every virtual device of DPDK
// Expects    : EAL is running; one control thread
// Guarantees : each port has a transmit queue per worker as far as the device has them, receive queues spread by RSS, and
//              mbufs that hold its longest frame; what the device cannot do is told in PortInfo, what fails in words
#pragma once

#include <list>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "dpdk/mbuf_pool.hpp"
#include "iface/port_driver.hpp"

namespace flyover::port {

class EthdevPorts final : public iface::PortDriver {
 public:
  struct Options {
    uint16_t workers = 1;
    uint32_t mbufs = 16383;       // of a pool of ordinary size, one pool per NUMA node
    uint32_t jumbo_mbufs = 4095;  // of a pool for devices that need a long frame in one mbuf
    uint16_t descriptors = 0;     // of each queue; 0: what the driver prefers
  };
  explicit EthdevPorts(const Options& options) : options_(options) {}
  ~EthdevPorts() override;  // all its ports have been destroyed

  Result<std::unique_ptr<iface::Port>> open(const iface::PortConfig& config) override;

  // A pool whose mbufs have `data_room` bytes; made at its first use, kept until the end.
  Result<rte_mempool*> pool(uint16_t data_room, int numa_node);
  // One for a single port, whose driver takes mbufs and never gives them back; to be retired when the port is closed.
  Result<dpdk::MbufPool*> own_pool(uint16_t data_room, int numa_node);
  void retire(const dpdk::MbufPool* pool, uint32_t taken);  // by the driver
  uint32_t mbufs_in_use() const;  // of all pools; 0 once every port is closed and every packet has left
  const Options& options() const { return options_; }

 private:
  Options options_;
  std::map<std::pair<int, uint16_t>, dpdk::MbufPool> pools_;
  struct OwnPool {
    dpdk::MbufPool pool;
    uint32_t lost;  // mbufs that nobody will give back
    bool retired;
    bool unused() const { return retired && pool.in_use() == lost; }
  };
  std::list<OwnPool> own_pools_;
};

}  // namespace flyover::port
