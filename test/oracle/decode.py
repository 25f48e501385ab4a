# SPDX-License-Identifier: BSD-3-Clause
"""Frames as comparable text: what may rightly differ between two routers is replaced, everything else is spelled out.

Replaced are: the IP identification of what the router itself makes (RFC 6864: any value in an atomic datagram; otherwise
a number by order of appearance, so that equal values show), and times of day filled in by the router.
"""
import hashlib
import struct
import time

from frames import checksum

ERRORS = (3, 4, 5, 11, 12)
TCP_NAMES = 'FSRPAU'


def mac_text(raw):
    return ':'.join('%02x' % b for b in raw)


def addr_text(raw):
    return '.'.join(str(b) for b in raw)


def blob(data):
    """Short data whole, long data by its start, length and digest."""
    if len(data) <= 48:
        return data.hex()
    return '%s...(%d,%s)' % (data[:16].hex(), len(data), hashlib.sha1(data).hexdigest()[:8])


def milliseconds_today(now):
    return int(now * 1000) % 86400000


class View:
    """How one router's output is read: the sources the test has sent from, identifications so far, the time of the test."""

    def __init__(self, sent):
        self.sent = sent
        self.ids = {}
        self.now = milliseconds_today(time.time())

    def is_now(self, value):
        return value < 86400000 and min((value - self.now) % 86400000, (self.now - value) % 86400000) < 15000

    def id_text(self, head, value, atomic):
        if bytes(head[12:16]) in self.sent:
            return '%04x' % value
        if atomic:
            return 'any'
        flow = self.ids.setdefault(bytes(head[12:20]) + head[9:10], {})
        return '#%d' % flow.setdefault(value, len(flow) + 1)


def stamped(options, view):
    """Options with timestamps of about now replaced by a mark, and whether there were any."""
    raw, at, changed = bytearray(options), 0, False
    while at < len(raw) and raw[at] != 0:
        if raw[at] == 1:
            at += 1
            continue
        size = raw[at + 1] if at + 1 < len(raw) else 0
        if size < 2:
            break
        if raw[at] == 68:
            slot = at + 4
            while slot + 4 <= min(at + size, len(raw)):
                if view.is_now(struct.unpack('!I', raw[slot:slot + 4])[0]):
                    raw[slot:slot + 4] = b'\xff\xff\xff\xff'
                    changed, slot = True, slot + 3
                slot += 1
        at += size
    return bytes(raw), changed


def ip_fields(data, view, quoted=False):
    """Fields of an IP header, the bytes behind it up to the total length, and trailing bytes."""
    if len(data) < 20 or data[0] >> 4 != 4 or (data[0] & 15) < 5:
        return ['raw=' + blob(data)], b'', None
    size = (data[0] & 15) * 4
    head = data[:size]
    total, ident, flags = struct.unpack('!HHH', head[2:8])
    options, masked = stamped(head[20:], view)
    good = checksum(head) == 0
    # A checksum over a replaced timestamp says nothing by itself.
    summed = 'ok' if good else 'masked' if quoted and masked else 'bad'
    atomic = bool(flags & 0x4000) and not flags & 0x3fff
    text = ['ip=%s>%s' % (addr_text(head[12:16]), addr_text(head[16:20])), 'len=%d' % total, 'tos=%02x' % head[1],
            'id=%04x' % ident if quoted else 'id=' + view.id_text(head, ident, atomic),
            'flags=%s%s%s' % ('E' if flags & 0x8000 else '', 'D' if flags & 0x4000 else '', 'M' if flags & 0x2000 else ''),
            'off=%d' % ((flags & 0x1fff) * 8), 'ttl=%d' % head[8], 'proto=%d' % head[9], 'sum=' + summed]
    if options:
        text.append('opts=' + options.hex())
    body = data[size:] if quoted else data[size:max(size, total)]
    tail = b'' if quoted else data[max(size, total):]
    if tail:
        text.append('tail=' + blob(tail))
    return text, body, (head, (flags & 0x1fff) == 0, bool(flags & 0x3fff))


def icmp_fields(body, view, quoted):
    kind, code = body[0], body[1]
    text = ['icmp=%d/%d' % (kind, code)]
    if not quoted:
        text.append('icmpsum=' + ('ok' if checksum(body) == 0 else 'bad'))
    text.append('rest=' + body[4:8].hex())
    if kind in ERRORS and not quoted:
        inner, rest, about = ip_fields(body[8:], view, quoted=True)
        text.append('[quote %d bytes:' % len(body[8:]))
        return text + inner + transport(rest, view, about, True) + [']']
    if kind == 14 and len(body) >= 20 and not quoted:
        times = struct.unpack('!III', body[8:20])
        text.append('times=%d,%s' % (times[0], ','.join('now' if view.is_now(t) else str(t) for t in times[1:])))
        return text + (['data=' + blob(body[20:])] if body[20:] else [])
    return text + ['data=' + blob(body[8:])]


def tcp_fields(body, about):
    sport, dport, seq, ack, doff, flags, win, _, urgent = struct.unpack('!HHIIBBHHH', body[:20])
    pseudo = about[0][12:20] + struct.pack('!HH', 6, len(body))
    names = ''.join(n for i, n in enumerate(TCP_NAMES) if flags >> i & 1)
    return ['tcp=%d>%d' % (sport, dport), 'flags=%s' % names, 'seq=%d' % seq, 'ack=%d' % ack, 'win=%d' % win, 'doff=%d' %
            (doff >> 4), 'tcpsum=' + ('ok' if checksum(pseudo + body) == 0 else 'bad'), 'data=' + blob(body[20:])]


def transport(body, view, about, quoted=False):
    if about is None:
        return []
    head, first, fragment = about
    proto = head[9]
    if first and not fragment and proto == 1 and len(body) >= 8:
        return icmp_fields(body, view, quoted)
    if first and not fragment and not quoted and proto == 6 and len(body) >= 20:
        return tcp_fields(body, about)
    if first and not quoted and proto == 17 and len(body) >= 8:
        sport, dport, size, summed = struct.unpack('!HHHH', body[:8])
        return ['udp=%d>%d' % (sport, dport), 'udplen=%d' % size, 'udpsum=%04x' % summed, 'data=' + blob(body[8:])]
    return ['data=' + blob(body)]


def arp_fields(data):
    if len(data) < 28:
        return ['raw=' + blob(data)]
    hw, pro, hlen, plen, op = struct.unpack('!HHBBH', data[:8])
    text = ['arp=%d' % op, 'hw=%d/%04x/%d/%d' % (hw, pro, hlen, plen), 'sender=%s(%s)' % (addr_text(data[14:18]),
            mac_text(data[8:14])), 'target=%s(%s)' % (addr_text(data[24:28]), mac_text(data[18:24]))]
    # Zero padding to the shortest Ethernet frame is the driver's affair.
    return text + (['tail=' + blob(data[28:])] if data[28:].strip(b'\0') else [])


def describe(port, raw, view):
    """One frame as text: fields separated by blanks."""
    kind = struct.unpack('!H', raw[12:14])[0]
    text = ['p%d' % port, '%s<%s' % (mac_text(raw[:6]), mac_text(raw[6:12]))]
    if kind == 0x0806:
        text += arp_fields(raw[14:])
    elif kind == 0x0800:
        fields, body, about = ip_fields(raw[14:], view)
        text += fields + transport(body, view, about)
    else:
        text += ['type=%04x' % kind, 'data=' + blob(raw[14:])]
    return ' '.join(text)


def flow_of(port, raw):
    """Frames of one flow keep their order; the order of different flows is not compared."""
    kind = raw[12:14]
    if kind == b'\x08\x00' and len(raw) >= 34:
        fragment = struct.unpack('!H', raw[20:22])[0] & 0x3fff
        icmp_type = raw[34] if raw[23] == 1 and not fragment and len(raw) > 34 else 0
        return (port, kind, raw[26:34], raw[23], icmp_type)
    if kind == b'\x08\x06':
        return (port, kind, raw[38:42], 0, raw[21])
    return (port, kind, b'', 0, 0)


def source_of(raw):
    """The IPv4 source of a frame, under any number of VLAN tags."""
    at = 12
    while raw[at:at + 2] in (b'\x81\0', b'\x88\xa8'):
        at += 4
    return raw[at + 14:at + 18] if raw[at:at + 2] == b'\x08\0' else None


def canonical(frames, sent):
    """(time, port, bytes) of one step -> [(time, text)], ordered by flow and, inside a flow, by arrival.
    sent: sources of what was sent; a packet from elsewhere was made by the router."""
    view = View(sent)
    ordered = sorted(frames, key=lambda f: flow_of(f[1], f[2]))
    return [(when, describe(port, raw, view)) for when, port, raw in ordered]
