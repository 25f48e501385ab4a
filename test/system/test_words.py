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
    if done.stdout.startswith("[") and done.returncode == 0:
        return 0, sorted(json.loads(without_number(of_linux(done.stdout))), key=str), done.stderr
    columns = re.sub(r" {2,}", "  ", without_number(of_linux(done.stdout)))  # a shorter name moves what stands behind it
    return done.returncode, sorted(columns.splitlines()), done.stderr


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
