#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""flows.py TO NUMBER: one UDP packet from each of so many ports."""
import socket
import sys

for _ in range(int(sys.argv[2])):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.sendto(b"flow", (sys.argv[1], 9))
