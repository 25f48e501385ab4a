# SPDX-License-Identifier: BSD-3-Clause
"""Floods: every queue is bounded and counted, and whoever has no part in the flood is served."""
from net import wait_for  # noqa: F401
from scapy.all import IP, UDP, Ether, wrpcap

MAC_IN = "02:00:00:00:00:01"


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
