#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""bad_checksum.py MAC FROM TO: one IPv4 frame out of eth0 whose header checksum is wrong."""
import socket
import struct
import sys

mac, source, destination = sys.argv[1:]
header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 46, 1, 0, 64, 17, 0x1234, socket.inet_aton(source), socket.inet_aton(destination))
with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as s:
    s.bind(("eth0", 0x0800))
    own = s.getsockname()[4]
    s.send(bytes.fromhex(mac.replace(":", "")) + own + b"\x08\x00" + header + bytes(26))
