// SPDX-License-Identifier: BSD-3-Clause
#include <catch2/catch.hpp>

#include "recorder.hpp"

using namespace flyover;
using namespace flyover::iface;
using Words = std::vector<std::string>;
using Flags = std::vector<std::string_view>;

TEST_CASE_METHOD(Fixture, "lo is interface 1, up, and stays") {
  CHECK(control.ids() == std::vector{kLoopback});
  const LinkView& lo = control.link(kLoopback);
  CHECK(lo.name == "lo");
  CHECK(lo.mtu == 65536);
  CHECK(lo.flags() == Flags{"LOOPBACK", "UP", "LOWER_UP"});
  CHECK(lo.operstate() == "UNKNOWN");
  CHECK(control.addresses(kLoopback).front().local == Ipv4Address(127, 0, 0, 1));
  CHECK(control.remove(kLoopback).error().message == "RTNETLINK answers: Operation not supported");
  CHECK(control.build()[kLoopback].mtu == 65535);
}

TEST_CASE_METHOD(Fixture, "a port goes up and down; it is stopped only when no worker has it") {
  const InterfaceId p0 = add("p0");
  CHECK(p0 == InterfaceId(2));
  CHECK(control.ports().empty());
  CHECK(control.link(p0).qdisc() == "noop");
  REQUIRE(control.set_up(p0, true));
  CHECK(control.ports().size() == 1);
  CHECK(control.link(p0).flags() == Flags{"BROADCAST", "MULTICAST", "UP", "LOWER_UP"});
  CHECK(control.link(p0).operstate() == "UP");
  REQUIRE(control.set_up(p0, true));
  REQUIRE(control.set_up(p0, false));
  CHECK(control.ports().empty());
  CHECK(recorder.read() == Words{"added 2", "start", "up 2", "down 2", "settle", "stop"});
}

TEST_CASE_METHOD(Fixture, "the carrier is followed") {
  const InterfaceId p0 = add("p0");
  fake->state.up = false;
  REQUIRE(control.set_up(p0, true));
  CHECK(control.link(p0).flags() == Flags{"NO-CARRIER", "BROADCAST", "MULTICAST", "UP"});
  CHECK(control.link(p0).operstate() == "DOWN");
  recorder.read();
  fake->state.up = true;
  control.poll_links();
  control.poll_links();
  CHECK(recorder.read() == Words{"log p0: link is up", "carrier 2"});
  CHECK(control.build()[p0].running);
}

TEST_CASE_METHOD(Fixture, "a port whose device goes away is closed, its interface stays and says so") {
  const InterfaceId p0 = add("p0");
  REQUIRE(control.set_up(p0, true));
  recorder.read();
  fake->state = {.present = false};
  control.poll_links();
  CHECK(recorder.read() == Words{"log p0: its device fake0 has gone", "down 2", "settle", "stop", "close"});
  CHECK(control.ports().empty());
  CHECK(control.link(p0).operstate() == "NOTPRESENT");
  CHECK(control.set_up(p0, true).error().message == "RTNETLINK answers: No such device");
  CHECK(control.set_mtu(p0, 1400).error().message == "RTNETLINK answers: No such device");
  control.poll_links();
  CHECK(control.remove(p0));
  CHECK(control.find("p0") == kNoInterface);
}

TEST_CASE_METHOD(Fixture, "an MTU that needs longer mbufs stops the port for a moment") {
  const InterfaceId p0 = add("p0");
  REQUIRE(control.set_up(p0, true));
  recorder.read();
  REQUIRE(control.set_mtu(p0, 1400));
  CHECK(recorder.read() == Words{"mtu 2"});
  REQUIRE(control.set_mtu(p0, 9000));
  CHECK(recorder.read() == Words{"settle", "stop", "start", "settle", "mtu 2"});
  CHECK(control.link(p0).mtu == 9000);
  CHECK(control.set_mtu(p0, 67).error().message == "Error: mtu less than device minimum.");
  CHECK(control.set_mtu(p0, 9217).error().message == "Error: mtu greater than device maximum.");
}

TEST_CASE_METHOD(Fixture, "a port that refuses an MTU is polled as before, and the workers are told") {
  const InterfaceId p0 = add("p0");
  REQUIRE(control.set_up(p0, true));
  recorder.read();
  fake->refuses_mtu = true;
  CHECK(control.set_mtu(p0, 9000).error().message == "refused");
  CHECK(recorder.read() == Words{"settle", "stop", "start", "settle"});
  CHECK(control.ports().size() == 1);
  CHECK(control.link(p0).mtu == 1500);
  recorder.stuck = true;
  CHECK(control.set_mtu(p0, 9000).error().message == "RTNETLINK answers: Device or resource busy");
  CHECK(control.ports().size() == 1);
}

TEST_CASE_METHOD(Fixture, "removing a port takes it down, its addresses away, and closes it last") {
  const InterfaceId p0 = add("p0");
  REQUIRE(control.set_up(p0, true));
  REQUIRE(control.add_address(p0, {.local = {10, 0, 0, 1}, .prefix_length = 24}));
  recorder.read();
  REQUIRE(control.remove(p0));
  CHECK(recorder.read() == Words{"down 2", "settle", "stop", "settle", "-10.0.0.1", "removed 2", "close"});
  CHECK(control.remove(p0).error().message == "RTNETLINK answers: No such device");
}

TEST_CASE_METHOD(Fixture, "while a worker stands still its port is neither stopped nor closed") {
  const InterfaceId p0 = add("p0");
  REQUIRE(control.set_up(p0, true));
  recorder.stuck = true;
  const std::string busy = "RTNETLINK answers: Device or resource busy";
  CHECK(control.set_mtu(p0, 9000).error().message == busy);
  CHECK(control.set_poller(p0, QueueId(0), WorkerId(1)).error().message == busy);
  CHECK(control.remove(p0).error().message == busy);
  CHECK(fake->running);
  fake->state = {.present = false};
  control.poll_links();
  CHECK(fake->running);
  recorder.read();
  recorder.stuck = false;
  control.poll_links();
  CHECK(recorder.read() == Words{"settle", "stop", "close"});
  CHECK(control.remove(p0));
}

TEST_CASE_METHOD(Fixture, "names are as Linux takes them, and ids go up") {
  add("p0");
  const auto attach = [&](const std::string& name) {
    const auto done = control.attach(name, std::make_unique<FakePort>(&recorder.diary));
    return done ? "" : done.error().message;
  };
  CHECK(attach("p0") == "RTNETLINK answers: File exists");
  for (const char* bad : {"", "a/b", "a b", "..", "sixteen-letters-", "all", "default"})
    CHECK_THAT(attach(bad), Catch::Contains("not a valid ifname"));
  CHECK(control.need("p9").error().message == "Cannot find device \"p9\"");
  REQUIRE(control.remove(control.find("p0")));
  CHECK(add("p0") == InterfaceId(3));
  CHECK(control.rename(InterfaceId(3), "lo").error().message == "RTNETLINK answers: File exists");
  REQUIRE(control.rename(InterfaceId(3), "wan"));
  CHECK(control.find("wan") == InterfaceId(3));
}

TEST_CASE_METHOD(Fixture, "255 interfaces, then no more; freed ids come again") {
  for (int i = 2; i <= 255; ++i) add(std::string("p").append(std::to_string(i)));
  CHECK(control.attach("one-more", std::make_unique<FakePort>(&recorder.diary)).error().message ==
        "no more than 255 interfaces");
  REQUIRE(control.remove(InterfaceId(77)));
  CHECK(add("again") == InterfaceId(77));
}

TEST_CASE_METHOD(Fixture, "a MAC address is a unicast one") {
  const InterfaceId p0 = add("p0");
  CHECK(control.set_mac(p0, kBroadcastMac).error().message == "RTNETLINK answers: Cannot assign requested address");
  CHECK(control.set_mac(p0, MacAddress()).error().message == "RTNETLINK answers: Cannot assign requested address");
  const MacAddress mac({2, 1, 1, 1, 1, 1});
  REQUIRE(control.set_mac(p0, mac));
  CHECK(control.build()[p0].mac_word == mac.word());
}

TEST_CASE_METHOD(Fixture, "queues are spread over the workers and can be moved") {
  const InterfaceId p0 = add("p0");
  CHECK(control.link(p0).pollers == std::vector{WorkerId(0), WorkerId(1)});
  REQUIRE(control.set_up(p0, true));
  recorder.read();
  REQUIRE(control.set_poller(p0, QueueId(1), WorkerId(0)));
  CHECK(recorder.read() == Words{"settle", "settle"});
  CHECK(control.ports().front().pollers == std::vector{WorkerId(0), WorkerId(0)});
  CHECK_FALSE(control.set_poller(p0, QueueId(2), WorkerId(0)));
  CHECK_FALSE(control.set_poller(p0, QueueId(0), WorkerId(2)));
}

TEST_CASE_METHOD(Fixture, "settings: all, default, and an interface's own") {
  const InterfaceId p0 = add("p0");
  InterfaceSettings all = *control.settings("all");
  all.rp_filter = 2;
  REQUIRE(control.change_settings("all", all));
  CHECK(control.build()[p0].settings.rp_filter == 2);
  InterfaceSettings usual = *control.settings("default");
  usual.rp_filter = 1;
  REQUIRE(control.change_settings("default", usual));
  CHECK(control.settings("p0")->rp_filter == 0);
  add("p1");
  CHECK(control.settings("p1")->rp_filter == 1);
  CHECK_FALSE(control.settings("p2"));
}

TEST_CASE_METHOD(Fixture, "forwarding for all is forwarding for each, and for those to come") {
  const InterfaceId p0 = add("p0");
  CHECK(control.build()[p0].settings.forwarding);
  control.set_forwarding(false);
  CHECK_FALSE(control.build()[p0].settings.forwarding);
  const InterfaceId p1 = add("p1");
  CHECK_FALSE(control.build()[p1].settings.forwarding);
  InterfaceSettings all = *control.settings("all");
  all.forwarding = true;
  REQUIRE(control.change_settings("all", all));
  CHECK(control.build()[p0].settings.forwarding);
}

TEST_CASE_METHOD(Fixture, "groups have listeners") {
  const InterfaceId p0 = add("p0");
  const Ipv4Address group{224, 0, 0, 5};
  control.join(p0, group);
  control.join(p0, group);
  control.leave(p0, group);
  CHECK(control.build().joined(p0, group));
  control.leave(p0, group);
  control.leave(p0, group);
  CHECK_FALSE(control.build().joined(p0, group));
}
