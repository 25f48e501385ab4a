// SPDX-License-Identifier: BSD-3-Clause
#include "packet/peer_table.hpp"

#include <catch2/catch.hpp>
#include <vector>

using namespace flyover;

TEST_CASE("a peer is remembered until others push it out of its set") {
  PeerTable peers;
  const Ipv4Address peer(10, 0, 0, 1);
  CHECK(peers.at(peer, 100).tokens == 0);
  peers.at(peer, 100).tokens = 7;
  CHECK(peers.at(peer, 200).tokens == 7);
  for (uint32_t i = 0; i < 1 << 20; ++i) peers.at(Ipv4Address(0x0b000000 + i), 300);
  CHECK(peers.at(peer, 400).tokens == 0);
}

// Sources that somebody has chosen so that one multiplication puts them where their victim is, for one table or another.
TEST_CASE("nobody outside can tell which peers share a set") {
  const Ipv4Address victim(10, 0, 0, 1);
  const uint32_t multiplier = GENERATE(0x9e3779b1U, 1U, 0x01000193U);
  const auto set_of = [&](Ipv4Address a) { return (a.raw() * multiplier) >> 20; };
  std::vector<Ipv4Address> chosen;
  for (uint32_t i = 0; chosen.size() < 8; ++i)
    if (const auto a = Ipv4Address(0x0b000000 + i); set_of(a) == set_of(victim)) chosen.push_back(a);
  for (int tables = 0; tables < 20; ++tables) {
    PeerTable peers;
    peers.at(victim, 100).tokens = 7;
    for (const Ipv4Address a : chosen) peers.at(a, 200);
    CHECK(peers.at(victim, 300).tokens == 7);
  }
}
