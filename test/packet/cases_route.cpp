// SPDX-License-Identifier: BSD-3-Clause
// What a route lookup decides, and the errors that are owed.
#include "case.hpp"

namespace flyover::test {

std::vector<Case> route_cases() {
  using enum DropReason;
  return {
      {"no route: net unreachable, quoting the packet as it came",
       {"p0 < udp 10.0.0.2 > 40.0.0.1",
        "p0 > icmp 10.0.0.1 > 10.0.0.2 ttl 64 tos 0xc0 len 56 3/0 quote udp 10.0.0.2 > 40.0.0.1 ttl 64"},
       {{NoRoute, 1}}},
      {"an unreachable route: host unreachable",
       {"! route add unreachable 40.0.0.0/8", "p0 < udp 10.0.0.2 > 40.0.0.1",
        "p0 > icmp 10.0.0.1 > 10.0.0.2 ttl 64 tos 0xc0 len 56 3/1"},
       {{HostUnreachable, 1}}},
      {"a prohibit route: administratively prohibited",
       {"! route add prohibit 40.0.0.0/8", "p0 < udp 10.0.0.2 > 40.0.0.1",
        "p0 > icmp 10.0.0.1 > 10.0.0.2 ttl 64 tos 0xc0 len 56 3/13"},
       {{Prohibit, 1}}},
      {"a blackhole route: silence",
       {"! route add blackhole 40.0.0.0/8", "p0 < udp 10.0.0.2 > 40.0.0.1"},
       {{Blackhole, 1}}},
      {"a throw route: as if there were none",
       {"! route add throw 20.1.0.0/16", "p0 < udp 10.0.0.2 > 20.1.0.1",
        "p0 > icmp 10.0.0.1 > 10.0.0.2 ttl 64 tos 0xc0 len 56 3/0"},
       {{NoRoute, 1}}},
      {"the default table comes after a throw",
       {"! route add throw 20.1.0.0/16", "! route add default via 10.0.2.2 table default",
        "p0 < udp 10.0.0.2 > 20.1.0.1", "p2 > udp 10.0.0.2 > 20.1.0.1 ttl 63"},
       {}},
      {"the longest prefix wins",
       {"! route add 20.1.0.0/16 via 10.0.2.2", "p0 < udp 10.0.0.2 > 20.1.0.1", "p2 > udp",
        "p0 < udp 10.0.0.2 > 20.2.0.1", "p1 > udp"},
       {}},
      {"the lowest metric wins, and the next takes over",
       {"! route add 40.0.0.0/8 via 10.0.2.2 metric 10", "! route add 40.0.0.0/8 via 10.0.1.2 metric 5",
        "p0 < udp 10.0.0.2 > 40.0.0.1", "p1 > udp", "! route del 40.0.0.0/8 metric 5", "p0 < udp 10.0.0.2 > 40.0.0.1",
        "p2 > udp"},
       {}},
      {"replace is one step",
       {"! route replace 20.0.0.0/8 via 10.0.2.2", "p0 < udp 10.0.0.2 > 20.0.0.1",
        "p2 > udp 10.0.0.2 > 20.0.0.1 ttl 63"},
       {}},
      {"a next router beyond every subnet, taken on the word of onlink",
       {"! route add 40.0.0.0/8 via 99.0.0.1 dev p1 onlink",
        "! neigh add 99.0.0.1 lladdr 02:00:00:00:02:01 dev p1 nud permanent", "p0 < udp 10.0.0.2 > 40.0.0.1",
        "p1 > udp 10.0.0.2 > 40.0.0.1 ttl 63"},
       {}},
      {"a class E destination is routed as any other",
       {"p0 < udp 10.0.0.2 > 240.0.0.1", "p0 > icmp 10.0.0.1 > 10.0.0.2 ttl 64 tos 0xc0 len 56 3/0"},
       {{NoRoute, 1}}},
      {"the subnet's broadcast address of another interface is not forwarded",
       {"p0 < udp 10.0.0.2 > 10.0.1.255"},
       {{ProtocolIgnored, 0}, {PortUnreachable, 1}}},
      {"errors of error routes are rare: two for one sender",
       {"p0 < udp 10.0.0.2 > 40.0.0.1", "p0 > icmp", "p0 < udp 10.0.0.2 > 40.0.0.1", "p0 > icmp",
        "p0 < udp 10.0.0.2 > 40.0.0.1", "p0 < udp 10.0.0.2 > 40.0.0.1"},
       {{NoRoute, 4}}},
  };
}

}  // namespace flyover::test
