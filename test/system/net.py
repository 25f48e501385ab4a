# SPDX-License-Identifier: BSD-3-Clause
"""Network namespaces with veth between them, for tests: made with a prefix of this process, removed whatever happens."""
import json
import os
import signal
import subprocess
import time

PREFIX = f"fosys{os.getpid()}-"
STREAM = ("/usr/bin/python3", os.path.join(os.path.dirname(os.path.abspath(__file__)), "stream.py"))
PATIENCE = 30  # seconds: only a hang takes so long


def run(*command, check=True, timeout=60, **more):
    """A command's finished process; its output as text."""
    words = [str(word) for word in command]
    done = subprocess.run(words, capture_output=True, text=True, timeout=timeout, check=False, **more)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(words)}: status {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def wait_for(what, truth, patience=PATIENCE):
    """The first true value of truth(), which is asked again and again."""
    end = time.monotonic() + patience
    while True:
        value = truth()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {patience} s in vain: {what}")
        time.sleep(0.02)


class Namespace:
    """A network namespace: a host, or where a router's ports lie."""

    def __init__(self, name):
        self.name = PREFIX + name
        run("ip", "netns", "add", self.name)
        self.children = []
        self.run("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1")
        self.ip("link", "set", "lo", "up")

    def ip(self, *words, **more):
        return run("ip", "-n", self.name, *words, **more)

    def ip_json(self, *words):
        return json.loads(run("ip", "-n", self.name, "-j", *words).stdout or "[]")

    def run(self, *command, **more):
        return run("ip", "netns", "exec", self.name, *command, **more)

    def start(self, *command, **more):
        """A program that goes on running in the namespace, until close() at the latest."""
        words = ["ip", "netns", "exec", self.name] + [str(word) for word in command]
        child = subprocess.Popen(words, text=True, **more)
        self.children.append(child)
        return child

    def close(self):
        for child in self.children:
            if child.poll() is None:
                child.send_signal(signal.SIGKILL)
            child.wait()
        for pid in run("ip", "netns", "pids", self.name, check=False).stdout.split():
            os.kill(int(pid), signal.SIGKILL)
        run("ip", "netns", "del", self.name, check=False)

    # ---- what hosts do ----

    def address(self, device, address):
        self.ip("addr", "add", address, "dev", device)

    def ping(self, address, *more, count=3, check=True):
        """Statistics of a ping: (sent, received, output)."""
        done = self.run("ping", "-n", "-c", count, "-i", "0.1", "-W", "10", *more, address, check=False)
        line = next((line for line in done.stdout.splitlines() if "packets transmitted" in line), "0 0 0 0")
        words = line.split()
        sent, received = int(words[0]), int(words[3])
        if check:
            assert sent == count and received == count, done.stdout + done.stderr
        return sent, received, done.stdout

    def serve_iperf(self):
        server = self.start("iperf3", "-s", "-1", "-J", stdout=subprocess.DEVNULL)
        wait_for("iperf3's port", lambda: self.run("ss", "-Hltn", "sport = 5201").stdout.strip())
        return server

    def iperf(self, address, *more):
        done = self.run("iperf3", "-J", "-c", address, *more, check=False)
        result = json.loads(done.stdout)
        assert "error" not in result, result["error"]
        return result["end"]

    def transfer(self, peer, address, megabytes, mss=0):
        """So much by TCP to a peer: it arrives whole and as it was."""
        server = peer.start(*STREAM, "serve", stdout=subprocess.PIPE)
        wait_for("the server's port", lambda: peer.run("ss", "-Hltn", "sport = 5999").stdout.strip())
        sent = self.run(*STREAM, "send", address, megabytes, mss).stdout
        assert server.communicate(timeout=PATIENCE)[0] == sent


def connect(host, device, router, port, mtu=1500):
    """A veth pair: `device` in the host, `port` in the router's namespace."""
    router.ip("link", "add", port, "mtu", mtu, "type", "veth", "peer", "name", device, "mtu", mtu, "netns", host.name)
    # veth leaves TCP and UDP checksums to a hardware that is not there; our side reads frames as they are.
    host.run("ethtool", "-K", device, "tx", "off")
    host.ip("link", "set", device, "up")
    router.ip("link", "set", port, "up")
