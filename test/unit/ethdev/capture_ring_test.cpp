// SPDX-License-Identifier: BSD-3-Clause
#include "capture_ring.hpp"

#include <catch2/catch.hpp>
#include <numeric>
#include <thread>
#include <vector>

using namespace flyover::port;

namespace {

// A record: its length in the first byte, then bytes that count up from there.
std::vector<uint8_t> record(uint8_t length) {
  std::vector<uint8_t> bytes(length);
  std::iota(bytes.begin(), bytes.end(), length);
  return bytes;
}

std::vector<uint8_t> take_record(CaptureRing& ring) {
  uint8_t length;
  ring.peek(&length, 1);
  std::vector<uint8_t> bytes(length);
  ring.peek(bytes.data(), length);
  ring.take(length);
  return bytes;
}

}  // namespace

TEST_CASE("records come out as they went in, over the end of the memory too") {
  CaptureRing ring(64);
  for (int round = 0; round < 1000; ++round) {
    const uint8_t length = static_cast<uint8_t>(1 + round % 60);
    const auto in = record(length);
    REQUIRE(ring.has_room(length));
    ring.put(in.data(), length / 2);
    ring.put(in.data() + length / 2, length - length / 2);
    CHECK(ring.begin() == ring.end());  // nobody sees half of it
    ring.publish();
    REQUIRE(ring.end() - ring.begin() == length);
    REQUIRE(take_record(ring) == in);
  }
}

TEST_CASE("what finds no room is refused, and fits again when there is some") {
  CaptureRing ring(50);  // 64
  const auto in = record(30);
  for (int i = 0; i < 2; ++i) {
    REQUIRE(ring.has_room(30));
    ring.put(in.data(), 30);
    ring.publish();
  }
  CHECK(ring.has_room(4));
  CHECK_FALSE(ring.has_room(5));
  CHECK_FALSE(ring.has_room(UINT32_MAX));
  take_record(ring);
  CHECK(ring.has_room(34));
  CHECK_FALSE(ring.has_room(35));
}

TEST_CASE("two threads pass records on without losing or mixing any") {
  constexpr uint32_t kRecords = 200'000;
  CaptureRing ring(256);
  std::thread writer([&] {
    for (uint32_t n = 0; n < kRecords;) {
      const auto in = record(static_cast<uint8_t>(1 + n % 97));
      const auto length = static_cast<uint32_t>(in.size());
      if (!ring.has_room(length)) {
        std::this_thread::yield();
        continue;
      }
      ring.put(in.data(), length);
      ring.publish();
      ++n;
    }
  });
  uint32_t wrong = 0;
  for (uint32_t n = 0; n < kRecords;) {
    if (ring.begin() == ring.end()) {
      std::this_thread::yield();
      continue;
    }
    wrong += take_record(ring) != record(static_cast<uint8_t>(1 + n++ % 97));
  }
  writer.join();
  CHECK(wrong == 0);
  CHECK(ring.begin() == ring.end());
}
