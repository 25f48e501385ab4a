# SPDX-License-Identifier: BSD-3-Clause
"""The same words to `ip` in one namespace and to flyover in another: what they answer, side by side."""
import json
import re

from net import run

# Each row is run in both, in this order. Status and every line must be equal; where only the number of the link and the other
# end of a veth pair differ, they are taken out.
ROWS = """
addr add 10.0.0.1/24 dev p0
addr add 10.0.0.1/24 dev p0
addr add 10.0.0.2/24 dev p0
addr add 10.0.0.300/24 dev p0
addr add 10.0.0.3/33 dev p0
addr add 10.0.0.3/24 dev nope
addr add 10.0.0.3/24
addr del 10.9.9.9/24 dev p0
addr add 10.0.1.1 peer 10.0.1.2 dev p1
addr add 10.0.2.1/24 brd + dev p1
addr add 10.0.3.1/24 broadcast 10.0.3.255 dev p1 scope link
link set p0 up
link set p1 up
addr show dev p0
addr show p1
-j addr show p0
-j addr show p1
-o addr show dev p1
-br addr show dev p1
link show p0
-j link show p0
-s link show p0
-br link show dev p0
link set nope up
link set p0 mtu 50
link set p0 mtu 99999
link show nope
route add 20.0.0.0/8 via 10.0.0.5
route add 20.0.0.0/8 via 10.0.0.5
route add 21.0.0.0/8 via 99.0.0.5
route add 22.0.0.0/8 dev p1 metric 10
route add 22.0.0.0/8 dev p0 metric 20
route add 23.0.0.1 via 10.0.0.6 dev p0 src 10.0.0.2 mtu 1400
route add 24.0.0.0/8 via 10.0.0.5 src 99.1.1.1
route add blackhole 25.0.0.0/8
route add unreachable 26.0.0.0/8 metric 5
route add prohibit 27.0.0.0/8
route add throw 28.0.0.0/8
route add local 29.0.0.1 dev p0
route add 30.0.0.1/8 via 10.0.0.5
route add 31.0.0.0/8 via 77.0.0.1 dev p0 onlink
route add 32.0.0.0/8 via 10.0.0.5 table 100
route add default via 10.0.0.7
route add 33.0.0.0/8 via 10.0.0.5 proto static
route add 34.0.0.0/8 via 10.0.0.1
route add 35.0.0.0/8 via 10.0.0.255
route add 36.0.0.0/8 via 10.0.0.5 mtu lock 1300
route add 37.0.0.0/8 via 10.0.0.5 dev p1
route replace 20.0.0.0/8 via 10.0.0.8
route change 99.0.0.0/8 via 10.0.0.8
route append 20.0.0.0/8 via 10.0.0.9
route prepend 20.0.0.0/8 via 10.0.0.10
route del 98.0.0.0/8
route add 40.0.0.0/8
route show
-j route show 23.0.0.1
-j route show table 100
route show table 100
route show 20.0.0.0/8
route show dev p1
route show type blackhole
route show table local dev p0
route get 20.1.1.1
-j route get 20.1.1.1
route get 25.1.1.1
route get 26.1.1.1
route get 27.1.1.1
route get 10.0.0.1
route get 10.0.0.99
route get 10.0.0.255
route get 23.0.0.1
route get 1.2.3.400
route get 20.1.1.1 from 10.0.0.1
route add 50.0.0.0/8 tos 0x10 via 10.0.0.5
route add 50.0.0.0/8 tos 0x10 via 10.0.0.6
route add 50.0.0.0/8 tos 0xb8 via 10.0.0.7
route add 50.0.0.0/8 dsfield EF via 10.0.0.7 metric 9
route add 50.0.0.0/8 via 10.0.0.8
route add 50.0.0.0/8 tos 3 via 10.0.0.8
route add 50.0.0.0/8 tos 0x100 via 10.0.0.8
route show 50.0.0.0/8
-j route show 50.0.0.0/8
route show tos 0x10
route get 50.1.1.1 tos 0x10
-j route get 50.1.1.1 tos 0xf0
route get 50.1.1.1 tos 0xb8
route del 50.0.0.0/8 tos 0x08
route del 50.0.0.0/8 tos 0x10
route get 50.1.1.1 tos 0x10
rule
-j rule
-d rule show
-j -d rule show
rule add from 10.0.0.0/24 table 100
rule add to 10.1.0.0/16 lookup 101
rule add iif p0 table 102
rule add oif p0 table 103
rule add fwmark 5 table 104
rule add fwmark 0x10/0xf0 table 105
rule add fwmark 0/0xf table 105
rule add fwmark x table 5
rule add fwmark 5/x table 5
rule add tos 0x10 table 106
rule add dsfield EF table 106
rule add tos 3 table 106
rule add tos bogus table 106
rule add ipproto tcp table 107
rule add ipproto 17 sport 53 table 107
rule add ipproto 200 table 107
rule add ipproto bogus table 107
rule add ipproto udp dport 1000-2000 table 107
rule add sport 5-4 table 107
rule add sport 0 table 107
rule add dport 1-65535 table 107
rule add sport x table 107
rule add not from 10.5.0.0/16 table 108
rule add from 10.6.0.1 unreachable
rule add from 10.6.0.2 prohibit
rule add from 10.6.0.3 blackhole
rule add type blackhole from 10.6.0.3 to 10.7.0.0/16
rule add from 10.6.0.4 goto 32766
rule add from 10.6.0.5 goto 40000
rule add from 10.6.0.6 goto 10
rule add goto x
rule add nop
rule add from 10.6.0.8 table main suppress_prefixlength 0
rule add from 10.6.0.9 table 100 sup_pl 33
rule add table 5 suppress_prefixlength x
rule add pref 40000 table 110
rule add iif nosuch table 111
rule add oif nosuch table 111
rule add iif toolonganinterfacename table 5
rule add from 10.6.0.1 unreachable pref 5
rule add from 10.6.0.1 unreachable pref 5
rule add pref 7
rule add table 7
rule add from 10.6.1.1
rule add table 0
rule add from 10.6.1.1 table nosuch
rule add from 10.6.1.1/33 table 1
rule add from 10.6.1.x table 1
rule add bogus table 1
rule add protocol static from 10.9.9.9 table 1
rule add protocol bogus from 10.9.9.9 table 1
rule add from 10.6.1.1/24 table 1
rule add from default table 12
rule add pref -1 table 1
rule add pref abc table 1
rule add table 5 pref
rule add order 50 from 10.3.3.4 table 5
rule add priority 52 from 10.3.3.4 table 5
rule add priority 53 unreachable table 5
rule add priority 54 unicast table 5
rule show
-d rule show
-j rule show
-j -d rule show
rule show pref 5
rule show from 10.6.0.0/24
rule show table 107
rule show lookup main
rule show iif p0
rule show oif nosuch
rule show fwmark 0x10
rule show tos 0x10
rule show ipproto tcp
rule show sport 53
rule show dport 1000-2000
rule show not
rule show to 10.1.0.0/16
rule show bogus
rule show pref x
rule show table nosuch
rule del pref 5
rule del pref 5
rule del from 10.6.0.2 table 9
rule del from 10.6.0.2 prohibit
rule del not from 10.5.0.0/16
rule del fwmark 0x10
rule del fwmark 0x10/0xf0
rule del table 107
rule del goto 5
rule del pref 40000
-j rule show
route add 51.0.0.0/8 via 10.0.0.9 table 104
route get 51.1.1.1 mark 5
-j route get 51.1.1.1 mark 5
route get 51.1.1.1 mark 0x20
route get 51.1.1.1 mark x
route get 51.1.1.1 oif p0
route get 51.1.1.1 oif p0 mark 5
-j route get 51.1.1.1 oif p0 mark 5
route get 51.1.1.1 oif nosuch
route get 51.1.1.1 ipproto udp sport 53 dport 7
route get 51.1.1.1 ipproto sctp
route get 51.1.1.1 sport x
route get 51.1.1.1 tos x
route get 10.0.0.1
route get 10.0.0.255
rule add to 61.0.0.0/8 prohibit pref 1
rule add to 62.0.0.0/8 unreachable pref 1
rule add to 63.0.0.0/8 blackhole pref 1
route get 61.1.1.1
route get 62.1.1.1
route get 63.1.1.1
rule flush table 7
rule flush bogus
rule show
rule flush
rule show
rule del pref 0
rule
rule add table local pref 0
rule add table main pref 32766
rule add table default pref 32767
rule
route add 150.0.0.0/8 nexthop via 10.0.0.5 nexthop via 10.0.1.2 weight 3
route add 150.0.0.0/8 nexthop via 10.0.0.5 nexthop via 10.0.1.2 weight 3
route add 151.0.0.0/8 metric 5 src 10.0.0.2 mtu 1400 proto static nexthop via 10.0.0.5 dev p0 onlink nexthop dev p1 weight 256
route add 52.0.0.0/8 nexthop via 10.0.0.5
route add 53.0.0.0/8 nexthop weight 3
route add 53.0.0.0/8 nexthop via 99.0.0.1 nexthop via 10.0.0.4
route add 53.0.0.0/8 nexthop via 10.0.0.5 dev p1 nexthop via 10.0.0.4
route add 53.0.0.0/8 nexthop via 10.0.0.6 nexthop via 10.0.0.6
route add 54.0.0.0/8 via 10.0.0.9 nexthop via 10.0.0.5 nexthop via 10.0.0.6
route add 54.1.0.0/16 via 10.0.0.5 nexthop via 10.0.0.5 nexthop via 10.0.0.6
route add 54.2.0.0/16 dev p0 nexthop via 10.0.0.5 nexthop via 10.0.0.6
route add blackhole 55.0.0.0/8 nexthop via 10.0.0.5 nexthop via 10.0.0.6
route add local 55.0.0.0/8 nexthop dev p0 nexthop dev p1
route add 57.0.0.0/8 nexthop via inet 10.0.0.5 nexthop via 10.0.0.6
route append 150.0.0.0/8 via 10.0.0.77
route append 150.0.0.0/8 nexthop via 10.0.0.5 nexthop via 10.0.1.2 weight 3
route append 150.0.0.0/8 nexthop via 10.0.1.2 weight 3 nexthop via 10.0.0.5
route append 150.0.0.0/8 nexthop via 10.0.0.5 weight 2 nexthop via 10.0.1.2 weight 3
route prepend 150.0.0.0/8 nexthop via 10.0.0.9 nexthop via 10.0.1.2
route change 150.0.0.0/8 nexthop via 10.0.0.10 nexthop via 10.0.1.2
route replace 150.0.0.0/8 nexthop via 10.0.0.11 nexthop via 10.0.1.2
route show
-j route show 150.0.0.0/8
-j route show 151.0.0.0/8
-d route show 150.0.0.0/8
-o route show 150.0.0.0/8
route show dev p1
route show via 10.0.1.2
route show src 10.0.0.2
route del 150.0.0.0/8 nexthop via 10.0.0.11
route del 150.0.0.0/8 nexthop via 10.0.0.11 nexthop via 10.0.1.12
route del 150.0.0.0/8 nexthop via 10.0.1.2 nexthop via 10.0.0.11
route del 150.0.0.0/8 nexthop via 10.0.0.11 weight 5 nexthop via 10.0.1.2 weight 7
route del 150.0.0.0/8 via 10.0.0.77
route show 150.0.0.0/8
route del 150.0.0.0/8 dev p1
route del 150.0.0.0/8 via 10.0.0.5
route show 150.0.0.0/8
route del 150.0.0.0/8
route show 150.0.0.0/8
link set lo up
nexthop show
nexthop add id 1 via 10.0.0.5 dev p0
nexthop add id 2 via 10.0.1.2 dev p1
nexthop add id 1 via 10.0.0.5 dev p0
nexthop add via 10.0.0.6 dev p0
nexthop add id 30 blackhole
nexthop add id 4 dev p0
nexthop add id 5 via 10.0.0.5
nexthop add id 5 via 99.0.0.1 dev p0
nexthop add id 5 via 99.0.0.1 dev p0 onlink
nexthop add id 6 dev p0 onlink
nexthop add id 6
nexthop add id 6 via 10.0.0.1 dev p0
nexthop add id 7 via 10.0.1.2 dev p0
nexthop add id 7 blackhole dev p0
nexthop add id 7 blackhole via 10.0.0.5
nexthop add id 0 dev p0
nexthop add id 10 group 1/2
nexthop add id 11 group 1,3/2,1
nexthop add id 12 group 1/1
nexthop add id 12 group 1/77
nexthop add id 12 group 1/30
nexthop add id 12 group 10
nexthop add id 12 group 30
nexthop add id 13 group 1
nexthop add id 14 group 1,256/2 type mpath
nexthop add id 15 group 1/2 dev p0
nexthop add id 15 group 1/2 via 10.0.0.5
nexthop add id 20 group 1/2 type resilient
nexthop add id 20 group 1/2 type resilient buckets 0
nexthop add id 20 group 1/2 type resilient buckets 8 idle_timer 10 unbalanced_timer 20
nexthop add id 21 group 1/2,3 type resilient buckets 4
nexthop add id 22 group 20
nexthop add id 8 via 10.0.0.7 dev p0 proto bgp
nexthop show
-j nexthop show
-d nexthop show
nexthop show id 10
-j nexthop show id 10
nexthop get id 10
nexthop get id 99
nexthop show id 99
nexthop show groups
nexthop show dev p1
nexthop show proto 186
nexthop
nexthop bucket show id 1
nexthop bucket show id 10
nexthop bucket get id 20 index 8
nexthop replace id 20 group 1/2 type resilient buckets 9
nexthop replace id 20 group 1/2,2 type resilient
nexthop show id 20
nexthop replace id 20 group 1/2
nexthop replace id 10 group 1/2 type resilient buckets 4
nexthop replace id 10 via 10.0.0.5 dev p0
nexthop replace id 1 group 2
nexthop replace id 1 blackhole
nexthop replace id 31 via 10.0.0.30 dev p0
nexthop replace via 10.0.0.30 dev p0
nexthop del id 99
nexthop del
nexthop del id 0
route add 60.0.0.0/8 nhid 1
route add 61.0.0.0/8 nhid 10
route add 62.0.0.0/8 nhid 30
route add 62.1.0.0/16 nhid 12
route add 63.0.0.0/8 nhid 4
route add 64.0.0.0/8 nhid 5
route add 65.0.0.0/8 nhid 13
route add 67.0.0.0/8 nhid 20 metric 7 src 10.0.0.2 mtu 1300 proto static
route add 68.0.0.0/8 nhid 99
route add 68.0.0.0/8 nhid 1 via 10.0.0.5
route add 68.0.0.0/8 nhid 1 dev p0
route add 68.0.0.0/8 nhid 1 nexthop via 10.0.0.5
route add blackhole 68.0.0.0/8 nhid 1
route add local 69.0.0.1 nhid 1
route add 69.0.0.1 nhid 1 scope host
route add 69.0.0.2 nhid 4 scope host
route add 69.0.0.3 nhid 1 scope link
route add 69.0.0.4 nhid 10 scope host
route add 69.0.0.5 nhid 5 scope link
route add 68.0.0.0/8 nhid 0
route add 66.0.0.0/8 tos 0x10 nhid 1
route append 60.0.0.0/8 nhid 1
route append 60.0.0.0/8 via 10.0.0.5 dev p0
route append 60.0.0.0/8 nhid 2
route show
-j route show root 60.0.0.0/4
-d route show 60.0.0.0/8
-d route show 61.0.0.0/8
-d -j route show 61.0.0.0/8
route show dev p0
route show via 10.0.0.5
route get 60.1.1.1
-j route get 60.1.1.1
route get 62.1.1.1
route get 62.2.1.1
route del 60.0.0.0/8 nhid 9
route del 60.0.0.0/8 via 10.0.1.2
route show 60.0.0.0/8
route del 60.0.0.0/8 nhid 1
route del 61.0.0.0/8 nexthop via 10.0.0.5 nexthop via 10.0.1.2
nexthop replace id 1 via 10.0.0.6 dev p0
nexthop replace id 30 via 10.0.0.7 dev p0
nexthop replace id 4 blackhole
nexthop replace id 5 dev p0
route show
nexthop del id 1
route show
nexthop show
nexthop del id 10
nexthop del id 2
nexthop show
route show
nexthop flush
nexthop flush
nexthop add id 1 via 10.0.0.5 dev p0
nexthop add id 2 via 10.0.1.2 dev p1 proto static
nexthop add id 3 group 1
nexthop flush proto 4
nexthop flush dev p0
nexthop flush dev p0
nexthop add id 1 via 10.0.0.5 dev p0
nexthop add id 2 via 10.0.1.2 dev p1
nexthop add id 3 group 1/2
route add 70.0.0.0/8 nhid 3
route add 71.0.0.0/8 nexthop via 10.0.0.5 nexthop via 10.0.1.2
link set p1 down
route show
-j route show root 64.0.0.0/2
nexthop show
nexthop add id 2 via 10.0.1.2 dev p1
route add 72.0.0.0/8 nexthop via 10.0.0.5 nexthop dev p1
link set p1 up
route show
nexthop flush
route flush table main proto boot
route show
neigh add 10.0.0.5 lladdr 02:00:00:00:00:05 dev p0
neigh add 10.0.0.5 lladdr 02:00:00:00:00:05 dev p0
neigh add 10.0.0.6 lladdr zz dev p0
neigh add 10.0.0.7 lladdr 02:00:00:00:00:07 dev p0 nud stale
neigh replace 10.0.0.8 lladdr 02:00:00:00:00:08 dev p0 nud permanent
neigh change 10.0.0.77 lladdr 02:00:00:00:00:08 dev p0
neigh del 10.0.0.99 dev p0
neigh show
-j neigh show
neigh show dev p1
neigh show 10.0.0.5
neigh flush dev p0
neigh show
link set p0 down
route show
link set p0 up
addr del 10.0.0.1/24 dev p0
addr flush dev p1
route show
-j addr show p1
""".strip().splitlines()


def of_linux(text):
    """What `ip` says, without what it says of the other end of the pair."""
    return re.sub(r"(p[01])@q[01]", r"\1", re.sub(r'"link":"q[01]",', "", text))


def without_number(text):
    text = re.sub(r'"ifindex":\d+', '"ifindex":0', text)
    return "\n".join(re.sub(r"^\d+: ", "N: ", line).rstrip() for line in text.splitlines())


def comparable(done):
    """Lines in an order of their own: Linux shows neighbours in that of its hash."""
    status = 1 if done.returncode == 255 else done.returncode  # `ip` has two statuses for wrong words
    errors = done.stderr.rstrip("\n")                          # ... and one or two line feeds behind what it says
    if done.stdout.startswith("[") and status == 0:
        return 0, sorted(json.loads(without_number(of_linux(done.stdout))), key=str), errors
    columns = re.sub(r" {2,}", "  ", without_number(of_linux(done.stdout)))  # a shorter name moves what stands behind it
    return status, sorted(columns.splitlines()), errors


def test_every_word_is_answered_as_ip_answers_it(lab):
    linux, flyover = lab.namespace("linux"), lab.namespace("flyover")
    for space in linux, flyover:
        for number in 0, 1:
            space.ip("link", "add", f"p{number}", "type", "veth", "peer", "name", f"q{number}")
            space.ip("link", "set", f"p{number}", "address", f"02:00:00:00:01:0{number}")
            space.ip("link", "set", f"q{number}", "up")
    init = []
    for number in 0, 1:
        flyover.ip("link", "set", f"p{number}", "up")
        init += [f"link add p{number} type port dev net_af_packet{number},iface=p{number}",
                 f"link set p{number} address 02:00:00:00:01:0{number}"]
    router = lab.router(flyover, init=init)
    different = []
    for row in ROWS:
        theirs = comparable(run("ip", "-n", linux.name, *row.split(), check=False))
        ours = comparable(router.flyover(*row.split(), check=False))
        if theirs != ours:
            different.append(f"{row}\n  ip:      {theirs}\n  flyover: {ours}")
    assert not different, "\n".join(different)
    router.stop()
