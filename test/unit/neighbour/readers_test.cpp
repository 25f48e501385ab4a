// SPDX-License-Identifier: BSD-3-Clause
// Readers search all the while one writer inserts and removes: what they find is never another neighbour's, and whoever stays
// is found again at once when a removal made a search miss it.
#include <catch2/catch.hpp>

#include <atomic>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "neighbour/neighbour_table.hpp"

namespace flyover::neighbour {
namespace {

constexpr uint32_t kStay = 50'000, kCome = 12'000;
constexpr int kTries = 1'000;  // far more than removals can fall into one search's way
constexpr InterfaceId kEast{1};

// The id tells the address, so a reader can judge each answer on its own.
Ipv4Address address_of(uint32_t id) { return Ipv4Address(0x0a000000 + id); }

bool found(const NeighbourTable& table, uint32_t id, std::atomic<uint64_t>& wrong) {
  const NeighbourId seen = table.find(kEast, address_of(id));
  if (seen != kNoNeighbour && seen != NeighbourId(id)) wrong.fetch_add(1, std::memory_order_relaxed);
  return seen != kNoNeighbour;
}

}  // namespace

TEST_CASE("readers find who stays and nobody else while neighbours come and go") {
  auto table = std::make_unique<NeighbourTable>();
  for (uint32_t id = 1; id <= kStay; ++id) table->insert(NeighbourId(id), kEast, address_of(id));

  std::atomic<bool> stop{false};
  std::atomic<uint64_t> wrong{0}, lost{0}, ghosts{0}, searches{0};
  auto read = [&](uint32_t seed) {
    std::mt19937 random(seed);
    while (!stop.load(std::memory_order_relaxed)) {
      const uint32_t id = 1 + random() % kStay;
      int tries = 0;
      while (tries < kTries && !found(*table, id, wrong)) ++tries;
      lost += tries == kTries;
      found(*table, kStay + 1 + random() % kCome, wrong);
      ghosts += table->find(kEast, address_of(0x100000 + random() % 0x100000)) != kNoNeighbour;
      searches.fetch_add(1, std::memory_order_relaxed);
    }
  };
  std::thread readers[] = {std::thread(read, 1), std::thread(read, 2)};
  while (searches.load() < 100) std::this_thread::yield();

  std::mt19937 random(7);
  std::vector<bool> here(kCome);
  for (int i = 0; i < OPERATIONS; ++i) {
    const uint32_t n = random() % kCome;
    if (here[n])
      table->remove(NeighbourId(kStay + 1 + n));
    else
      table->insert(NeighbourId(kStay + 1 + n), kEast, address_of(kStay + 1 + n));
    here[n] = !here[n];
  }
  stop = true;
  for (auto& r : readers) r.join();
  CHECK(wrong == 0);
  CHECK(lost == 0);
  CHECK(ghosts == 0);
  for (uint32_t n = 0; n < kCome; ++n)
    REQUIRE((table->find(kEast, address_of(kStay + 1 + n)) != kNoNeighbour) == here[n]);
}

}  // namespace flyover::neighbour
