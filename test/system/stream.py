#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""One TCP connection with content that can be checked: stream.py serve | stream.py send ADDRESS MEGABYTES MSS

The server prints how many bytes came and their hash, the client how many it has sent and theirs.
"""
import hashlib
import os
import socket
import sys

PORT = 5999


def serve():
    with socket.create_server(("0.0.0.0", PORT)) as listener:
        connection, _ = listener.accept()
        digest, total = hashlib.sha256(), 0
        while data := connection.recv(1 << 16):
            digest.update(data)
            total += len(data)
        connection.sendall(b".")
    print(total, digest.hexdigest())


def send(address, megabytes, mss):
    digest = hashlib.sha256()
    with socket.socket() as s:
        s.settimeout(60)
        if mss:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, mss)
        s.connect((address, PORT))
        for _ in range(megabytes):
            data = os.urandom(1 << 20)
            digest.update(data)
            s.sendall(data)
        s.shutdown(socket.SHUT_WR)
        assert s.recv(1) == b".", "the server has it all"
    print(megabytes << 20, digest.hexdigest())


if __name__ == "__main__":
    serve() if sys.argv[1] == "serve" else send(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
