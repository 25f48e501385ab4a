#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Include lines obey the floors:

  base <- net <- dpdk <- packet <- {iface route neighbour hook tunnel xfrm} <- ipv4 <- control <- app

A room includes itself and lower floors. Rooms of floor 4 know each other by ids, never by headers.
drivers/ use base, net, dpdk, packet and the headers made for them. base and net know neither DPDK nor the OS,
lib/ knows no sockets, Boost stays in app/.
"""
import os
import re

from lint import CPP, Finding, run

FLOOR = {"base": 0, "net": 1, "dpdk": 2, "packet": 3,
         "iface": 4, "route": 4, "neighbour": 4, "hook": 4, "tunnel": 4, "xfrm": 4,
         "ipv4": 5, "control": 6}
DRIVERS_FLOOR = 3                                    # drivers use the floors up to this one ...
FOR_DRIVERS = {"lib/iface/port_driver.hpp"}          # ... and these headers, which exist for them
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')
SOCKETS = re.compile(r"^(sys/(socket|un|epoll|ioctl|poll)\.h|netinet/|arpa/|net/|netpacket/|netdb\.h|poll\.h|"
                     r"linux/(?!capability\.h)|libmnl/)")
OS = re.compile(r"^(unistd\.h|fcntl\.h|pthread\.h|sched\.h|signal\.h|sys/|linux/)")


def room(path):
    """The room that a path of the tree lies in: "net", "drivers", "app", "test"; None outside of them."""
    parts = path.split("/")
    if parts[0] == "lib":
        return parts[1] if len(parts) > 2 else None
    return parts[0] if parts[0] in ("drivers", "app", "test") else None


def resolve(tree, includer, name):
    """The file of the tree that an include line means, or None for a header of the system."""
    for base in (os.path.dirname(includer), "", "lib", "drivers", "app"):
        path = os.path.normpath(os.path.join(base, name))
        if os.path.isfile(tree.path(path)):
            return path
    return None


def own(includer, target):
    """What is wrong about including this file of ours, or None."""
    here, there = room(includer), room(target)
    if here in ("app", "test", None) or here == there:
        if here == "drivers" and includer.split("/")[1] != target.split("/")[1]:
            return "drivers do not know each other"
        return None
    if there not in FLOOR:
        return f"{here} may not include {there or 'the top level'}"
    if here == "drivers":
        allowed = FLOOR[there] <= DRIVERS_FLOOR or target in FOR_DRIVERS
        return None if allowed else f"drivers may use base, net, dpdk, packet and {', '.join(sorted(FOR_DRIVERS))}"
    if here not in FLOOR:
        return f"lib/{here} has no floor: add it to test/lint/floors.py"
    if FLOOR[there] > FLOOR[here]:
        return f"{here} (floor {FLOOR[here]}) may not include {there} (floor {FLOOR[there]})"
    if FLOOR[there] == FLOOR[here]:
        return f"{here} and {there} share floor {FLOOR[here]}: know each other by ids, not by headers"
    return None


def foreign(includer, name):
    """What is wrong about including this header of the system, or None."""
    here = room(includer)
    if name.startswith("boost/") and here not in ("app", "test"):
        return "Boost stays in app/"
    if includer.startswith("lib/") and SOCKETS.match(name):
        return "no sockets in lib/"
    if here in ("base", "net") and name.startswith("rte_"):
        return f"{here} knows no DPDK"
    if here in ("base", "net") and OS.match(name):
        return f"{here} knows no operating system"
    return None


def check(tree):
    for includer in tree.names(("lib/", "drivers/", "app/"), CPP):
        for number, line in enumerate(tree.lines(includer), 1):
            found = INCLUDE.match(line)
            if not found:
                continue
            target = resolve(tree, includer, found.group(1))
            wrong = own(includer, target) if target else foreign(includer, found.group(1))
            if wrong:
                yield Finding(includer, number, f"{found.group(1)}: {wrong}")


if __name__ == "__main__":
    run(check)
