// SPDX-License-Identifier: BSD-3-Clause
#include "devargs.hpp"

#include <catch2/catch.hpp>

using namespace flyover;
using port::Devargs;

TEST_CASE("device arguments are taken apart and put together again") {
  const auto text =
      GENERATE(as<std::string>{}, "0000:03:00.0", "net_af_packet0,iface=eth1,qpairs=2", "net_x,flag,a=b=c");
  const auto d = Devargs::parse(text);
  REQUIRE(d);
  CHECK(d->text() == text);
}

TEST_CASE("an argument without a key is named in the error") {
  CHECK(Devargs::parse("net_null0,").error().message == "\"net_null0,\": \"\" is not KEY=VALUE");
  CHECK(Devargs::parse("net_null0,=4").error().message == "\"net_null0,=4\": \"=4\" is not KEY=VALUE");
  CHECK_FALSE(Devargs::parse(",iface=eth0"));
  CHECK_FALSE(Devargs::parse(""));
}

TEST_CASE("af_packet gets a queue pair per receive queue and slots for its MTU") {
  auto d = *Devargs::parse("net_af_packet0,iface=eth1");
  SECTION("an ordinary MTU fits the driver's own slots") {
    port::complete_af_packet(d, 1500, 2);
    CHECK(d.text() == "net_af_packet0,iface=eth1,qpairs=2");
    CHECK(port::af_packet_frame_room(d) == 1968);
  }
  SECTION("a long MTU gets long slots") {
    port::complete_af_packet(d, 9216, 1);
    CHECK(d.text() == "net_af_packet0,iface=eth1,qpairs=1,framesz=10240,blocksz=20480");
    CHECK(port::af_packet_frame_room(d) >= 9216 + 14 + 8);
  }
  SECTION("what the user says stays") {
    d = *Devargs::parse("net_af_packet0,iface=eth1,qpairs=4,framesz=4096,blocksz=4096");
    port::complete_af_packet(d, 9000, 1);
    CHECK(d.text() == "net_af_packet0,iface=eth1,qpairs=4,framesz=4096,blocksz=4096");
  }
  SECTION("other devices are left alone") {
    d = *Devargs::parse("net_tap0,iface=tap0");
    port::complete_af_packet(d, 9000, 1);
    CHECK(d.text() == "net_tap0,iface=tap0");
    CHECK(port::af_packet_frame_room(d) == 0);
  }
}
