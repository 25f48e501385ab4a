// SPDX-License-Identifier: BSD-3-Clause
// Purpose    : the whole pipeline behind tables made by hand, frames in and frames out
// Guarantees : those of Router; what is sent is kept in order
#pragma once

#include "ipv4/pipeline.hpp"
#include "ipv4/worker_turn.hpp"
#include "neighbour/neighbour_table.hpp"
#include "router.hpp"

namespace flyover::test {

inline constexpr uint32_t kNoon = 43'200'000;  // what the router's clock says, ms of the day

// The bytes behind "45~START,SIZE~6f": hex digits, and pieces of the pattern of test/oracle/frames.py.
inline Bytes from_row(const std::string& text) {
  Bytes bytes;
  for (size_t at = 0; at < text.size();) {
    if (text[at] != '~') {
      bytes.push_back(static_cast<uint8_t>(std::stoi(text.substr(at, 2), nullptr, 16)));
      at += 2;
      continue;
    }
    const size_t comma = text.find(',', at), end = text.find('~', comma);
    const auto start = std::stoul(text.substr(at + 1)), size = std::stoul(text.substr(comma + 1));
    for (size_t i = start; i < start + size; ++i) bytes.push_back(static_cast<uint8_t>(i * 7 + (i >> 8)));
    at = end + 1;
  }
  return bytes;
}

// A packet as rows have it: what the router itself says has no identification.
inline Bytes steady(Bytes ip) {
  auto& header = *reinterpret_cast<Ipv4Header*>(ip.data());
  CHECK(ipv4_checksum_ok(header));
  for (const char* own : {"10.0.0.1", "10.0.1.1", "10.0.2.1"})
    if (header.source == ip4(own)) {
      header.id = Be16();
      set_ipv4_checksum(header);
    }
  return ip;
}

class Journey : public Router {
 public:
  struct Frame {
    int port;
    Bytes ip;
    uint16_t segments;
  };
  std::vector<Frame> frames;
  neighbour::NeighbourTable neighbours;

  Journey() {
    const char* peers[][2] = {{"10.0.0.2", "10.0.0.3"}, {"10.0.1.2", "10.0.1.3"}, {"10.0.2.2", "10.0.2.3"}};
    uint32_t slot = 1;
    for (int port = 0; port < 3; ++port) {
      auto entry = interfaces[kPort[port]];
      entry.mac_word = mac_of(port).word();
      entry.mtu = port == 2 ? 900 : 9000;
      entry.settings.accept_source_route = false;
      interfaces.set(kPort[port], entry, {interfaces.addresses(kPort[port])[0]}, {ip4("224.0.0.1")});
      sinks[port] = {this, port};
      worker.tx[kPort[port].value()].sink = {&Journey::keep_frame, &sinks[port]};
      for (const char* peer : peers[port]) {
        neighbours.insert(NeighbourId(slot), kPort[port], ip4(peer));
        neighbours.at(NeighbourId(slot++)).word = 0x020000000a02 | neighbour::NeighbourEntry::kUsable;
      }
    }
    snapshot.neighbours = &neighbours;
    snapshot.settings.icmp_ratemask = 0;
    snapshot.utc_offset_ms = kNoon - static_cast<int64_t>(worker.now_ms);
  }

  static MacAddress mac_of(int port) { return MacAddress({2, 0, 0, 0, 1, static_cast<uint8_t>(port)}); }

  // One frame around these bytes, in segments of at most `segment` bytes, and all that becomes of it.
  void send(const Bytes& ip, int port = 0, MacAddress to = mac_of(0), size_t segment = 1800) {
    Packet p = packet(ip, kPort[port], L2Kind::Host, segment);
    --worker.counters.received;  // counted again when it is received
    *rte_pktmbuf_mtod(p.mbuf, EthernetHeader*) = {to, MacAddress({2, 0, 0, 0, 0, 9}), ethertype::kIpv4};
    ipv4::receive(worker, &p.mbuf, 1, kPort[port]);
    settle();
  }
  void settle() {
    pipeline::drain_lanes(worker);
    flush_all(worker);
    bury(worker);
  }

 private:
  struct Sink {
    Journey* journey;
    int port;
  };
  std::array<Sink, 3> sinks;

  static uint16_t keep_frame(void* context, rte_mbuf** mbufs, uint16_t count) noexcept {
    const Sink& sink = *static_cast<Sink*>(context);
    for (uint16_t i = 0; i < count; ++i) {
      Bytes bytes(mbufs[i]->pkt_len);
      const void* at = rte_pktmbuf_read(mbufs[i], 0, mbufs[i]->pkt_len, bytes.data());
      CHECK(at != nullptr);
      if (at != bytes.data()) std::copy_n(static_cast<const uint8_t*>(at), bytes.size(), bytes.data());
      bytes.erase(bytes.begin(), bytes.begin() + sizeof(EthernetHeader));
      sink.journey->frames.push_back({sink.port, bytes, mbufs[i]->nb_segs});
      rte_pktmbuf_free(mbufs[i]);
    }
    return count;
  }
};

}  // namespace flyover::test
