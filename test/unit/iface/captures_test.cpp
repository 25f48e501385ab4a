// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <catch2/catch.hpp>

#include "recorder.hpp"

using namespace flyover;
using namespace flyover::iface;
using Words = std::vector<std::string>;

namespace {

struct CaptureFixture : Fixture {
  InterfaceId p0 = add("p0");
  CaptureFixture() { REQUIRE(control.set_up(p0, true)); }
  void begin() {
    recorder.read();
    REQUIRE(control.begin_capture(p0, "/x.pcapng", 5));
    CHECK(recorder.read() == Words{"capture p0 /x.pcapng 5", "attach"});
  }
  std::string state() {
    const auto view = control.capture(p0);
    return !view ? "none" : view->state.ended ? "ended" : "running";
  }
};
const std::string kLine = "log p0: captured 3 frame(s) into /x.pcapng";

}  // namespace

TEST_CASE_METHOD(CaptureFixture, "a capture is ended when no worker copies any more") {
  CHECK(state() == "none");
  CHECK(control.end_capture(p0).error().message == "Error: p0 is not being captured.");
  begin();
  CHECK(state() == "running");
  CHECK(control.begin_capture(p0, "/y.pcapng", 0).error().message ==
        "Error: p0 is being captured into /x.pcapng already.");
  fake->captured->now = {.written = 3, .lost = 2};
  REQUIRE(control.end_capture(p0));
  CHECK(recorder.read() == Words{"detach", "settle", "detach", "end", "destroy", kLine + ", lost 2"});
  CHECK(state() == "ended");
  CHECK(control.capture(p0)->state.written == 3);
  CHECK(control.capture(p0)->count == 5);
  begin();
}

TEST_CASE_METHOD(CaptureFixture, "a capture that came to its end is taken away without a command") {
  begin();
  control.poll_captures();
  CHECK(recorder.read().empty());
  fake->captured->now = {.ended = true, .written = 3, .error = "No space left on device"};
  CHECK(state() == "ended");
  control.poll_captures();
  control.poll_captures();
  CHECK(recorder.read() == Words{"detach", "settle", "detach", "end", "destroy", kLine + ": No space left on device"});
  CHECK_FALSE(control.end_capture(p0));
}

TEST_CASE_METHOD(CaptureFixture, "while a worker stands still its capture is kept, and is waited for once") {
  begin();
  recorder.stuck = true;
  CHECK(control.end_capture(p0).error().message == "RTNETLINK answers: Device or resource busy");
  fake->captured->now = {.ended = true, .written = 3};
  recorder.read();
  control.poll_captures();
  control.poll_captures();
  CHECK(recorder.read() == Words{"detach", "settle"});
  recorder.stuck = false;
  REQUIRE(control.begin_capture(p0, "/y.pcapng", 0));
  CHECK(state() == "running");
}

TEST_CASE_METHOD(CaptureFixture, "one that does not attach is gone again") {
  fake->captures = false;
  CHECK(control.begin_capture(p0, "/x.pcapng", 0).error().message == "no");
  CHECK(state() == "ended");
}

TEST_CASE_METHOD(CaptureFixture, "the port's end is the capture's end, before it") {
  begin();
  fake->captured->now.written = 3;
  SECTION("removed") {
    REQUIRE(control.remove(p0));
    const Words diary = recorder.read();
    CHECK(std::find(diary.begin(), diary.end(), "close") > std::find(diary.begin(), diary.end(), "destroy"));
    CHECK(state() == "none");
  }
  SECTION("its device goes") {
    fake->state = {.present = false};
    control.poll_links();
    CHECK(recorder.read() == Words{"log p0: its device fake0 has gone", "down 2", "settle", "detach", "end", "destroy",
                                   kLine, "stop", "close"});
    CHECK(control.begin_capture(p0, "/x.pcapng", 0).error().message ==
          "Error: p0 has no device whose frames could be captured.");
  }
  SECTION("an MTU that it takes as it is changes nothing") {
    REQUIRE(control.set_mtu(p0, 1400));
    CHECK(state() == "running");
  }
  SECTION("an MTU for which it is set up anew") {
    REQUIRE(control.set_mtu(p0, 9000));
    CHECK(recorder.read() ==
          Words{"settle", "stop", "detach", "settle", "detach", "end", "destroy", kLine, "start", "settle", "mtu 2"});
  }
  SECTION("the same while it is down") {
    REQUIRE(control.set_up(p0, false));
    CHECK(state() == "running");
    REQUIRE(control.set_mtu(p0, 9000));
    CHECK(state() == "ended");
  }
  SECTION("the router's end") {
    control.shut_down();
    CHECK(recorder.read() == Words{"detach", "end", "destroy", kLine});
  }
}
