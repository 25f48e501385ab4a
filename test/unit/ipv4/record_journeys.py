#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Asks the Linux kernel how packets leave it that came with options or were too long, and writes the answers into
journeys.rows beside this program. Rows are as in answers.rows (see record.py); expressions may use the names of
test/oracle/cases/b_options.py. "~START,SIZE~" between hex digits: so many bytes of pattern(9000) from there.
The identification is kept in what is forwarded, and zeroed in what the router itself says. Times in options read NOON.
Needs root.
"""
import datetime
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.path.insert(0, os.path.join(HERE, '..', '..', 'oracle'))

import frames                                                                    # noqa: E402
from case import BASE                                                            # noqa: E402
from cases import b_options                                                      # noqa: E402
from record import case_undo, how, packet                                        # noqa: E402
from router import LinuxRouter                                                   # noqa: E402

NOON = 43200000                          # ms
MTUS = {1: 900, 2: 1200, 3: 68, 4: 28, 5: 36, 6: 100, 7: 1499}
OWN = [frames.addr('10.0.%d.1' % i) for i in range(3)]


def day_ms():
    now = datetime.datetime.now(datetime.timezone.utc)
    return ((now.hour * 60 + now.minute) * 60 + now.second) * 1000 + now.microsecond // 1000


def noon(raw, start, end):
    """The bytes with every time of just now replaced; where none is, the same object."""
    now = day_ms()
    for at in range(start, end - 3):
        if 0 <= now - int.from_bytes(raw[at:at + 4], 'big') < 5000:
            raw = raw[:at] + NOON.to_bytes(4, 'big') + raw[at + 4:]
    return raw


def text(data):
    """Hex digits, long pieces of the pattern named."""
    out, at, pattern = '', 0, frames.pattern(9000)
    while at < len(data):
        start, size = pattern.find(data[at:at + 24]), 24
        if start < 0 or at + size > len(data):
            out += '%02x' % data[at]
            at += 1
            continue
        while at + size < len(data) and start + size < len(pattern) and data[at + size] == pattern[start + size]:
            size += 1
        out += '~%d,%d~' % (start, size)
        at += size
    return out


def summed(data, at):
    data = data[:at] + b'\0\0' + data[at + 2:]
    return data[:at] + frames.checksum(data).to_bytes(2, 'big') + data[at + 2:]


def steady(ip):
    """What is random or tells the time taken out of a packet."""
    size = (ip[0] & 15) * 4
    head, body = noon(ip[:size], 20, size), ip[size:]
    own = ip[12:16] in OWN
    if own:
        head = head[:4] + b'\0\0' + head[6:]
    if own and ip[9] == 1 and len(body) > 28:                                    # an error: its quote may have options
        body = noon(body, 28, min(len(body), 8 + (body[8] & 15) * 4))
    if own and ip[9] == 1:
        body = summed(body, 2)
    return text(summed(head, 10) + body)


def answers(router, name, settings, questions):
    lines = []
    router.configure(['set net.ipv4.' + s for s in settings])
    for question in questions:
        spec = eval(question, vars(frames) | vars(b_options))                    # pylint: disable=eval-used
        raw = frames.frame(spec, frames.Context(frames.own_source(name), 0))
        lines.append('> 0 %s %s' % (how(raw), text(packet(raw))))
        router.wire.send(0, raw)
    for _, port, raw in router.settle():
        if raw[12:14] == b'\x08\0':
            lines.append('< %d %s' % (port, steady(packet(raw))))
    router.try_each([case_undo(s) for s in settings])
    return lines


def skeleton():
    """The rows without answers."""
    dst = {v: "dst='40.%d.0.1'" % k for k, v in MTUS.items()}
    rows = []

    def row(name, *questions, settings=()):
        rows.append((name, list(settings), list(questions)))

    for length in (899, 900, 901, 907, 908, 909, 1000, 1780, 1781, 1788, 2661):
        row('%d bytes into 900' % length, "ip(pattern(%d), proto=253, %s)" % (length - 20, dst[900]))
    for mtu, data in ((1200, 1400), (68, 300), (28, 100), (36, 45), (100, 1480), (1499, 1480), (900, 8980)):
        row('%d bytes of data into %d' % (data, mtu), "ip(pattern(%d), proto=253, %s)" % (data, dst[mtu]))
    into = dst[900]
    row('tos, ttl and identification stay', "ip(pattern(1000), proto=253, tos=0xb9, ttl=7, id=0, %s)" % into)
    row('the reserved flag goes', "ip(pattern(1000), proto=253, evil=1, %s)" % into)
    row('a first fragment', "ip(pattern(1000), proto=253, mf=1, %s)" % into)
    row('a middle fragment', "ip(pattern(1000), proto=253, mf=1, off=1000, %s)" % into)
    row('a last fragment', "ip(pattern(1001), proto=253, off=2000, %s)" % into)
    row('a fragment whose length is no multiple of 8', "ip(pattern(1001), proto=253, mf=1, off=800, %s)" % into)
    row('a fragment at the very end', "ip(pattern(1000), proto=253, off=65528, %s)" % into)
    row('DF', "ip(pattern(1000), proto=253, df=1, %s)" % into)
    row('DF that fits', "ip(pattern(880), proto=253, df=1, %s)" % into)
    row('DF in a fragment', "ip(pattern(1000), proto=253, df=1, mf=1, %s)" % into)
    row('two datagrams', "ip(pattern(1000), proto=253, id=1, %s)" % into, "ip(pattern(1000), proto=253, id=2, %s)" % into)
    for title, text in (('no operations', "NOP * 4"), ('record route', "rr(3)"), ('full record route', "rr(1, 8, filled=['1.1.1.1'])"),
                        ('times', "ts(0, 3)"), ('router alert', "ALERT"), ('router alert and record route', "ALERT + rr(2)"),
                        ('record route and security', "rr(2) + b'\\x82\\x0b' + pattern(9)"),
                        ('an unknown copied option', "b'\\x9e\\x06abcd'"), ('an unknown option', "b'\\x1e\\x06abcd'"),
                        ('an end of list', "NOP + EOL + b'\\x07\\x01'"), ('forty bytes', "rr(9) + NOP")):
        row('fragments with ' + title, "ip(pattern(1000), proto=253, opts=%s, %s)" % (text, into))
        row('fragments of a later fragment with ' + title, "ip(pattern(1000), proto=253, off=800, opts=%s, %s)" % (text, into))
    row('forty bytes of options into 68', "ip(pattern(40), proto=253, opts=NOP * 40, %s)" % dst[68])
    for title in b_options.FORMS:
        row('forwarded: ' + title, 'ip(udp(), opts=FORMS[%r])' % title)
        row('echo: ' + title, "ip(icmp(), dst='10.0.0.1', opts=FORMS[%r])" % title)
    for title in ('record route with room', 'timestamps with addresses', 'option of length 0', 'timestamps that are full'):
        row('time exceeded: ' + title, 'ip(udp(), ttl=1, opts=FORMS[%r])' % title)
        row('no route: ' + title, "ip(udp(), dst='99.0.0.1', opts=FORMS[%r])" % title)
        row('martian: ' + title, "ip(udp(), src='127.0.0.1', opts=FORMS[%r])" % title)
        row('too long with DF: ' + title, 'ip(pattern(1000), proto=253, df=1, opts=FORMS[%r], %s)' % (title, into))
        row('later fragment: ' + title, 'ip(pattern(40), off=800, opts=FORMS[%r])' % title)
        row('leaving by the port of arrival: ' + title, "ip(udp(), dst='10.0.0.3', opts=FORMS[%r])" % title)
    on = ['conf.all.accept_source_route 1', 'conf.p0.accept_source_route 1']
    for title in b_options.HOPS:
        for proto in ('udp', 'icmp'):
            row('source routing on, %s: %s' % (proto, title),
                '(lambda h: ip(%s(), dst=h[1], opts=route(h[0], *h[2], pointer=h[3])))(HOPS[%r])' % (proto, title), settings=on)
    row('strict, TTL 1', "ip(udp(), dst='10.0.0.1', ttl=1, opts=route(SSRR, '20.0.0.9'))", settings=on)
    row('strict, too long with DF', "ip(pattern(1400), proto=253, df=1, dst='10.0.0.1', opts=route(SSRR, '20.0.0.9'))", settings=on)
    row('loose, to a longer path', "ip(pattern(1000), proto=253, dst='10.0.0.1', opts=route(LSRR, '40.1.0.1'))", settings=on)
    row('loose, record route and times too', "ip(udp(), dst='10.0.0.1', opts=rr(1) + NOP + route(LSRR, '20.0.0.9') + NOP + ts(1, 1))",
        settings=on)
    row('loose, to a broadcast address', "ip(udp(), dst='10.0.0.1', opts=route(LSRR, '10.0.1.255'))", settings=on)
    row('loose, to 127.0.0.1', "ip(udp(), dst='10.0.0.1', opts=route(LSRR, '127.0.0.1'))", settings=on)
    row('loose, to a group', "ip(udp(), dst='10.0.0.1', opts=route(LSRR, '224.0.0.1'))", settings=on)
    row('loose, in a broadcast frame', "eth(ip(udp(), dst='10.0.0.1', opts=route(LSRR, '20.0.0.9')), dst=BROADCAST)", settings=on)
    row('loose, without room', "ip(udp(), dst='10.0.0.1', opts=bytes([LSRR, 6, 4, 0, 0, 0]))", settings=on)
    row('loose, to a broadcast destination', "ip(udp(), dst='10.0.0.255', opts=route(LSRR, '20.0.0.9'))", settings=on)
    return rows


def main():
    os.sched_setaffinity(0, {0})         # frames sent from one CPU are handled in order
    router = LinuxRouter()
    router.configure(BASE)
    router.configure(['link set p0 mtu 9000'])
    router.configure(['route add 40.%d.0.0/16 via 10.0.1.2 mtu %d' % pair for pair in MTUS.items()])
    router.settle()
    lines = ['# Packets and how they leave Linux: sudo test/unit/ipv4/record_journeys.py']
    for name, settings, questions in skeleton():
        lines += ['= ' + name] + ['set ' + s for s in settings] + ['? ' + q for q in questions]
        lines += answers(router, name, settings, questions)
    router.close()
    with open(os.path.join(HERE, 'journeys.rows'), 'w') as file:
        file.write('\n'.join(lines) + '\n')


if __name__ == '__main__':
    main()
