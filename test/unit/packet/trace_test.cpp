// SPDX-License-Identifier: BSD-3-Clause
#include "packet/trace.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

using namespace flyover;

TEST_CASE("as many packets as were asked for are traced, and numbered from where it was said") {
  Trace trace;
  trace.arm(2, {.protocol = 17}, 0xfffe);
  const Ipv4Header udp{.protocol = 17}, tcp{.protocol = 6};
  CHECK(trace.begin({}, &tcp) == 0);
  CHECK(trace.begin({}, &udp) == 0xffff);
  CHECK(trace.begin({}, &udp) == 1);  // 0 is no number
  CHECK(trace.begin({}, &udp) == 0);
}

TEST_CASE("a trace that ends while a packet begins has ended") {
  Trace trace;
  std::atomic<bool> stop{false};
  std::atomic<uint64_t> turns{0}, begun{0};
  std::thread worker([&] {
    const Ipv4Header ip{.protocol = 17};
    for (; !stop; ++turns) begun += trace.begin(InterfaceId(2), &ip) != 0;
  });
  const auto pass = [&] {                                 // what was going on is over, and something new went on
    std::atomic_thread_fence(std::memory_order_seq_cst);  // our end is in memory before we look how far the worker is
    for (const uint64_t until = turns + 2; turns < until;) std::this_thread::yield();
  };
  uint64_t late = 0;
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(300);
  for (int i = 0; std::chrono::steady_clock::now() < end; ++i) {
    trace.arm(1, {.in = InterfaceId(2), .protocol = static_cast<uint8_t>(i % 2 ? 17 : 0)});
    trace.follow(false);
    pass();
    const uint64_t before = begun;
    pass();
    late += begun - before;
  }
  stop = true;
  worker.join();
  CHECK(late == 0);
}
