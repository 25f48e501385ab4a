# SPDX-License-Identifier: BSD-3-Clause
"""Ports: every kind of device that needs no hardware, and what happens to them while the router runs."""
import subprocess

import pytest
from net import connect, wait_for
from scapy.all import ICMP, IP, UDP, Ether, Raw, rdpcap, wrpcap

MAC_IN = "02:00:00:00:00:01"


def operstate(router, name, state):
    wait_for(f"{name} {state}", lambda: router.link(name)["operstate"] == state)


def test_the_carrier_is_followed_and_traffic_comes_back(pair):
    pair.left.ping("10.2.0.2")
    for _ in range(3):
        pair.right.ip("link", "set", "eth0", "down")
        operstate(pair.router, "p1", "DOWN")
        pair.right.ip("link", "set", "eth0", "up")
        operstate(pair.router, "p1", "UP")
    pair.right.ip("route", "replace", "default", "via", "10.2.0.1")
    pair.left.ping("10.2.0.2")
    assert "p1: link is down" in pair.router.log() and "p1: link is up" in pair.router.log()


def test_a_port_goes_down_and_up_again_by_command(pair):
    pair.left.ping("10.2.0.2")
    pair.router.do("link set p1 down")
    _, received, output = pair.left.ping("10.2.0.2", count=1, check=False)
    assert received == 0 and "Net Unreachable" in output
    pair.router.do("link set p1 up")
    pair.left.ping("10.2.0.2")


def test_a_device_that_vanishes_takes_nothing_else_with_it(pair):
    pair.left.ping("10.2.0.2")
    flood = pair.left.start("ping", "-q", "-f", "-w", "20", "10.2.0.2", stdout=subprocess.DEVNULL)
    pair.middle.ip("link", "del", "veth1")
    pair.router.wait_log("p1: its device net_af_packet1 has gone")
    assert "UP" not in pair.router.link("p1")["flags"]
    flood.kill()
    pair.left.ping("10.1.0.1")
    assert pair.router.flyover("link", "set", "p1", "up", check=False).returncode == 2
    pair.router.do("link del p1")
    # A new one of the same name takes its place.
    connect(pair.right, "eth0", pair.middle, "veth1")
    pair.right.address("eth0", "10.2.0.2/24")
    pair.right.ip("route", "add", "default", "via", "10.2.0.1")
    pair.router.do("link add p1 type port dev net_af_packet1,iface=veth1", "addr add 10.2.0.1/24 dev p1", "link set p1 up")
    pair.left.ping("10.2.0.2")


def test_ports_come_and_go_under_traffic(pair):
    flood = pair.left.start("ping", "-q", "-f", "-w", "60", "10.2.0.2", stdout=subprocess.DEVNULL)
    for _ in range(5):
        pair.router.do("link del p1", "link add p1 type port dev net_af_packet1,iface=veth1", "addr add 10.2.0.1/24 dev p1",
                       "link set p1 up")
    flood.kill()
    pair.left.ping("10.2.0.2")


def test_the_mac_address_changes(pair):
    pair.router.do("link set p0 address 02:11:22:33:44:55")
    assert pair.router.link("p0")["address"] == "02:11:22:33:44:55"
    pair.left.ip("neigh", "flush", "dev", "eth0")
    pair.left.ping("10.2.0.2")
    assert pair.left.ip_json("neigh", "show", "10.1.0.1")[0]["lladdr"] == "02:11:22:33:44:55"


def test_promiscuous_on_request(pair):
    pair.router.do("link set p0 promisc on")
    assert "PROMISC" in pair.router.link("p0")["flags"]
    assert "PROMISC" in pair.middle.ip_json("link", "show", "veth0")[0]["flags"]
    pair.router.do("link set p0 promisc off")
    assert "PROMISC" not in pair.middle.ip_json("link", "show", "veth0")[0]["flags"]


def test_mtu_is_refused_beyond_what_the_port_can(pair):
    for mtu, words in (("67", "less than device minimum"), ("9217", "greater than device maximum")):
        done = pair.router.flyover("link", "set", "p0", "mtu", mtu, check=False)
        assert done.returncode == 2 and words in done.stderr


def test_a_tap_is_a_port(lab):
    """The kernel's own stack is the peer on the other side of the tap."""
    space = lab.namespace("router")
    router = lab.router(space, init=["link add p0 type port dev net_tap0,iface=fotap0", "addr add 10.3.0.1/24 dev p0",
                                     "link set p0 up"])
    space.address("fotap0", "10.3.0.2/24")
    space.ip("link", "set", "fotap0", "up")
    operstate(router, "p0", "UP")
    space.ping("10.3.0.1")
    space.ping("10.3.0.1", "-s", "4000")
    router.stop()


def test_devices_that_eal_has_probed_are_ports_by_their_names(lab):
    router = lab.router(lab.namespace("router"), eal=["--vdev", "net_null5,size=60", "--vdev=net_ring5"],
                        init=["link add n type port dev net_null5", "link add r type port dev net_ring5"])
    assert {link["ifname"] for link in router.json("link", "show")} == {"lo", "n", "r"}
    done = router.flyover("link", "add", "again", "type", "port", "dev", "net_null5", check=False)
    assert done.returncode == 2 and "in use" in done.stderr
    router.do("link del n", "link add n type port dev net_null5", "link set n up")
    wait_for("empty frames", lambda: router.json("-s", "link", "show", "n")[0]["stats64"]["rx"]["packets"] > 1000)
    router.stop()


@pytest.mark.parametrize("workers", [1, 2])
def test_two_routers_share_memory(lab, workers):
    """memif: one daemon listens, the other connects; no kernel in between."""
    spaces = [lab.namespace(name) for name in ("one", "two")]
    path = lab.directory + "/memif.sock"
    routers = []
    for number, (space, role) in enumerate(zip(spaces, ("server", "client")), 1):
        routers.append(lab.router(space, name=role, workers=workers, init=[
            f"link add m type port dev net_memif0,role={role},id=0,socket={path},socket-abstract=no",
            f"addr add 10.4.0.{number}/24 dev m", "link set m up"]))
    for router in routers:
        operstate(router, "m", "UP")
    # A host behind the first router asks the second one.
    host = lab.namespace("host")
    connect(host, "eth0", spaces[0], "veth0")
    host.address("eth0", "10.5.0.2/24")
    host.ip("route", "add", "default", "via", "10.5.0.1")
    routers[0].do("link add p0 type port dev net_af_packet0,iface=veth0", "addr add 10.5.0.1/24 dev p0", "link set p0 up")
    routers[1].do("route add 10.5.0.0/24 via 10.4.0.1")
    host.ping("10.4.0.2")
    for router in routers:
        router.stop()


def test_a_capture_goes_in_and_a_capture_comes_out(lab, tmp_path):
    source, result = str(tmp_path / "in.pcap"), str(tmp_path / "out.pcap")
    to_us = Ether(dst=MAC_IN, src="02:00:00:00:00:99")
    frames = [to_us / IP(src="10.6.0.2", dst="10.7.0.2", id=n, ttl=9) / UDP(sport=1000 + n, dport=9) / Raw(b"x" * n)
              for n in range(100)]
    frames.append(to_us / IP(src="10.6.0.2", dst="192.0.2.1") / ICMP())
    wrpcap(source, frames)
    router = lab.router(lab.namespace("router"), ready=False, options=["--exit-when-idle", "500"], init=[
        f"link add in type port dev net_pcap0,rx_pcap={source} address {MAC_IN}",
        f"link add out type port dev net_pcap1,tx_pcap={result}",
        "addr add 10.6.0.1/24 dev in", "addr add 10.7.0.1/24 dev out", "link set in up", "link set out up",
        "neigh add 10.7.0.2 lladdr 02:00:00:00:00:77 dev out", "neigh add 10.6.0.2 lladdr 02:00:00:00:00:99 dev in"])
    assert router.child.wait(timeout=60) == 0, router.log()
    assert "101 packets received" in router.log()
    assert "no_route" in router.log()
    out = rdpcap(result)
    assert [packet[IP].id for packet in out if UDP in packet] == list(range(100))
    assert all(packet[IP].ttl == 8 and packet[Ether].dst == "02:00:00:00:00:77" for packet in out if UDP in packet)


def test_queues_move_between_workers(lab):
    router = lab.router(lab.namespace("router"), workers=2, init=["link add n type port dev net_null0,size=60 rxq 2", "link set n up"])
    router.do("worker set n 0 1", "worker set n 1 0", "worker set n 1 1")
    assert router.flyover("worker", "set", "n", "2", "0", check=False).returncode == 2
    assert router.flyover("worker", "set", "n", "0", "2", check=False).returncode == 2
    router.stop()


def test_a_port_of_one_queue_serves_two_workers(lab):
    """Each port is polled by another worker; a frame that has to leave by the other's port goes through a ring."""
    left, middle, right = (lab.namespace(name) for name in ("left", "router", "right"))
    for host, port, net in ((left, "veth0", 1), (right, "veth1", 2)):
        connect(host, "eth0", middle, port)
        host.address("eth0", f"10.{net}.0.2/24")
        host.ip("route", "add", "default", "via", f"10.{net}.0.1")
    router = lab.router(middle, workers=2, init=[
        "link add p0 type port dev net_af_packet0,iface=veth0,qpairs=1", "link add p1 type port dev net_af_packet1,iface=veth1,qpairs=1",
        "addr add 10.1.0.1/24 dev p0", "addr add 10.2.0.1/24 dev p1", "link set p0 up", "link set p1 up"])
    left.ping("10.2.0.2")
    right.ping("10.1.0.2", "-s", "4000")
    left.transfer(right, "10.2.0.2", 10)
    router.stop()


def test_arp_is_answered_for_own_addresses_only(pair):
    pair.left.run("arping", "-c", "1", "-w", "10", "-I", "eth0", "10.1.0.1")
    assert pair.left.run("arping", "-c", "1", "-w", "1", "-I", "eth0", "10.1.0.7", check=False).returncode != 0
