// SPDX-License-Identifier: BSD-3-Clause
#include "flyoverd/driver_interrupts.hpp"

#include <rte_alarm.h>

#include <catch2/catch.hpp>
#include <thread>

namespace flyover::daemon {
namespace {

constexpr int kInterrupts = 20;

struct Scene {
  dpdk::Rcu rcu{1};
  DriverInterrupts interrupts{rcu};
  std::atomic<bool> in_turn{false}, stop{false};
  std::atomic<uint64_t> turns{0}, handled{0}, met{0};

  void work() {
    rcu.online(WorkerId(0));
    while (!stop) {
      if (interrupts.at_work()) {
        rcu.quiescent(WorkerId(0));
        std::this_thread::yield();
        continue;
      }
      in_turn = true;
      std::this_thread::sleep_for(std::chrono::microseconds(200));
      in_turn = false;
      ++turns;
      rcu.quiescent(WorkerId(0));
    }
    rcu.offline(WorkerId(0));
  }
  static void handle(void* scene) {
    Scene& s = *static_cast<Scene*>(scene);
    for (int i = 0; i < 100; ++i) {
      s.met += s.in_turn;
      std::this_thread::sleep_for(std::chrono::microseconds(20));
    }
    ++s.handled;
  }
  template <class Until>
  static bool wait(Until until) {
    for (int i = 0; i < 30'000 && !until(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return until();
  }
};

}  // namespace

TEST_CASE("a driver's interrupt handler meets no worker in a turn, and the worker goes on behind it") {
  Scene scene;
  std::thread worker([&] { scene.work(); });
  bool all = true;
  for (uint64_t n = 1; n <= kInterrupts && all; ++n) {
    const uint64_t turns = scene.turns;
    all = Scene::wait([&] { return scene.turns > turns; }) && rte_eal_alarm_set(10, Scene::handle, &scene) == 0 &&
          Scene::wait([&] { return scene.handled == n; });
  }
  scene.stop = true;
  worker.join();
  CHECK(all);
  CHECK(scene.met == 0);
}

TEST_CASE("a worker that stands still holds up no interrupt handler for ever") {
  dpdk::Rcu rcu(1);
  DriverInterrupts interrupts(rcu);
  rcu.online(WorkerId(0));
  interrupts.begin();
  CHECK(interrupts.at_work());
  interrupts.end();
  CHECK_FALSE(interrupts.at_work());
  rcu.offline(WorkerId(0));
}

}  // namespace flyover::daemon
