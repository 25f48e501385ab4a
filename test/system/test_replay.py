# SPDX-License-Identifier: BSD-3-Clause
"""Frames that no well-behaved program would send: replayed and made by hand."""
from net import wait_for
from scapy.all import ICMP, IP, UDP, Ether, Raw, conf, fragment, wrpcap

conf.verb = 0


def frames_to(pair, *packets):
    """The packets in frames from the left host to the router's port."""
    host = pair.left.ip_json("link", "show", "eth0")[0]["address"]
    router = pair.router.link("p0")["address"]
    return [Ether(src=host, dst=router) / packet for packet in packets]


def replay(pair, tmp_path, frames):
    file = str(tmp_path / "replay.pcap")
    wrpcap(file, frames)
    pair.left.run("tcpreplay", "-q", "-i", "eth0", "--pps", "2000", file)


def drops(pair):
    return {row["reason"]: row["packets"] for row in pair.router.json("drops", "show")}


def received(pair, device="eth0"):
    return pair.right.ip_json("-s", "link", "show", device)[0]["stats64"]["rx"]["packets"]


def test_a_replayed_capture_is_forwarded_whole(pair, tmp_path):
    pair.left.ping("10.2.0.2")
    before = received(pair)
    replay(pair, tmp_path, frames_to(pair, *(IP(src="10.1.0.2", dst="10.2.0.2", id=n) / UDP(sport=n, dport=9) / Raw(b"x" * 100)
                                             for n in range(1, 501))))
    wait_for("500 packets", lambda: received(pair) >= before + 500)


def test_each_bad_header_is_dropped_under_its_own_reason(pair, tmp_path):
    good = {"src": "10.1.0.2", "dst": "10.2.0.2"}
    replay(pair, tmp_path, frames_to(
        pair, IP(**good, version=5) / UDP(), IP(**good, ihl=4) / UDP(), IP(**good, chksum=1) / UDP(),
        IP(**good, len=2000) / UDP(), IP(**good, len=19) / UDP(), IP(src="127.0.0.1", dst="10.2.0.2") / UDP(),
        IP(src="10.1.0.2", dst="127.0.0.1") / UDP(), IP(**good, ttl=1) / UDP(), IP(src="10.1.0.2", dst="192.0.2.1") / UDP()))
    expected = ("ip_version", "ip_header_length", "ip_checksum", "ip_truncated", "ip_total_length", "martian_source",
                "martian_destination", "ttl_expired", "no_route")
    wait_for("nine drops", lambda: sum(drops(pair).get(reason, 0) for reason in expected) >= 9)
    assert all(drops(pair).get(reason) == 1 for reason in expected), drops(pair)


def test_fragments_in_any_order_reach_a_host_and_the_router(pair, tmp_path):
    for destination in ("10.2.0.2", "10.1.0.1"):
        whole = IP(src="10.1.0.2", dst=destination, id=77) / ICMP(id=5) / Raw(b"y" * 5000)
        parts = fragment(whole, fragsize=1000)
        replay(pair, tmp_path, frames_to(pair, *reversed(parts)))
    replies = lambda: int(pair.left.run("nstat", "-asz", "IcmpInEchoReps").stdout.split("IcmpInEchoReps")[1].split()[0])
    wait_for("two echo replies", lambda: replies() >= 2)


def test_tcp_to_a_port_without_listener_is_reset(pair):
    result = pair.left.run("/usr/bin/python3", "-c",
                           "import socket; s = socket.socket(); s.settimeout(10); print(s.connect_ex(('10.1.0.1', 81)))")
    assert result.stdout.strip() == "111", "ECONNREFUSED"
