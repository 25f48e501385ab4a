#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The appliance as its vendor would build it: Flyover is installed somewhere, pkg-config says how to use it.

  test.py BUILD-DIRECTORY
"""
import os
import re
import subprocess
import sys
import tempfile

from scapy.all import ARP, ICMP, IP, TCP, UDP, Ether, rdpcap, wrpcap

HERE = os.path.dirname(os.path.abspath(__file__))
US, HOST = "10.0.0.1", "10.0.0.2"


def run(*words, env=None):
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=env, timeout=300)
    assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
    return done.stdout


def build(build_directory, root):
    run("meson", "install", "-C", build_directory, "--no-rebuild", "--destdir", root, "--tags", "devel")
    places = [os.path.join(at, name) for at, _, names in os.walk(root) for name in names if name == "flyover.pc"]
    assert len(places) == 1, "flyover.pc is installed once"
    with open(places[0], encoding="utf-8") as file:
        text = file.read()
    with open(places[0], "w", encoding="utf-8") as file:
        file.write(re.sub("^prefix=", f"prefix={root}", text, flags=re.M))  # where it lies for the time being
    env = {**os.environ, "PKG_CONFIG_PATH": os.path.dirname(places[0])}
    flags = run("pkg-config", "--cflags", "--libs", "flyover", env=env).split()
    program = os.path.join(root, "appliance")
    run("c++", "-std=c++20", "-O1", os.path.join(HERE, "appliance.cpp"), "-Werror", *flags, "-o", program)
    return program


def frames():
    """What a host inside sends: five connections, two of them telnet, three reports to the router, one ping."""
    to_us = Ether(src="02:00:00:00:00:02", dst="02:00:00:00:00:01")
    yield to_us / ARP(op=1, psrc=HOST, pdst=US, hwsrc="02:00:00:00:00:02")
    for port in (23, 80, 23, 443, 22):
        yield to_us / IP(src=HOST, dst="192.0.2.7", ttl=64) / TCP(dport=port)
    for _ in range(3):
        yield to_us / IP(src=HOST, dst=US) / UDP(dport=7777)
    yield to_us / IP(src=HOST, dst=US) / ICMP()


def main():
    with tempfile.TemporaryDirectory(prefix="flyover-embed-") as root:
        program = build(sys.argv[1], root)
        source, result = os.path.join(root, "in.pcap"), os.path.join(root, "out.pcap")
        wrpcap(source, list(frames()))
        said = run(program, f"net_pcap0,rx_pcap={source}", f"net_pcap1,tx_pcap={result}")
        print(said, end="")
        assert said == "sent outside 3, refused telnet 2, reports 3\n"
        out = [frame for frame in rdpcap(result) if TCP in frame]
        assert [frame[TCP].dport for frame in out] == [80, 443, 22]
        assert all(frame[Ether].dst == "02:00:00:00:01:09" and frame[IP].ttl == 63 for frame in out)
    print("1 passed, 0 failed")


if __name__ == "__main__":
    main()
