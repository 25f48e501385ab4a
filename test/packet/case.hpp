// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : a packet case: a row of data
// The router of a case has, before its own lines: p0 10.0.0.1/24, p1 10.0.1.1/24, p2 10.0.2.1/24 with MTU 900; static neighbours
// 10.0.0.2, 10.0.1.2, 10.0.2.2; routes 20.0.0.0/8 via 10.0.1.2, 30.0.0.0/8 via 10.0.2.2.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "packet/reasons.hpp"

namespace flyover::test {

class TestRouter;

struct Case {
  std::string name;
  // In order:  "! route add ..."   a command
  //            "p0 < udp ..."      this frame comes in (words: frame_text.hpp)
  //            "p1 > udp ..."      this must go out next; the decoded frame must begin with these words
  //            "p0 << N udp ..."   N of them at once, before the control thread comes to look
  //            "wait 1000"         milliseconds
  //            "full p1", "room p1", "down p1", "back p1"   the transmit queue is full, or not; carrier lost, or back
  // What went out and is not expected fails the case.
  std::vector<std::string> script;
  std::vector<std::pair<DropReason, int>> drops;  // all of them, exactly
  // What no script can say: called before the script.
  std::function<void(TestRouter&)> play = nullptr;
};

std::vector<Case> receive_cases();
std::vector<Case> route_cases();
std::vector<Case> forward_cases();
std::vector<Case> local_cases();
std::vector<Case> neighbour_cases();
std::vector<Case> overload_cases();

}  // namespace flyover::test
