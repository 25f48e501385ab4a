// SPDX-License-Identifier: BSD-3-Clause
// ARP, and packets that wait for it.
#include "case.hpp"

namespace flyover::test {

std::vector<Case> neighbour_cases() {
  using enum DropReason;
  return {
      {"a request for an own address",
       {"p0 < arp request 10.0.0.7 02:00:00:00:07:00 > 10.0.0.1 dmac bcast",
        "p0 > arp reply 10.0.0.1 02:00:00:00:00:00 > 10.0.0.7"},
       {}},
      {"for the address of another interface too",
       {"p0 < arp request 10.0.0.7 02:00:00:00:07:00 > 10.0.1.1 dmac bcast",
        "p0 > arp reply 10.0.1.1 02:00:00:00:00:00 > 10.0.0.7"},
       {}},
      {"for somebody else", {"p0 < arp request 10.0.0.7 02:00:00:00:07:00 > 10.0.0.8 dmac bcast"}, {{ArpIgnored, 1}}},
      {"an ARP packet for another kind of hardware",
       {"p0 < arp request 10.0.0.7 02:00:00:00:07:00 > 10.0.0.1 hw 7 dmac bcast"},
       {{ArpMalformed, 1}}},
      {"a packet waits for its next hop's MAC",
       {"p0 < udp 10.0.0.2 > 10.0.1.9", "p1 > arp request 10.0.1.1 02:00:00:00:00:01 > 10.0.1.9 dmac bcast",
        "p1 < arp reply 10.0.1.9 02:00:00:00:09:01 > 10.0.1.1", "p1 > udp 10.0.0.2 > 10.0.1.9 ttl 63"},
       {}},
      {"nobody answers three requests: host unreachable",
       {"p0 < udp 10.0.0.2 > 10.0.1.9", "p1 > arp request", "wait 1100", "p1 > arp request", "wait 1100",
        "p1 > arp request", "wait 1100",
        "p0 > icmp 10.0.0.1 > 10.0.0.2 ttl 64 tos 0xc0 len 56 3/1 quote udp 10.0.0.2 > 10.0.1.9 ttl 63"},
       {{NeighbourFailed, 1}}},
      {"256 short packets wait for a neighbour, the oldest go; a deleted neighbour is one that failed",
       {"p0 << 300 udp 10.0.0.2 > 10.0.1.9 len 40", "p1 > arp request", "! neigh del 10.0.1.9 dev p1", "p0 > icmp",
        "p0 > icmp", "p0 > icmp", "p0 > icmp", "p0 > icmp", "p0 > icmp"},
       {{NeighbourQueueFull, 44}, {NeighbourFailed, 256}}},
      {"the interface goes while a packet waits",
       {"p0 < udp 10.0.0.2 > 10.0.1.9", "p1 > arp request", "! link set p1 down"},
       {{Shutdown, 1}}},
      {"a static neighbour does not change by ARP",
       {"p1 < arp reply 10.0.1.2 02:00:00:00:09:09 > 10.0.1.1", "p0 < udp 10.0.0.2 > 10.0.1.2",
        "p1 > udp 10.0.0.2 > 10.0.1.2"},
       {{ArpIgnored, 1}}},
      {"more neighbours than gc_thresh3 allows",
       {"! set net.ipv4.neigh.default.gc_thresh3 1", "p0 < udp 10.0.0.2 > 10.0.1.8", "p1 > arp request",
        "p0 < udp 10.0.0.2 > 10.0.1.9", "! link set p1 down"},
       {{NeighbourTableFull, 1}, {Shutdown, 1}}},
      {"more proxy answers than may wait",
       {"! set net.ipv4.conf.p0.proxy_arp 1", "! set net.ipv4.neigh.p0.proxy_qlen 1",
        "p0 < arp request 10.0.0.7 02:00:00:00:07:00 > 20.0.0.1 dmac bcast",
        "p0 < arp request 10.0.0.7 02:00:00:00:07:00 > 20.0.0.2 dmac bcast",
        "p0 < arp request 10.0.0.7 02:00:00:00:07:00 > 20.0.0.3 dmac bcast", "wait 1000", "p0 > arp reply",
        "p0 > arp reply"},
       {{ArpQueueFull, 1}}},
  };
}

}  // namespace flyover::test
