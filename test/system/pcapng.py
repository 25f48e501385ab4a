# SPDX-License-Identifier: BSD-3-Clause
"""A strict reader of pcapng files of one section in this machine's byte order: whatever is not as it must be raises."""
import dataclasses
import struct

SECTION, INTERFACE, STATISTICS, PACKET = 0x0A0D0D0A, 1, 5, 6
DIRECTIONS = {1: "in", 2: "out"}


@dataclasses.dataclass(frozen=True)
class Frame:
    time: int  # ns since 1970
    direction: str
    queue: int
    data: bytes


@dataclasses.dataclass
class Capture:
    name: str  # of the interface
    frames: list
    received: int = None  # what the statistics at the end say; None: there are none
    lost: int = None

    def going(self, direction):
        return [frame.data for frame in self.frames if frame.direction == direction]


def blocks(data):
    at = 0
    while at < len(data):
        kind, length = struct.unpack_from("=II", data, at)
        assert length >= 12 and length % 4 == 0 and at + length <= len(data), f"a block of {length} bytes at {at} of {len(data)}"
        assert struct.unpack_from("=I", data, at + length - 4)[0] == length, f"the block at {at} ends with another length"
        yield kind, data[at + 8:at + length - 4]
        at += length


def options(data):
    found = {}
    while data:
        code, length = struct.unpack_from("=HH", data)
        if code == 0:
            assert data == bytes(4)
            return found
        found[code] = data[4:4 + length]
        data = data[4 + (length + 3) // 4 * 4:]
    raise AssertionError("options without an end")


def number(data):
    return int.from_bytes(data, "little")


def read(path):
    with open(path, "rb") as file:
        content = list(blocks(file.read()))
    assert [kind for kind, _ in content[:2]] == [SECTION, INTERFACE]
    assert struct.unpack_from("=IHHq", content[0][1]) == (0x1A2B3C4D, 1, 0, -1)
    assert struct.unpack_from("=HHI", content[1][1]) == (1, 0, 0), "Ethernet, frames are not cut"
    about = options(content[1][1][8:])
    assert about[9] == b"\x09", "nanoseconds"
    capture = Capture(about[2].decode(), [])
    for kind, body in content[2:]:
        assert capture.received is None, "nothing follows the statistics"
        if kind == STATISTICS:
            counts = options(body[12:])
            capture.received, capture.lost = number(counts[4]), number(counts[5])
            continue
        assert kind == PACKET
        interface, high, low, captured, original = struct.unpack_from("=IIIII", body)
        assert interface == 0 and captured == original
        about = options(body[20 + (captured + 3) // 4 * 4:])
        capture.frames.append(Frame(high << 32 | low, DIRECTIONS[number(about[2])], number(about[6]), body[20:20 + captured]))
    return capture
