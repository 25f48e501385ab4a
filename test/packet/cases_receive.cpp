// SPDX-License-Identifier: BSD-3-Clause
// From the wire to the route lookup: Ethernet, the IPv4 header, martians.
#include "case.hpp"

namespace flyover::test {

std::vector<Case> receive_cases() {
  using enum DropReason;
  return {
      {"a frame shorter than an Ethernet header", {"p0 < udp 10.0.0.2 > 10.0.1.2 cut 13"}, {{RuntFrame, 1}}},
      {"a frame for another host", {"p0 < udp 10.0.0.2 > 10.0.1.2 dmac other"}, {{OtherHost, 1}}},
      {"an Ethernet type that nobody handles", {"p0 < udp 10.0.0.2 > 10.0.1.2 ether 0x86dd"}, {{UnknownEthertype, 1}}},
      {"a VLAN that is not there", {"p0 < udp 10.0.0.2 > 10.0.1.2 vlan 5"}, {{UnknownVlan, 1}}},
      {"a priority tag is taken off",
       {"p0 < udp 10.0.0.2 > 10.0.1.2 vlan 0", "p1 > udp 10.0.0.2 > 10.0.1.2 ttl 63"},
       {}},
      {"a frame that arrives on an interface that is down",
       {"! link set p0 down", "p0 < udp 10.0.0.2 > 10.0.1.2"},
       {{InterfaceDown, 1}}},
      {"a frame too short for an IPv4 header", {"p0 < udp 10.0.0.2 > 10.0.1.2 cut 33"}, {{IpTooShort, 1}}},
      {"IP version 5", {"p0 < udp 10.0.0.2 > 10.0.1.2 ver 5"}, {{IpVersion, 1}}},
      {"a header of 16 bytes", {"p0 < udp 10.0.0.2 > 10.0.1.2 ihl 4"}, {{IpHeaderLength, 1}}},
      {"a header longer than the frame", {"p0 < udp 10.0.0.2 > 10.0.1.2 ihl 15"}, {{IpHeaderLength, 1}}},
      {"a wrong header checksum", {"p0 < udp 10.0.0.2 > 10.0.1.2 badsum"}, {{IpChecksum, 1}}},
      {"a total length beyond the frame", {"p0 < udp 10.0.0.2 > 10.0.1.2 len 100 totlen 101"}, {{IpTruncated, 1}}},
      {"a total length below the header's", {"p0 < udp 10.0.0.2 > 10.0.1.2 len 100 totlen 19"}, {{IpTotalLength, 1}}},
      {"padding is cut off",
       {"p0 < udp 10.0.0.2 > 10.0.1.2 len 30 pad 16", "p1 > udp 10.0.0.2 > 10.0.1.2 ttl 63 len 30"},
       {}},
      {"a long frame in several mbufs, with padding in the last",
       {"! link set p0 mtu 9000", "! link set p1 mtu 9000", "p0 < udp 10.0.0.2 > 10.0.1.2 len 5000 pad 700",
        "p1 > udp 10.0.0.2 > 10.0.1.2 ttl 63 len 5000"},
       {}},
      {"an option longer than the header earns a parameter problem",
       {"p0 < udp 10.0.0.2 > 10.0.1.2 opt 07ff0400", "p0 > icmp 10.0.0.1 > 10.0.0.2 ttl 64 tos 0xc0"},
       {{IpOptionInvalid, 1}}},
      {"a source route is not accepted", {"p0 < udp 10.0.0.2 > 10.0.1.2 opt 8307040a000102"}, {{SourceRouted, 1}}},
      {"unicast to be forwarded in a broadcast frame",
       {"p0 < udp 10.0.0.2 > 10.0.1.2 dmac bcast"},
       {{UnicastInL2Multicast, 1}}},
      {"unicast to be forwarded in a multicast frame, though its TTL is over",
       {"p0 < udp 10.0.0.2 > 10.0.1.2 dmac mcast ttl 1"},
       {{UnicastInL2Multicast, 1}}},
      {"source 0.0.0.0", {"p0 < udp 0.0.0.0 > 10.0.1.2"}, {{MartianSource, 1}}},
      {"source loopback", {"p0 < udp 127.0.0.1 > 10.0.1.2"}, {{MartianSource, 1}}},
      {"source multicast", {"p0 < udp 224.1.1.1 > 10.0.1.2"}, {{MartianSource, 1}}},
      {"source limited broadcast", {"p0 < udp 255.255.255.255 > 10.0.1.2"}, {{MartianSource, 1}}},
      {"source class E is an ordinary one", {"p0 < udp 240.1.1.1 > 10.0.1.2", "p1 > udp 240.1.1.1 > 10.0.1.2"}, {}},
      {"source an own address", {"p0 < udp 10.0.0.1 > 10.0.1.2"}, {{LocalSource, 1}}},
      {"source an own address of another interface", {"p0 < udp 10.0.1.1 > 10.0.1.2"}, {{LocalSource, 1}}},
      {"destination loopback", {"p0 < udp 10.0.0.2 > 127.0.0.1"}, {{MartianDestination, 1}}},
      {"destination 0.0.0.0", {"p0 < udp 10.0.0.2 > 0.0.0.0"}, {{MartianDestination, 1}}},
      {"a group that nobody has joined", {"p0 < udp 10.0.0.2 > 239.1.1.1 dmac mcast"}, {{MulticastNotJoined, 1}}},
      {"strict reverse path: the source is behind another interface",
       {"! set net.ipv4.conf.all.rp_filter 1", "p0 < udp 20.0.0.1 > 30.0.0.1"},
       {{ReversePathFilter, 1}}},
      {"loose reverse path: any route will do",
       {"! set net.ipv4.conf.all.rp_filter 2", "p0 < udp 20.0.0.1 > 30.0.0.1", "p2 > udp 20.0.0.1 > 30.0.0.1 ttl 63"},
       {}},
      {"loose reverse path: no route at all",
       {"! set net.ipv4.conf.all.rp_filter 2", "p0 < udp 50.0.0.1 > 30.0.0.1"},
       {{ReversePathFilter, 1}}},
      {"forwarding is off on the interface",
       {"! set net.ipv4.conf.p0.forwarding 0", "p0 < udp 10.0.0.2 > 10.0.1.2"},
       {{ForwardingOff, 1}}},
  };
}

}  // namespace flyover::test
