# SPDX-License-Identifier: BSD-3-Clause
"""Fixtures: namespaces and routers that go away with the test. Needs root; run it by test/run system."""
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from daemon import Router  # noqa: E402
from net import Namespace, connect  # noqa: E402


def pytest_collection_modifyitems(items):
    if os.geteuid() != 0:
        for item in items:
            item.add_marker(pytest.mark.skip(reason="needs root"))


class Lab:
    """Makes namespaces and routers, and takes them down in reverse."""

    def __init__(self, directory):
        self.directory = str(directory)
        self.namespaces = []
        self.routers = []

    def namespace(self, name):
        space = Namespace(name)
        self.namespaces.append(space)
        return space

    def router(self, namespace, **more):
        router = Router(namespace, self.directory, **more)
        self.routers.append(router)
        return router

    def close(self):
        for router in self.routers:
            if router.child.poll() is None:
                router.child.kill()
                router.child.wait()
            print(router.log())
        for space in reversed(self.namespaces):
            space.close()


@pytest.fixture
def lab(tmp_path):
    made = Lab(tmp_path)
    yield made
    made.close()


class Pair:
    """Two hosts, a router between them: 10.1.0.2 -- 10.1.0.1 p0 | p1 10.2.0.1 -- 10.2.0.2."""

    def __init__(self, lab, mtu=1500, start=True, **more):
        self.lab = lab
        self.left, self.middle, self.right = (lab.namespace(n) for n in ("left", "router", "right"))
        for host, port, net in ((self.left, "veth0", 1), (self.right, "veth1", 2)):
            connect(host, "eth0", self.middle, port, mtu)
            host.address("eth0", f"10.{net}.0.2/24")
            host.ip("route", "add", "default", "via", f"10.{net}.0.1")
        self.more = more
        if start:
            self.start()

    def start(self, extra=(), **more):
        port_words = self.more.get("port_words", "")
        init = [f"link add p0 type port dev net_af_packet0,iface=veth0{port_words}",
                f"link add p1 type port dev net_af_packet1,iface=veth1{port_words}",
                "addr add 10.1.0.1/24 dev p0", "addr add 10.2.0.1/24 dev p1",
                "link set p0 up", "link set p1 up", *extra]
        options = {key: value for key, value in self.more.items() if key != "port_words"}
        self.router = self.lab.router(self.middle, init=init, **{**options, **more})
        return self.router


@pytest.fixture
def pair(lab):
    made = Pair(lab)
    yield made
    if made.router.child.poll() is None:
        made.router.stop()
