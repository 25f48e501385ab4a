// SPDX-License-Identifier: BSD-3-Clause
// Fragmentation where the rows of journeys.rows do not reach: no mbufs, no room, datagrams that came in fragments.
#include "ipv4/fragment.hpp"

#include "journey.hpp"

using namespace flyover;
using namespace flyover::test;

namespace {

constexpr uint16_t kDf = Ipv4Header::kDontFragment;

Bytes datagram(uint16_t length, uint16_t field = 0, const char* to = "20.0.0.1", uint16_t id = 7) {
  Bytes bytes(length);
  for (size_t i = 20; i < length; ++i) bytes[i] = static_cast<uint8_t>(i * 7 + (i >> 8));
  auto& ip = *reinterpret_cast<Ipv4Header*>(bytes.data());
  ip.version_ihl = 0x45;
  ip.total_length = Be16(length);
  ip.id = Be16(id);
  ip.fragment = Be16(field);
  ip.ttl = 64;
  ip.protocol = 253;
  ip.source = ip4("10.64.7.7");
  ip.destination = ip4(to);
  set_ipv4_checksum(ip);
  return bytes;
}

// A datagram that waits to be cut, reassembled from fragments of at most `frag_max`.
void queue(Journey& j, const Bytes& bytes, uint16_t frag_max = 0, uint8_t passes = 0) {
  Packet p = j.packet(bytes);
  p.frag_max = frag_max;
  p.passes = passes;
  p.out = p.dst->out;
  enter(Lane::Fragment, p, j.worker);
}

const Ipv4Header& header(const Journey::Frame& f) { return *reinterpret_cast<const Ipv4Header*>(f.ip.data()); }

struct Again {
  const char* name;
  uint16_t length, field, frag_max;
  std::vector<uint16_t> lengths;  // of what leaves
  uint16_t flags;                 // of the first that leaves
};

}  // namespace

TEST_CASE("a datagram that came in fragments leaves in fragments no longer than those", "[fragment]") {
  constexpr uint16_t more = Ipv4Header::kMoreFragments;
  const std::vector<Again> rows = {
      {"shorter ones came", 1200, 0, 820, {820, 400}, more},
      {"shorter ones came, DF was in the longest", 1200, kDf, 820, {820, 400}, kDf | more},
      {"longer ones came", 2000, 0, 1800, {1500, 520}, more},
      {"longer ones came, DF was in the longest", 2000, kDf, 1800, {576}, 0},
      {"as long as the path takes", 2000, kDf, 1500, {1500, 520}, kDf | more},
      {"it fits as it is", 800, 0, 820, {800}, 0},
      {"no multiple of 8", 1000, 0, 607, {604, 416}, more},
  };
  for (const Again& row : rows) {
    INFO(row.name);
    Journey j;
    queue(j, datagram(row.length, row.field), row.frag_max);
    j.settle();
    REQUIRE(j.frames.size() == row.lengths.size());
    for (size_t i = 0; i < row.lengths.size(); ++i) CHECK(j.frames[i].ip.size() == row.lengths[i]);
    CHECK((header(j.frames[0]).fragment.host() & 0xe000) == row.flags);
    j.check_conservation();
  }
}

TEST_CASE("no mbufs for all fragments: none leaves", "[fragment]") {
  Journey j;
  queue(j, datagram(9000));
  std::vector<rte_mbuf*> taken(j.pool.capacity() - j.pool.in_use() - 4);
  REQUIRE(rte_pktmbuf_alloc_bulk(j.pool.raw(), taken.data(), static_cast<unsigned>(taken.size())) == 0);
  j.settle();
  CHECK(j.frames.empty());
  CHECK(j.dropped(DropReason::NoBuffer) == 1);
  rte_pktmbuf_free_bulk(taken.data(), static_cast<unsigned>(taken.size()));
  j.check_conservation();
}

TEST_CASE("fragments longer than an mbuf lie in several", "[fragment]") {
  Journey j;
  j.gateway("50.0.0.0/8", "10.0.1.2", 1, 5000);
  const Bytes sent = datagram(9000, 0, "50.0.0.1");
  queue(j, sent);
  j.settle();
  REQUIRE(j.frames.size() == 2);
  CHECK(j.frames[0].ip.size() == 4996);
  CHECK(j.frames[1].ip.size() == 20 + 9000 - 4996);
  CHECK(j.frames[1].segments > 1);
  Bytes joined(j.frames[0].ip.begin() + 20, j.frames[0].ip.end());
  joined.insert(joined.end(), j.frames[1].ip.begin() + 20, j.frames[1].ip.end());
  CHECK(joined == Bytes(sent.begin() + 20, sent.end()));
  j.check_conservation();
}

TEST_CASE("a path on which no fragment has room for data", "[fragment]") {
  for (uint16_t mtu : {0, 20, 27}) {
    Journey j;
    j.gateway("50.0.0.0/8", "10.0.1.2", 1, mtu);
    queue(j, datagram(100, 0, "50.0.0.1"));
    j.settle();
    CHECK(j.frames.empty());
    CHECK(j.dropped(DropReason::FragmentFailed) == 1);
    j.check_conservation();
  }
}

TEST_CASE("more fragments than a lane holds", "[fragment]") {
  Journey j;
  j.gateway("50.0.0.0/8", "10.0.1.2", 1, 28);
  queue(j, datagram(20 + 8 * 512, 0, "50.0.0.1"));
  j.settle();
  CHECK(j.frames.size() == 512);
  queue(j, datagram(20 + 8 * 513, 0, "50.0.0.1"));
  j.settle();
  CHECK(j.dropped(DropReason::FragmentFailed) == 1);
  j.check_conservation();
}

TEST_CASE("the last lane that a datagram may pass is no place to cut it for another one", "[fragment]") {
  Journey j;
  j.gateway("50.0.0.0/8", "10.0.1.2", 1, 68);
  queue(j, datagram(9000, 0, "50.0.0.1"), 0, Worker::kMaxPasses - 1);
  j.settle();
  CHECK(j.frames.empty());
  CHECK(j.dropped(DropReason::LoopLimit) == 1);
  CHECK(j.worker.counters.fragments_made == 0);
  queue(j, datagram(2000), 0, Worker::kMaxPasses - 1);
  j.settle();
  CHECK(j.frames.size() == 2);
  j.check_conservation();
}

TEST_CASE("many datagrams at once: all fragments, in order", "[fragment]") {
  for (const auto& [count, length, each] : {std::tuple{64, 2000, 2}, {40, 9000, 7}, {12, 17000, 12}}) {
    INFO(count << " datagrams of " << length);
    Journey j;
    for (int i = 0; i < count; ++i)
      queue(j, datagram(static_cast<uint16_t>(length), 0, "20.0.0.1", static_cast<uint16_t>(i + 1)));
    j.settle();
    REQUIRE(j.frames.size() == static_cast<size_t>(count * each));
    for (size_t i = 0; i < j.frames.size(); ++i) {
      CHECK(header(j.frames[i]).id.host() == i / static_cast<size_t>(each) + 1);
      CHECK(header(j.frames[i]).fragment_offset() == i % static_cast<size_t>(each) * 1480);
    }
    CHECK(j.worker.counters.fragmented == static_cast<uint64_t>(count));
    CHECK(j.worker.counters.fragments_made == j.frames.size());
    CHECK(j.worker.counters.dropped() == 0);
    j.check_conservation();
  }
}
