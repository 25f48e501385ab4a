# SPDX-License-Identifier: BSD-3-Clause
"""Frames as data: builders whose fields may all be wrong on purpose.

A builder call returns a Spec, which becomes bytes only when a case is run: then '@' turns into the case's own source
address (behind p0's gateway; '@1' and '@2' are behind those of p1 and p2), and Ethernet addresses that were left out
become those of the port on which the frame is sent.
"""
import struct
import zlib

ROUTER_MAC = ['02:00:00:00:01:0%d' % i for i in range(3)]
PEER_MAC = ['02:00:00:00:0%s:02' % c for c in 'abc']       # 10.0.0.2 on p0, 10.0.1.2 on p1, 10.0.2.2 on p2
BROADCAST = 'ff:ff:ff:ff:ff:ff'


def mac(text):
    return bytes.fromhex(text.replace(':', ''))


def addr(text):
    return bytes(map(int, text.split('.')))


def own_source(name):
    """The address that stands for '@' in the case of this name; no two cases share ICMP rate limits through it."""
    value = zlib.crc32(name.encode()) % 0x3fff00 + 128
    return '10.%d.%d.%d' % (64 + (value >> 16), value >> 8 & 255, value & 255)


def checksum(data):
    if len(data) & 1:
        data += b'\0'
    total = sum(struct.unpack('!%dH' % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total ^ 0xffff


class Context:
    """What a Spec needs to become bytes: the case's source address and the port it leaves by."""

    def __init__(self, source, port=0):
        self.source, self.port = source, port


class Spec:
    """A builder call waiting for its context."""

    def __init__(self, make, args, fields):
        self.make, self.args, self.fields = make, args, fields

    def build(self, context):
        args = [resolve(a, context) for a in self.args]
        fields = {k: resolve(v, context) for k, v in self.fields.items()}
        return self.make(context, *args, **fields)


class Payload:
    """Transport bytes that know the addresses only when the IP header around them is made."""

    def __init__(self, proto, make):
        self.proto, self.make = proto, make


def resolve(value, context):
    if isinstance(value, Spec):
        return value.build(context)
    if isinstance(value, list):
        return [resolve(v, context) for v in value]
    if isinstance(value, str) and value[:1] == '@':
        return context.source if value == '@' else behind(int(value[1]), context.source)
    return value


def behind(port, source):
    """The host behind p1 or p2 (or of 42.0.0.0/8, which has no route) that belongs to the same case as the source."""
    return {1: '20', 2: '30', 4: '42'}[port] + source[source.index('.'):]


def lazy(make):
    def call(*args, **fields):
        return Spec(make, args, fields)
    call.__name__ = make.__name__
    return call


@lazy
def eth(context, payload=b'', dst=None, src=None, type=0x0800, pad=0, tail=b'', tags=()):
    """pad: shortest frame without FCS; tail: bytes after the payload; tags: (tpid, tci) pairs, outermost first."""
    head = mac(dst or ROUTER_MAC[context.port]) + mac(src or PEER_MAC[context.port])
    for tpid, tci in tags:
        head += struct.pack('!HH', tpid, tci)
    frame = head + struct.pack('!H', type) + payload + tail
    return frame + bytes(max(0, pad - len(frame)))


@lazy
def ip(context, payload=b'', src=None, dst='10.0.1.2', ttl=64, proto=None, tos=0, id=0x1234, df=0, mf=0, evil=0, off=0,
       ver=4, ihl=None, len_=None, csum=None, opts=b'', part=None):
    """off in bytes; part: (start, end) cuts the transport bytes after their checksum was made, and sets off."""
    src = src or context.source
    if isinstance(payload, Payload):
        proto = payload.proto if proto is None else proto
        payload = payload.make(addr(src), addr(dst), proto)
    if part:
        off = part[0] if off == 0 else off
        payload = payload[part[0]:part[1]]
    opts += bytes(-len(opts) % 4)
    ihl = 5 + len(opts) // 4 if ihl is None else ihl
    total = 20 + len(opts) + len(payload) if len_ is None else len_
    flags = (evil << 15) | (df << 14) | (mf << 13) | (off >> 3 & 0x1fff)
    head = struct.pack('!BBHHHBBH', ((ver & 15) << 4) | (ihl & 15), tos, total & 0xffff, id, flags & 0xffff, ttl,
                       17 if proto is None else proto, 0) + addr(src) + addr(dst) + opts
    found = checksum(head) if csum is None else csum
    return head[:10] + struct.pack('!H', found) + head[12:] + payload


@lazy
def udp(context, data=b'flyover', sport=1000, dport=2000, csum=None, len_=None):
    def make(src, dst, proto):
        size = 8 + len(data)
        head = struct.pack('!HHHH', sport, dport, (size if len_ is None else len_) & 0xffff, 0)
        found = checksum(src + dst + struct.pack('!HH', proto, size & 0xffff) + head + data) or 0xffff
        return head[:6] + struct.pack('!H', found if csum is None else csum) + data
    return Payload(17, make)


TCP_FLAGS = {'F': 1, 'S': 2, 'R': 4, 'P': 8, 'A': 16, 'U': 32}


@lazy
def tcp(context, flags='S', sport=1000, dport=2000, seq=1000, ack=0, win=8192, data=b'', doff=5, csum=None, opts=b''):
    def make(src, dst, proto):
        bits = sum(TCP_FLAGS[f] for f in flags)
        head = struct.pack('!HHIIBBHHH', sport, dport, seq, ack, (doff + len(opts) // 4) << 4, bits, win, 0, 0) + opts
        found = checksum(src + dst + struct.pack('!HH', proto, (len(head) + len(data)) & 0xffff) + head + data)
        return head[:16] + struct.pack('!H', found if csum is None else csum) + head[18:] + data
    return Payload(6, make)


@lazy
def icmp(context, type=8, code=0, rest=b'\0\1\0\1', data=b'', csum=None):
    body = struct.pack('!BBH', type, code, 0) + rest + data
    found = checksum(body) if csum is None else csum
    body = body[:2] + struct.pack('!H', found) + body[4:]
    return Payload(1, lambda src, dst, proto: body)


@lazy
def arp(context, op=1, spa='10.0.0.2', tpa='10.0.0.1', sha=None, tha='00:00:00:00:00:00', dst=BROADCAST, src=None, pad=0,
        hw=1, pro=0x0800, hlen=6, plen=4, tail=b'', cut=None):
    sha = sha or src or PEER_MAC[context.port]
    body = struct.pack('!HHBBH', hw, pro, hlen, plen, op) + mac(sha) + addr(spa) + mac(tha) + addr(tpa) + tail
    return eth(body[:cut], dst=dst, src=src or sha, type=0x0806, pad=pad).build(context)


def is_frame(spec):
    return isinstance(spec, Spec) and spec.make.__name__ in ('eth', 'arp')


def frame(spec, context):
    """Bytes of a step's frame: a bare IP Spec gets an Ethernet header of the port."""
    return spec.build(context) if is_frame(spec) else eth(spec).build(context)


def pieces(payload, cuts, **fields):
    """The fragments of one datagram: cuts are the byte offsets where they start, the last one is the end."""
    last = len(cuts) - 2
    return [ip(payload, part=(cuts[i], cuts[i + 1]), mf=int(i < last), **fields) for i in range(last + 1)]


def pattern(size, start=0):
    """Payload in which every position is recognisable."""
    return bytes((start + i * 7 + (i >> 8)) & 255 for i in range(size))


@lazy
def ip_summed(context, target, payload=b'', **fields):
    """An IP packet whose identification makes the header checksum come out as target."""
    first = bytearray(ip(payload, id=0, csum=0, **fields).build(context))
    size = (first[0] & 15) * 4
    rest = checksum(bytes(first[:size])) ^ 0xffff
    ident = ((target ^ 0xffff) - rest) % 0xffff
    return ip(payload, id=ident, csum=target, **fields).build(context)
