# SPDX-License-Identifier: BSD-3-Clause
"""Floods: every queue is bounded and counted, and whoever has no part in the flood is served meanwhile."""
import random
import signal
import subprocess
import time

import pytest
from conftest import Pair
from daemon import STOPPED
from net import connect, wait_for
from scapy.all import ARP, IP, UDP, Ether, Raw, wrpcap

MAC_IN = "02:00:00:00:00:01"
FRAMES = 1300   # different ones, sent again and again
MBUFS = 2047    # few, so that what waits could take them all


def drops(router):
    return {row["reason"]: row["packets"] for row in router.json("drops", "show")}


def test_many_queues_of_packets_that_are_all_to_be_answered(lab, tmp_path):
    """One worker polls 32 queues in a turn; each has a burst that leaves the line for the same lane."""
    source = str(tmp_path / "in.pcap")
    wrpcap(source, [Ether(dst=MAC_IN, src="02:00:00:00:00:99") / IP(src="10.6.0.2", dst="10.7.0.2", ttl=1) / UDP()] * 200)
    queues = ",".join([f"rx_pcap={source}"] * 16)
    router = lab.router(lab.namespace("router"), init=[
        f"link add {name} type port dev net_pcap{n},{queues} rxq 16 address {MAC_IN}" for n, name in enumerate(("a", "b"))] + [
        "addr add 10.6.0.1/24 dev a", "addr add 10.6.1.1/24 dev b", "link set a up", "link set b up",
        "route add 10.7.0.0/24 via 10.6.0.3"])
    wait_for("the frames", lambda: drops(router).get("ttl_expired", 0) + drops(router).get("lane_full", 0) >= 6400)
    assert drops(router)["ttl_expired"] == 6400, drops(router)
    router.stop()


# ------------------------------------------------------------------------------------------------ what comes from the left

def someone(net=10):
    return f"{net}.{random.randrange(64, 200)}.{random.randrange(256)}.{random.randrange(1, 255)}"


def mac():
    return "02:" + ":".join(f"{random.randrange(256):02x}" for _ in range(5))


def scan(n):
    """For hosts of a connected network that are not there."""
    return IP(src="10.1.0.2", dst=f"10.9.{n // 200}.{n % 200 + 2}", id=n) / UDP(sport=n, dport=9)


def unfinished(n):
    """A datagram's beginning, or its middle: the rest never comes."""
    return IP(src=someone(), dst="10.1.0.1", id=n, flags="MF", frag=n % 3 * 20, proto=17) / Raw(b"x" * 160)


def overlapping(n):
    return IP(src="10.1.0.2", dst="10.1.0.1", id=n % 50, flags="MF", frag=random.randrange(20), proto=1) / Raw(b"x" * 24)


def expiring(_):
    """Each is to be answered, at an address that is not its sender's."""
    return IP(src=someone(), dst="10.2.0.2", ttl=1) / UDP(dport=9)


def arp(n):
    """Requests for us and for others, gratuitous replies, each of another station that is not there."""
    sender = f"10.1.{n // 200}.{n % 200 + 3}"
    kind = {"op": 2, "pdst": sender, "hwdst": "ff:ff:ff:ff:ff:ff"} if n % 3 == 0 else {"op": 1, "pdst": f"10.1.0.{n % 3}"}
    return ARP(hwsrc=mac(), psrc=sender, **kind)


@pytest.fixture
def crossing(lab):
    """The pair, and a third host behind p2: what goes from it to the right has no part in what comes from the left."""
    pair = Pair(lab, mbufs=MBUFS, start=False)
    pair.third = lab.namespace("third")
    connect(pair.third, "eth0", pair.middle, "veth2")
    pair.third.address("eth0", "10.3.0.2/24")
    pair.third.ip("route", "add", "default", "via", "10.3.0.1")
    pair.start(extra=("link add p2 type port dev net_af_packet2,iface=veth2", "addr add 10.3.0.1/24 dev p2", "link set p2 up",
                      "addr add 10.9.0.1/16 dev p1", "addr add 10.1.0.9/16 dev p0", "route add 10.64.0.0/10 via 10.1.0.2",
                      "route add 10.128.0.0/9 via 10.1.0.2"))
    pair.left.ping("10.1.0.1", count=1)
    pair.third.ping("10.2.0.2", count=1)
    return pair


def flood(pair, tmp_path, make):
    """Sends the frames from the left as fast as it goes, until it is killed."""
    host, us = pair.left.ip_json("link", "show", "eth0")[0]["address"], pair.router.link("p0")["address"]
    file = str(tmp_path / "flood.pcap")
    wrpcap(file, [Ether(src=p.hwsrc, dst="ff:ff:ff:ff:ff:ff") / p if ARP in p else Ether(src=host, dst=us) / p
                  for p in map(make, range(FRAMES))])
    return pair.left.start("tcpreplay", "-q", "-t", "--loop", "0", "-i", "eth0", file,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.mark.parametrize("make, reasons", [
    (scan, {"neighbour_table_full", "hold_queue_full"}), (unfinished, {"reassembly_full"}),
    (overlapping, {"reassembly_overlap"}), (expiring, {"ttl_expired"}), (arp, {"arp_ignored"})])
def test_a_flood_is_bounded_and_counted_and_others_are_served(crossing, tmp_path, make, reasons):
    router = crossing.router
    sender = flood(crossing, tmp_path, make)
    wait_for(f"drops for {reasons}", lambda: reasons <= drops(router).keys())
    _, received, output = crossing.third.ping("10.2.0.2", count=10, check=False)
    assert received >= 5, output
    asked = time.monotonic()
    held = router.json("stats", "show")[0]["packets"]["held"]
    assert time.monotonic() - asked < 10, "a second, on a machine that has time for it"
    assert held < MBUFS * 13 / 16
    assert len(router.json("neigh", "show")) < 1100, "gc_thresh3, and a few that are static or just going"
    assert sender.poll() is None
    status, seconds = router.end()  # in the middle of it
    assert status == 0 and STOPPED in router.log()
    assert seconds < 5, "a second, on a machine that has time for it"


def test_what_an_af_packet_ring_has_no_room_for_is_counted(pair):
    """The router looks away for a moment; what the kernel cannot put into its ring meanwhile is missed, not lost without a word."""
    def came():
        rx = pair.router.json("-s", "link", "show", "p0")[0]["stats64"]["rx"]
        return rx["packets"], rx["over_errors"]

    pair.left.ping("10.2.0.2")
    packets, missed = came()
    assert missed == 0
    sender = pair.left.start("ping", "-q", "-c", "5000", "-l", "5000", "-W", "1", "10.2.0.2", stdout=subprocess.DEVNULL)
    pair.router.child.send_signal(signal.SIGSTOP)
    try:
        time.sleep(1)
    finally:
        pair.router.child.send_signal(signal.SIGCONT)
    sender.wait(timeout=60)
    wait_for("all to be counted", lambda: sum(came()) >= packets + 5000)
    assert came()[1] > 0
