// SPDX-License-Identifier: BSD-3-Clause
// Purpose : an InterfaceControl whose events are written down, with ports that only pretend
#pragma once

#include <string>
#include <vector>

#include "iface/interface_control.hpp"

namespace flyover::iface {

struct FakeCapture final : Capture {
  std::vector<std::string>* diary;
  CaptureState now;
  bool attaches = true;

  explicit FakeCapture(std::vector<std::string>* d) : diary(d) {}
  ~FakeCapture() override { diary->push_back("destroy"); }
  Result<> attach() override {
    diary->push_back("attach");
    return attaches ? Result<>{} : refused("no");
  }
  void detach() override { diary->push_back("detach"); }
  CaptureState state() const override { return now; }
  CaptureState end() override {
    diary->push_back("end");
    now.ended = true;
    return now;
  }
};

struct FakePort final : Port {
  PortInfo about{.device = "fake0", .driver = "fake", .mac = MacAddress({2, 0, 0, 0, 0, 1}), .rx_queues = 2};
  PortLink state{.up = true};
  bool running = false, refuses_mtu = false;
  std::vector<std::string>* diary;

  explicit FakePort(std::vector<std::string>* d) : diary(d) {}
  ~FakePort() override { diary->push_back("close"); }
  PortId id() const override { return PortId(7); }
  const PortInfo& info() const override { return about; }
  bool started() const override { return running; }
  Result<> start() override { return diary->push_back("start"), running = true, Result<>{}; }
  Result<> stop() override { return diary->push_back("stop"), running = false, Result<>{}; }
  bool must_stop_for_mtu(uint16_t mtu) const override { return mtu > 2000; }
  Result<> set_mtu(uint16_t mtu) override {
    if (refuses_mtu) return refused("refused");
    return about.mtu = mtu, Result<>{};
  }
  Result<> set_mac(MacAddress mac) override { return about.mac = mac, Result<>{}; }
  Result<> set_promiscuous(bool on) override { return about.promiscuous = on, Result<>{}; }
  PortLink link() override { return state; }
  PortStats stats() override { return {}; }
  std::vector<std::pair<std::string, uint64_t>> extended_stats() override { return {}; }
  TxSink sink(WorkerId) override { return {}; }
  FakeCapture* captured = nullptr;
  bool captures = true;
  Result<std::unique_ptr<Capture>> capture(const CaptureRequest& r) override {
    diary->push_back("capture " + r.interface + " " + r.file + " " + std::to_string(r.count));
    auto made = std::make_unique<FakeCapture>(diary);
    made->attaches = captures;
    captured = made.get();
    return made;
  }
};

struct Recorder final : InterfaceEvents {
  std::vector<std::string> diary;
  bool stuck = false;  // a worker stands still

  void link_added(InterfaceId id) override { note("added", id); }
  void link_up(InterfaceId id) override { note("up", id); }
  void link_down(InterfaceId id) override { note("down", id); }
  void link_removed(InterfaceId id) override { note("removed", id); }
  void carrier_changed(InterfaceId id, bool on) override { note(on ? "carrier" : "no carrier", id); }
  void mtu_changed(InterfaceId id) override { note("mtu", id); }
  void mac_changed(InterfaceId id) override { note("mac", id); }
  void address_added(InterfaceId, const InterfaceAddress& a) override { note_address("+", a); }
  void address_removed(InterfaceId, const InterfaceAddress& a) override { note_address("-", a); }
  void settings_changed() override { diary.push_back("settings"); }
  void log(const std::string& text) override { diary.push_back("log " + text); }
  bool settle() override { return diary.push_back("settle"), !stuck; }
  void note(const std::string& what, InterfaceId id) { diary.push_back(what + " " + std::to_string(id.value())); }
  void note_address(std::string sign, const InterfaceAddress& a) { diary.push_back(sign.append(a.local.to_string())); }
  std::vector<std::string> read() { return std::exchange(diary, {}); }
};

inline InterfaceSettings larger_of(const InterfaceSettings& all, const InterfaceSettings& own) {
  InterfaceSettings s = own;
  s.rp_filter = std::max(all.rp_filter, own.rp_filter);
  return s;
}

struct Fixture {
  Recorder recorder;
  InterfaceControl control{nullptr, 2, larger_of, recorder};
  FakePort* fake = nullptr;

  InterfaceId add(const std::string& name) {
    auto port = std::make_unique<FakePort>(&recorder.diary);
    fake = port.get();
    return *control.attach(name, std::move(port));
  }
};

}  // namespace flyover::iface
