#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Asks the Linux kernel for the answers in FILE (default: answers.rows beside this program) and writes them into it.

    = what the row is about
    ! REASON                 why the question is dropped, in the words of `flyover drops show`; left out: it is used up
    set NAME VALUE           a setting of net.ipv4 for this row, as often as needed
    ? EXPRESSION             a frame in the words of test/oracle/frames.py; one or several; "@" is the row's own source
    > PORT HOW IP-PACKET     written here: the frame's bytes; HOW: host, broadcast or multicast, by its destination MAC
    < PORT IP-PACKET         written here: each answer, its identification zeroed

The router is the oracle's (test/oracle/case.py, BASE). Needs root.
"""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', '..', 'oracle'))

import frames                                                                    # noqa: E402
from case import BASE                                                            # noqa: E402
from router import LinuxRouter                                                   # noqa: E402


def how(raw):
    if raw[:6] == b'\xff' * 6:
        return 'broadcast'
    return 'multicast' if raw[0] & 1 else 'host'


def packet(raw):
    """The IP packet of a frame, without the frame's padding."""
    return raw[14:14 + int.from_bytes(raw[16:18], 'big')] if len(raw) >= 34 else raw[14:]


def masked(ip):
    return (ip[:4] + b'\0\0' + ip[6:10] + b'\0\0' + ip[12:]).hex()


def answers(router, name, settings, questions):
    """The '>' and '<' lines of a row."""
    lines = []
    router.configure(['set net.ipv4.' + s for s in settings])
    for question in questions:
        spec = eval(question, vars(frames))                                      # pylint: disable=eval-used
        raw = frames.frame(spec, frames.Context(frames.own_source(name), 0))
        lines.append('> 0 %s %s' % (how(raw), packet(raw).hex()))
        router.wire.send(0, raw)
    for _, port, raw in router.settle():
        if raw[12:14] == b'\x08\0':
            lines.append('< %d %s' % (port, masked(packet(raw))))
    router.try_each([case_undo(s) for s in settings])
    return lines


def case_undo(setting):
    from case import undo_of
    return undo_of('set net.ipv4.' + setting)


def main():
    path = sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, 'answers.rows')
    os.sched_setaffinity(0, {0})         # frames sent from one CPU are handled in order
    router = LinuxRouter()
    router.configure(BASE)
    router.settle()
    written, row = [], None

    def finish():
        if row:
            written.extend(answers(router, *row))

    with open(path) as file:
        for line in file.read().splitlines():
            if line.startswith('='):
                finish()
                row = (line[1:].strip(), [], [])
            elif line.startswith('set '):
                row[1].append(line[4:])
            elif line.startswith('?'):
                row[2].append(line[1:].strip())
            if not line.startswith(('>', '<')):
                written.append(line)
    finish()
    router.close()
    with open(path, 'w') as file:
        file.write('\n'.join(written) + '\n')


if __name__ == '__main__':
    main()
