# SPDX-License-Identifier: BSD-3-Clause
"""Ports by devices that stand on something of the kernel's or on another process, with traffic through each."""
import subprocess

import pytest
from conftest import Pair
from daemon import STOPPED
from net import connect, wait_for

PORTS = ("p0", "veth0", 1), ("p1", "veth1", 2)


def operstate(router, name, state):
    wait_for(f"{name} {state}", lambda: router.link(name)["operstate"] == state)


class DevicePair(Pair):
    """Two hosts and a router whose ports are made by a function from (number, kernel's interface)."""

    def __init__(self, lab, device, prepare=lambda host, port, space: None, **more):
        self.device, self.prepare = device, prepare
        super().__init__(lab, **more)

    def start(self, extra=(), **more):
        init = []
        for name, interface, net in PORTS:
            self.prepare(self.left if net == 1 else self.right, interface, self.middle)
            init += [f"link add {name} type port dev {self.device(net - 1, interface)}",
                     f"addr add 10.{net}.0.1/24 dev {name}", f"link set {name} up"]
        self.router = self.lab.router(self.middle, init=[*init, *extra], **{**self.more, **more})
        return self.router


def af_xdp(number, interface):
    return f"net_af_xdp{number},iface={interface}"


def one_queue(host, port, space):
    host.run("ethtool", "-L", "eth0", "rx", "1", "tx", "1", check=False)  # fails if it has one
    space.run("ethtool", "-L", port, "rx", "1", "tx", "1", check=False)


@pytest.mark.parametrize("workers", [1, 2])
def test_af_xdp(lab, workers):
    pair = DevicePair(lab, af_xdp, one_queue, workers=workers)
    pair.left.ping("10.2.0.2")
    pair.left.ping("10.2.0.2", "-s", "4000")
    pair.left.transfer(pair.right, "10.2.0.2", 5)
    pair.right.ip("link", "set", "eth0", "down")
    operstate(pair.router, "p1", "DOWN")
    pair.right.ip("link", "set", "eth0", "up")
    operstate(pair.router, "p1", "UP")
    pair.right.ip("route", "replace", "default", "via", "10.2.0.1")
    for _ in range(3):
        pair.router.do("link del p1", f"link add p1 type port dev {af_xdp(1, 'veth1')}", "addr add 10.2.0.1/24 dev p1",
                       "link set p1 up")
        pair.left.ping("10.2.0.2")
    for host, port in ((pair.left, "p0"), (pair.right, "p1")):
        pair.router.do(f"link set {port} mtu 3000")
        host.ip("link", "set", "eth0", "mtu", "3000")
    pair.left.ping("10.2.0.2", "-M", "do", "-s", "2972")
    assert pair.router.flyover("link", "set", "p0", "mtu", "4000", check=False).returncode == 2
    pair.router.stop()


def test_af_xdp_wants_all_queues_of_its_interface(lab):
    space, host = lab.namespace("router"), lab.namespace("host")
    space.ip("link", "add", "veth0", "numrxqueues", "2", "type", "veth", "peer", "name", "eth0", "netns", host.name)
    router = lab.router(space)
    done = router.flyover("link", "add", "p0", "type", "port", "dev", af_xdp(0, "veth0"), check=False)
    assert done.returncode == 2
    assert "veth0 has 2 receive queues" in done.stderr and "ethtool -L veth0 rx 1" in done.stderr
    router.stop()


def test_pcap_on_an_interface(lab):
    pair = DevicePair(lab, lambda number, interface: f"net_pcap{number},iface={interface}")
    pair.left.ping("10.2.0.2")
    pair.left.ping("10.2.0.2", "-s", "4000")
    pair.router.stop()


@pytest.mark.parametrize("workers", [1, 2])
def test_virtio_user_and_vhost(lab, workers):
    """One router is the other's virtio back end, as a hypervisor's switch would be."""
    spaces = [lab.namespace(name) for name in ("one", "two")]
    path = lab.directory + "/vhost.sock"
    host = lab.namespace("host")
    connect(host, "eth0", spaces[0], "veth0")
    host.address("eth0", "10.5.0.2/24")
    host.ip("route", "add", "default", "via", "10.5.0.1")
    one = lab.router(spaces[0], name="one", workers=workers, init=[
        f"link add v type port dev net_vhost0,iface={path},queues={workers}", "addr add 10.4.0.1/24 dev v", "link set v up",
        "link add p0 type port dev net_af_packet0,iface=veth0", "addr add 10.5.0.1/24 dev p0", "link set p0 up"])
    routes = "route add default via 10.4.0.1"
    two = lab.router(spaces[1], name="two", workers=workers, init=[
        f"link add v type port dev net_virtio_user0,path={path},queues={workers}", "addr add 10.4.0.2/24 dev v",
        "link set v up", routes])
    for router in (one, two):
        operstate(router, "v", "UP")
    host.ping("10.4.0.2")
    host.ping("10.4.0.2", "-s", "4000")
    host.ip("link", "set", "eth0", "mtu", "9000")
    for router, port in ((one, "v"), (two, "v"), (one, "p0")):
        router.do(f"link set {port} mtu 9000")
    host.ping("10.4.0.2", "-s", "8000", "-M", "do")
    two.do("link del v")
    operstate(one, "v", "DOWN")
    two.do(f"link add v type port dev net_virtio_user0,path={path},queues={workers}", "addr add 10.4.0.2/24 dev v",
           "link set v up", routes)
    operstate(one, "v", "UP")
    host.ping("10.4.0.2")
    for router in (two, one):
        router.stop()


def test_a_ring_gives_back_what_it_gets(pair):
    """A packet goes round until its TTL is at its end; the sender is told."""
    mac = "02:00:00:00:00:77"
    pair.router.do(f"link add r type port dev net_ring0 address {mac}", "addr add 10.9.0.1/24 dev r", "link set r up",
                   f"neigh add 10.9.0.5 lladdr {mac} dev r")
    _, _, output = pair.left.ping("10.9.0.5", "-t", "9", count=1, check=False)
    assert "Time to live exceeded" in output
    stats = pair.router.json("-s", "link", "show", "r")[0]["stats64"]
    assert stats["tx"]["packets"] == stats["rx"]["packets"] == 8


def flood(host, address):
    return host.start("ping", "-q", "-f", "-l", "200", "-w", "60", "-s", "3000", address, stdout=subprocess.DEVNULL)


def in_the_middle(router, port):
    sent = lambda: router.json("-s", "link", "show", port)[0]["stats64"]["tx"]["packets"]
    before = sent()
    wait_for("traffic", lambda: sent() > before + 1000)


def ends_in_time(router):
    """In time, with every mbuf."""
    status, seconds = router.end()
    assert status == 0 and STOPPED in router.log(), router.log()
    assert seconds < 5, "a second, on a machine that has time for it"


PLAIN = {"af_packet": "net_af_packet{},iface={}", "af_xdp": "net_af_xdp{},iface={}", "pcap": "net_pcap{},iface={}"}


@pytest.mark.parametrize("kind", PLAIN)
def test_the_end_comes_in_the_middle_of_traffic(lab, kind):
    pair = DevicePair(lab, PLAIN[kind].format, one_queue)
    pair.left.ping("10.2.0.2")
    for host, address in ((pair.left, "10.2.0.2"), (pair.right, "10.1.0.2"), (pair.left, "10.2.0.99")):
        flood(host, address)
    in_the_middle(pair.router, "p1")
    ends_in_time(pair.router)


def test_a_tap_ends_in_the_middle_of_traffic(lab):
    space = lab.namespace("router")
    router = lab.router(space, init=["link add p0 type port dev net_tap0,iface=fotap0", "addr add 10.3.0.1/24 dev p0",
                                     "link set p0 up"])
    space.address("fotap0", "10.3.0.2/24")
    space.ip("link", "set", "fotap0", "up")
    flood(space, "10.3.0.1")
    in_the_middle(router, "p0")
    ends_in_time(router)


SHARED = {"memif": ["net_memif0,socket={},socket-abstract=no,role=" + role for role in ("server", "client")],
          "virtio": ["net_vhost0,iface={}", "net_virtio_user0,path={}"]}


@pytest.mark.parametrize("kind", SHARED)
@pytest.mark.parametrize("first", [0, 1])
def test_either_end_of_shared_memory_ends_first(lab, kind, first):
    """left -- one == two -- right; the other router then goes on with its own host."""
    hosts, routers = [], []
    for number, (device, name) in enumerate(zip(SHARED[kind], ("one", "two")), 1):
        space, host = lab.namespace(name), lab.namespace("host-" + name)
        connect(host, "eth0", space, "veth0")
        host.address("eth0", f"10.{number}.0.2/24")
        host.ip("route", "add", "default", "via", f"10.{number}.0.1")
        hosts.append(host)
        routers.append(lab.router(space, name=name, init=[
            "link add p type port dev net_af_packet0,iface=veth0", f"addr add 10.{number}.0.1/24 dev p", "link set p up",
            f"link add s type port dev {device.format(lab.directory + '/shared')}", f"addr add 10.4.0.{number}/24 dev s",
            "link set s up", f"route add default via 10.4.0.{3 - number}"]))
    for router in routers:
        operstate(router, "s", "UP")
    hosts[0].ping("10.2.0.2")
    flood(hosts[0], "10.2.0.2")
    flood(hosts[1], "10.1.0.2")
    in_the_middle(routers[0], "s")
    ends_in_time(routers[first])
    other = 1 - first
    operstate(routers[other], "s", "DOWN")
    hosts[other].ping(f"10.{other + 1}.0.1")
    ends_in_time(routers[other])
