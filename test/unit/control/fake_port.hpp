// SPDX-License-Identifier: BSD-3-Clause
// Purpose : a port that only pretends, for routers in unit tests
#pragma once

#include "iface/port_driver.hpp"

namespace flyover::test {

struct FakePort final : iface::Port {
  iface::PortInfo about{.device = "fake0", .driver = "fake", .mtu = 1500, .rx_queues = 2};
  iface::PortLink state{.up = true};
  bool running = false;

  FakePort(MacAddress mac, bool carrier) {
    about.mac = mac;
    state.up = carrier;
  }
  PortId id() const override { return PortId(7); }
  const iface::PortInfo& info() const override { return about; }
  bool started() const override { return running; }
  Result<> start() override { return running = true, Result<>{}; }
  Result<> stop() override { return running = false, Result<>{}; }
  bool must_stop_for_mtu(uint16_t) const override { return false; }
  Result<> set_mtu(uint16_t mtu) override { return about.mtu = mtu, Result<>{}; }
  Result<> set_mac(MacAddress mac) override { return about.mac = mac, Result<>{}; }
  Result<> set_promiscuous(bool on) override { return about.promiscuous = on, Result<>{}; }
  iface::PortLink link() override { return state; }
  iface::PortStats stats() override { return {.rx_missed = 3}; }
  std::vector<std::pair<std::string, uint64_t>> extended_stats() override { return {{"rx_good", 5}}; }
  TxSink sink(WorkerId) override { return {}; }
};

}  // namespace flyover::test
