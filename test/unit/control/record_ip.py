#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Records what the real `ip` prints, as text and as JSON, into ip_recorded.json beside it.

print_test.cpp gives the JSON to Flyover's printer and expects the text. Needs root; works in namespaces of its own.
"""
import json
import os
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
SPACE = "flyover-record"
SETUP = """
link set lo up
link add p0 address 02:00:00:00:00:01 type veth peer name q0 address 02:00:00:00:00:02
link add p1 address 02:00:00:00:00:03 type veth peer name q1 address 02:00:00:00:00:04
link add p2 mtu 9000 address 02:00:00:00:00:05 type veth peer name q2 address 02:00:00:00:00:06
link set p0 up
link set q0 up
link set p1 up
link set q1 up
link set p2 up
addr add 10.0.0.1/24 dev p0
addr add 10.0.0.2/24 dev p0
addr add 10.0.7.1/24 broadcast + dev p0
addr add 10.9.0.1 peer 10.9.0.2/32 dev p0
addr add 10.0.1.1/24 dev p1
addr add 10.1.1.1/32 scope host dev p1
addr add 169.254.0.1/16 scope link dev p1
route add 10.5.0.0/16 via 10.0.0.9
route add 10.6.0.0/16 via 10.0.0.9 metric 5 mtu lock 900 src 10.0.0.2
route add 10.6.0.0/16 via 10.0.0.8 metric 6 proto static
route add 10.4.4.4 dev p1 scope host proto bird
route add 10.3.0.0/16 dev p1 mtu 1200 proto 99
route add blackhole 10.7.0.0/16
route add unreachable 10.8.0.0/16 metric 20
route add prohibit 10.8.1.0/24
route add throw 10.8.2.0/24
route add default via 10.0.1.254
route add 10.12.0.0/16 via 172.16.3.4 dev p1 onlink
route add default via 192.168.3.4 dev p0 onlink table 100 mtu 1000
route add 10.13.0.0/16 dev p0 table default
neigh add 10.0.0.9 lladdr 2:0:0:0:0:9 dev p0
neigh add 10.0.0.8 lladdr 2:0:0:0:0:8 dev p0 nud reachable
neigh add 10.0.0.7 lladdr 2:0:0:0:0:8 dev p0 nud stale
neigh add 10.0.1.7 dev p1 nud failed
neigh add 10.0.1.254 lladdr 2:0:0:0:0:a dev p1
"""
COMMANDS = """
link show
-d link show lo
-s link show
-s -s link show p0
-br link show
-o link show
-o -s link show p0
addr show
-s addr show p0
-br addr show
-o addr show
addr show up
addr show to 10.0.0.0/16
route show
route show table all
route show table local
route show table default
-d route show
route show dev p0
route show proto static
route show scope link
route show via 10.0.0.9
route show src 10.0.0.2
route show type blackhole
route show 10.6.0.0/16
route show root 10.6.0.0/15
route show match 10.6.1.1
route show default
-o route show
route get 10.5.0.1
route get 10.6.0.1
route get 10.3.0.1
route get 10.0.0.1
route get 10.0.0.77
route get 10.0.7.255
route get 255.255.255.255
route get 8.8.8.8
route get 127.0.0.1
route get 10.5.0.1 from 10.0.0.2
route get 10.5.0.1 from 10.0.1.2 iif p1
route get 10.0.0.1 from 10.0.1.2 iif p1
route get 10.6.0.1 from 10.0.1.2 iif p1
route get 8.8.8.8 from 10.0.1.2 iif p1
neigh show
neigh show dev p0
neigh show nud permanent
neigh show 10.0.0.0/24
-s neigh show nud permanent
-o neigh show
"""
REFUSED = """
route get 10.7.0.1
route get 10.8.0.1
route get 10.8.1.1
route get 10.8.2.1
addr add 10.0.0.1/24 dev p0
addr del 10.0.0.77/24 dev p0
route add 10.5.0.0/16 via 10.0.0.9
route add 1.2.3.0/24 via 77.1.1.1 dev p0
route add 1.2.3.4/24 dev p0
route add 1.2.3.0/24
route del 1.2.3.0/24
route add 1.2.3.0/24 dev x
route add blackhole 1.2.3.0/24 via 10.0.0.9
neigh add 10.0.0.9 lladdr 2:0:0:0:0:8 dev p0
neigh del 10.0.0.77 dev p0
neigh add 10.0.0.77 dev p0
link set x up
link show x
addr show x
link set p0 mtu 70000
link set p0 mtu 40
link del x
"""


def run(*words):
    return subprocess.run(words, capture_output=True, text=True, check=False)


def ip(*words):
    return run("ip", "-n", SPACE, "-4", *words)


def rows_of(text):
    return text.strip().splitlines()


def full(rows):
    """Without the empty objects that `ip -j` leaves where a filter took something out."""
    for row in rows:
        if "addr_info" in row:
            row["addr_info"] = [address for address in row["addr_info"] if address]
    return [row for row in rows if row]


def record():
    # IPv6 would send packets of its own while counters are being recorded.
    run("ip", "netns", "exec", SPACE, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1")
    for row in rows_of(SETUP):
        done = ip(*row.split())
        if done.returncode:
            raise SystemExit(f"{row}: {done.stderr}")
    run("ip", "netns", "exec", SPACE, "sysctl", "-qw", "net.ipv4.ip_forward=1")
    recorded = []
    for row in rows_of(COMMANDS):
        words = row.split()
        # -4 leaves out links without addresses
        show = (lambda *w: run("ip", "-n", SPACE, *w)) if "link" in words else ip
        text = show(*words)
        data = show("-j", *[w for w in words if w not in ("-o", "-br")])
        recorded.append({"command": row, "text": text.stdout, "rows": full(json.loads(data.stdout or "[]"))})
    refused = []
    for row in rows_of(REFUSED):
        done = ip(*row.split())
        refused.append({"command": row, "error": done.stderr.strip(), "code": done.returncode})
    return {"setup": rows_of(SETUP), "shown": recorded, "refused": refused}


def main():
    run("ip", "netns", "del", SPACE)
    if run("ip", "netns", "add", SPACE).returncode:
        raise SystemExit("needs root")
    try:
        recorded = record()
    finally:
        run("ip", "netns", "del", SPACE)
    with open(os.path.join(HERE, "ip_recorded.json"), "w", encoding="utf-8") as file:
        json.dump(recorded, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
