#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Asks the Linux kernel what it makes of fragments that are for it, and writes the answers into reassembly.rows beside
this program.

    = what the row is about
    set NAME VALUE    a setting of net.ipv4 for this row
    > IP-PACKET       a fragment, of protocol 253 (bytes: see record_journeys.py)
    @ MS              so much time passes
    < IP-PACKET       a datagram that a raw socket has received, at this place of the row
    ! IP-PACKET       what the router says by then, its identification zeroed

Needs root.
"""
import os
import socket
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.path.insert(0, os.path.join(HERE, '..', '..', 'oracle'))

import frames                                                                    # noqa: E402
from case import BASE                                                            # noqa: E402
from frames import pattern                                                       # noqa: E402
from record import packet                                                        # noqa: E402
from record_journeys import steady, text                                         # noqa: E402
from router import LinuxRouter                                                   # noqa: E402

ROWS = []


class Wait:
    def __init__(self, ms):
        self.ms = ms


def piece(start, end, more=1, **fields):
    """Bytes start to end of a datagram of the pattern."""
    fields = {'proto': 253, 'dst': '10.0.0.1', 'src': '10.64.7.7', 'id': 77} | fields
    data = fields.pop('data', None) or (pattern(9000) * 9)[start:end]
    return frames.ip(data, off=start, mf=more, **fields)


def row(name, *steps, settings=()):
    ROWS.append((name, list(settings), list(steps)))


def cut(sizes, order=None, **fields):
    """A datagram in pieces of these sizes, sent in this order."""
    starts = [sum(sizes[:i]) for i in range(len(sizes) + 1)]
    parts = [piece(starts[i], starts[i + 1], int(i + 2 < len(starts)), **fields) for i in range(len(sizes))]
    return [parts[i] for i in order or range(len(parts))]


def describe():
    row('in order', *cut([800, 400]))
    row('last first', *cut([800, 400], [1, 0]))
    row('three, every order: 021', *cut([80, 160, 41], [0, 2, 1]))
    row('three, every order: 102', *cut([80, 160, 41], [1, 0, 2]))
    row('three, every order: 120', *cut([80, 160, 41], [1, 2, 0]))
    row('three, every order: 201', *cut([80, 160, 41], [2, 0, 1]))
    row('three, every order: 210', *cut([80, 160, 41], [2, 1, 0]))
    row('one that is missing', *cut([80, 160, 41], [0, 2]))
    row('forty of eight bytes, backwards', *cut([8] * 40, list(range(39, -1, -1))))
    row('forty of eight bytes, the odd ones first', *cut([8] * 40, list(range(1, 40, 2)) + list(range(0, 40, 2))))
    row('a single fragment that says it is all', piece(0, 80, 0))
    row('the longest datagram there is', *cut([1480] * 44 + [395]))
    row('the longest datagram there is, backwards', *cut([1480] * 44 + [395], list(range(44, -1, -1))))
    row('a byte longer than can be', *cut([1480] * 44 + [396]))
    row('a fragment at the very end', piece(0, 80), piece(65528, 65600, 0))

    row('the first one twice', *cut([80, 40], [0, 0, 1]))
    row('the last one twice', *cut([80, 40, 40], [2, 2, 0, 1]))
    row('a duplicate of other bytes', piece(0, 80), piece(0, 80, data=bytes(80)), piece(80, 120, 0))
    row('a part of one that is here', piece(0, 80), piece(16, 64), piece(80, 120, 0))
    row('the end of one that is here', piece(0, 80), piece(40, 80), piece(80, 120, 0))
    row('a part of two that came in order', piece(0, 80), piece(80, 160), piece(40, 120), piece(160, 200, 0))
    row('a part of two that came backwards', piece(80, 160), piece(0, 80), piece(40, 120), piece(160, 200, 0))
    row('all of two that came in order', piece(0, 80), piece(80, 160), piece(0, 160), piece(160, 200, 0))
    row('all of two that came backwards', piece(80, 160), piece(0, 80), piece(0, 160), piece(160, 200, 0))
    row('overlap by its beginning', piece(0, 80), piece(72, 160), piece(80, 200, 0), piece(160, 200, 0))
    row('overlap by its end', piece(80, 160), piece(0, 88), piece(0, 80), piece(160, 200, 0))
    row('overlap of a gap and both its sides', piece(0, 80), piece(160, 240), piece(40, 200), piece(80, 160), piece(240, 280, 0))
    row('overlap beyond the last', piece(0, 80), piece(160, 240), piece(80, 248), piece(80, 160), piece(240, 280, 0))
    row('a gap that is filled exactly', piece(0, 80), piece(160, 240), piece(80, 160), piece(240, 280, 0))
    row('a gap that is filled, and a part of the filling', piece(0, 80), piece(160, 240), piece(80, 160), piece(96, 120), piece(240, 280, 0))
    row('a gap that is filled, and a part of filling and side', piece(0, 80), piece(160, 240), piece(80, 160), piece(64, 120), piece(240, 280, 0))
    row('after an overlap, all of it once more', piece(0, 80), piece(72, 160), *cut([80, 80]))
    row('after the datagram, a late duplicate', *cut([80, 80]), piece(0, 80))
    row('after a late duplicate, all of it once more', *cut([80, 80]), piece(0, 80), *cut([80, 80]))
    row('the same datagram twice', *cut([80, 80]), *cut([80, 80]))

    row('two different ends', piece(80, 160, 0), piece(80, 200, 0), piece(0, 80), piece(80, 200, 0))
    row('an end before what is here', piece(80, 160), piece(0, 80, 0), piece(0, 80), piece(160, 200, 0))
    row('data behind the end', piece(80, 160, 0), piece(160, 240), piece(0, 80))
    row('an end that is no multiple of 8, and more to come', piece(0, 83), piece(80, 120, 0))
    row('less than 8 bytes, and more to come', piece(0, 7), piece(0, 80), piece(80, 120, 0))
    row('trimmed to what is here already', piece(0, 80), piece(0, 87), piece(80, 120, 0))
    row('trimmed, behind the end', piece(0, 80, 0, data=pattern(80)), piece(0, 83))
    row('no data, more to come', frames.ip(b'', proto=253, dst='10.0.0.1', src='10.64.7.7', id=77, mf=1),
        *cut([80, 80]))
    row('no data, the last one', piece(0, 80), frames.ip(b'', proto=253, dst='10.0.0.1', src='10.64.7.7', id=77, off=80), *cut([80, 80]))

    row('two datagrams by identification', piece(0, 80), piece(0, 80, id=78), piece(80, 160, 0, id=78), piece(80, 160, 0))
    row('two datagrams by source', piece(0, 80), piece(0, 80, src='10.64.7.8'), piece(80, 160, 0, src='10.64.7.8'), piece(80, 160, 0))
    row('two datagrams by destination', piece(0, 80), piece(80, 160, 0, dst='10.0.1.1'), piece(0, 80, dst='10.0.1.1'), piece(80, 160, 0))
    row('two datagrams by protocol', piece(0, 80), piece(80, 160, 0, proto=252), piece(0, 80, proto=252), piece(80, 160, 0))
    row('to a broadcast address', *cut([80, 80], dst='10.0.0.255'))

    for first in range(4):
        for second in range(4):
            row('ECN %d and %d' % (first, second), piece(0, 80, tos=0x40 | first), piece(80, 160, 0, tos=0x80 | second))
    row('ECN 1, 2 and 3', piece(0, 80, tos=1), piece(80, 160, tos=2), piece(160, 200, 0, tos=3))
    row('ECN 0, 1 and 2', piece(0, 80, tos=0), piece(80, 160, tos=1), piece(160, 200, 0, tos=2))
    row('ECN 1, 2 and 1', piece(0, 80, tos=1), piece(80, 160, tos=2), piece(160, 200, 0, tos=1))

    row('DF in all', *cut([80, 160, 40], df=1))
    row('DF in the longest', piece(0, 80), piece(80, 240, df=1), piece(240, 280, 0))
    row('DF in one of two that are longest', piece(0, 80), piece(80, 160, df=1), piece(160, 200, 0))
    row('DF in a short one', piece(0, 80), piece(80, 240), piece(240, 280, 0, df=1))
    row('DF in the longest by its options', piece(0, 80, df=1, opts=b'\1' * 8), piece(80, 160, 0))
    row('the reserved flag', piece(0, 80, evil=1), piece(80, 160, 0, evil=1))
    row('ttl of the first', piece(80, 160, 0, ttl=9), piece(0, 80, ttl=33))
    row('options of the first', piece(0, 80, opts=b'\x94\4\0\0'), piece(80, 160, 0))
    row('options of the second only', piece(0, 80), piece(80, 160, 0, opts=b'\x94\4\0\0'))
    row('options of both', piece(80, 160, 0, opts=b'\1' * 4), piece(0, 80, opts=b'\1' * 8))
    row('options that are filled in', piece(0, 80, opts=b'\7\7\4' + bytes(5)), piece(80, 160, 0, opts=b'\7\x0b\4' + bytes(9)))
    row('longest with options', *cut([1440] * 45 + [675], opts=b'\1' * 40))
    row('too long with options', *cut([1440] * 45 + [676], opts=b'\1' * 40))

    between = [piece(0, 8, id=1000 + i) for i in range(70)]
    for others in (3, 4, 5):
        row('%d others in between, at most 4' % others, piece(0, 80), *between[:others], piece(80, 160, 0), piece(0, 80),
            settings=['ipfrag_max_dist 4'])
    for others in (63, 64):
        row('%d others in between' % others, piece(0, 80), *between[:others], piece(80, 160, 0))
    row('others in between, any number', piece(0, 80), *between, piece(80, 160, 0), settings=['ipfrag_max_dist 0'])
    row('others of another source in between', piece(0, 80), *[piece(0, 8, id=1, src='10.64.9.%d' % i) for i in range(6)],
        piece(80, 160, 0), settings=['ipfrag_max_dist 4'])

    one = ['ipfrag_time 1']
    row('time is up', piece(0, 80), Wait(1300), piece(80, 160, 0), piece(0, 80), settings=one)
    row('time is up without the first', piece(80, 160, 0), Wait(1300), piece(0, 80), settings=one)
    row('time runs from the first to come', piece(0, 80), Wait(600), piece(80, 160), Wait(700), piece(160, 200, 0), settings=one)
    row('time is up: a long first fragment', piece(0, 1480), Wait(1300), settings=one)
    row('time is up: a trimmed first fragment', piece(0, 83), Wait(1300), settings=one)
    row('time is up: to a broadcast address', piece(0, 80, dst='10.0.0.255'), Wait(1300), settings=one)
    row('time is up: options', piece(0, 80, opts=b'\7\7\4' + bytes(5)), Wait(1300), settings=one)
    row('time begins again with a late fragment', piece(0, 80), Wait(600), *between[:6], piece(80, 160, 0), Wait(700), piece(0, 80),
        settings=one + ['ipfrag_max_dist 4'])
    row('no room', piece(0, 80), piece(80, 160, 0), settings=['ipfrag_low_thresh 0', 'ipfrag_high_thresh 0'])
    row('room for two', *[piece(0, 80, id=i) for i in range(3)], *[piece(80, 160, 0, id=i) for i in range(3)],
        settings=['ipfrag_low_thresh 0', 'ipfrag_high_thresh 2000'])


def listen(router, proto):
    with router.space.entered():
        one = socket.socket(socket.AF_INET, socket.SOCK_RAW, proto)
    one.setblocking(False)
    return one


def heard(sockets):
    """What the raw sockets have received."""
    time.sleep(0.01)
    found = []
    for one in sockets:
        try:
            while True:
                found.append(one.recv(65536))
        except BlockingIOError:
            pass
    return found


def ask(router, sockets, steps):
    lines = []
    for step in steps:
        if isinstance(step, Wait):
            time.sleep(step.ms / 1000)
            lines.append('@ %d' % step.ms)
        else:
            raw = frames.frame(step, frames.Context('10.64.7.7', 0))
            lines.append('> ' + text(packet(raw)))
            router.wire.send(0, raw)
            if len(steps) > 40 and step is not steps[-1]:
                continue
        lines += ['< ' + text(one) for one in heard(sockets)]
        lines += ['! ' + steady(packet(raw)) for _, _, raw in router.wire.receive(0) if raw[12:14] == b'\x08\0']
    return lines


def main():
    os.sched_setaffinity(0, {0})
    describe()
    lines = ['# Fragments and what Linux makes of them: sudo test/unit/ipv4/record_reassembly.py']
    for name, settings, steps in ROWS:
        router = LinuxRouter()            # a fresh one, with nothing left of the row before
        router.configure(BASE)
        router.configure(['link set p0 mtu 9000'])
        router.settle()
        sockets = [listen(router, proto) for proto in (253, 252)]
        router.configure(['set net.ipv4.' + s for s in settings])
        lines += ['= ' + name] + ['set ' + s for s in settings] + ask(router, sockets, steps)
        for one in sockets:
            one.close()
        router.close()
    with open(os.path.join(HERE, 'reassembly.rows'), 'w') as file:
        file.write('\n'.join(lines) + '\n')


if __name__ == '__main__':
    main()
