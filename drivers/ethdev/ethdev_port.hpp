// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : one rte_ethdev port, from probing to closing
// Expects    : as iface::Port
// Guarantees : configured for one transmit queue per worker, RSS, the longest frame it may get; closed by the destructor, and
//              taken off its bus again if it was us who put it there
#pragma once

#include <rte_ethdev.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "af_packet_drops.hpp"
#include "af_xdp.hpp"
#include "devargs.hpp"
#include "dpdk/eth_queue.hpp"
#include "iface/port_driver.hpp"
#include "kernel_link.hpp"

namespace flyover::port {

class EthdevPorts;

class EthdevPort final : public iface::Port {
 public:
  static Result<std::unique_ptr<EthdevPort>> open(EthdevPorts& owner, const iface::PortConfig& config);
  ~EthdevPort() override;

  PortId id() const override { return PortId(port_); }
  const iface::PortInfo& info() const override { return info_; }
  bool started() const override { return started_; }
  Result<> start() override;
  Result<> stop() override;
  bool must_stop_for_mtu(uint16_t mtu) const override;
  Result<> set_mtu(uint16_t mtu) override;
  Result<> set_mac(MacAddress mac) override;
  Result<> set_promiscuous(bool on) override;
  iface::PortLink link() override;
  iface::PortStats stats() override;
  std::vector<std::pair<std::string, uint64_t>> extended_stats() override;
  Result<std::unique_ptr<iface::Capture>> capture(const iface::CaptureRequest& request) override;
  TxSink sink(WorkerId worker) override;

 private:
  EthdevPort(EthdevPorts& owner, Devargs args) : owner_(owner), args_(std::move(args)) {}

  Result<> set_up();
  Result<> reopen(uint16_t mtu);
  Result<> find_or_probe();
  Result<> probe();
  void close();
  Result<> describe();   // fills info_ and device_ from the driver
  Result<> configure();  // queues, offloads, mbufs for the current MTU
  Result<> set_up_queues(uint64_t rx_offloads, uint64_t tx_offloads);
  rte_eth_conf make_conf(uint64_t rx_offloads, uint64_t tx_offloads) const;
  Result<> apply_mtu(uint16_t mtu);
  uint16_t device_mtu(
      uint16_t mtu) const;  // what to tell the driver: several virtual ones understate their longest frame
  const Devargs& real_args() const;
  bool ring_holds(uint16_t mtu) const;
  uint32_t frame_room(uint16_t mtu) const;  // bytes that the first mbuf must have
  bool needs_scatter(uint16_t mtu) const;   // its frames take several mbufs
  Result<rte_mempool*> find_pool();
  void collect_sent();
  void forget_stale_packets();
  Error failed(const std::string& what, int error) const;

  EthdevPorts& owner_;
  Devargs args_;                   // as the user gave them
  std::optional<Devargs> probed_;  // what we asked the bus for; none: EAL had it already
  iface::PortConfig config_;
  iface::PortInfo info_;
  rte_eth_dev_info device_{};
  std::unique_ptr<KernelLink> kernel_;
  std::optional<AfPacketDrops> ring_drops_;  // of a net_af_packet device
  XdpSockets xdp_;
  dpdk::MbufPool* own_pool_ = nullptr;  // net_af_xdp's
  uint32_t taken_ = 0;                  // mbufs of it that the driver keeps
  std::atomic<bool> removed_{false};    // set by DPDK's interrupt thread
  std::vector<dpdk::TxQueue> tx_;       // by worker; its size never changes once opened
  uint16_t port_ = RTE_MAX_ETHPORTS;
  uint32_t room_ = 0;  // bytes of data that an mbuf of ours has
  uint64_t owner_id_ = RTE_ETH_DEV_NO_OWNER;
  bool scatters_ = false;
  bool started_ = false;
  bool running_ = false;  // as far as the driver knows: some cannot be started again and are left running
};

}  // namespace flyover::port
