#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes down what the kernel of this machine does with the commands of recorded/*.txt, in the files themselves.

  sudo test/unit/route/record.py [FILE...]

A file holds cases. Each begins with "== name" on a router with lo, d0 and d1 up, d2 down, each with a cable to a peer that
is up. "$ words" is a command of `ip`; "carrier DEV on|off" stands for the cable. What the kernel answers follows and is
written anew by this program: "< status" and "< text" when it refuses, "| line" for what show prints.
"""
import glob
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROUTER, PEER = f"flyrec{os.getpid()}", f"flyrec{os.getpid()}p"


def ip(*words, netns=None):
    return subprocess.run(["ip", *(["-n", netns] if netns else []), *words], capture_output=True, text=True)


def stop():
    for name in ROUTER, PEER:
        ip("netns", "del", name)


def start():
    stop()
    for name in ROUTER, PEER:
        ip("netns", "add", name)
        for which in "all", "default":
            subprocess.run(["ip", "netns", "exec", name, "sysctl", "-qw", f"net.ipv6.conf.{which}.disable_ipv6=1"], check=True)
    ip("link", "set", "lo", "up", netns=ROUTER)
    for i in range(3):
        ip("link", "add", f"d{i}", "type", "veth", "peer", "name", f"p{i}", "netns", PEER, netns=ROUTER)
        ip("link", "set", f"p{i}", "up", netns=PEER)
        if i < 2:
            ip("link", "set", f"d{i}", "up", netns=ROUTER)


def wait_for_carrier(device, state):
    """The kernel tells its routes within about a second."""
    end = time.monotonic() + 5
    while f" state {state} " not in ip("link", "show", device, netns=ROUTER).stdout and time.monotonic() < end:
        time.sleep(0.05)


def answer(words):
    """The lines to write beneath a command."""
    if words[0] == "carrier":
        ip("link", "set", words[1].replace("d", "p"), "up" if words[2] == "on" else "down", netns=PEER)
        wait_for_carrier(words[1], "UP" if words[2] == "on" else "DOWN")
        return []
    done = ip("-4", "-d", *words, netns=ROUTER)
    if done.returncode:
        return [f"< {done.returncode}"] + [f"< {line}".rstrip() for line in done.stderr.splitlines() if line]
    return [f"| {line}".rstrip() for line in done.stdout.splitlines()] if "show" in words else []


def record(path):
    with open(path, encoding="utf-8") as file:
        lines = [line.rstrip() for line in file if not line.startswith(("<", "|"))]
    written = []
    for line in lines:
        written.append(line)
        if line.startswith("== "):
            start()
        elif line.startswith("$ "):
            written += answer(line[2:].split())
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(written) + "\n")


def main():
    try:
        for path in sys.argv[1:] or sorted(glob.glob(os.path.join(HERE, "recorded", "*.txt"))):
            record(path)
    finally:
        stop()


if __name__ == "__main__":
    main()
