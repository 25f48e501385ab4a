# SPDX-License-Identifier: BSD-3-Clause
"""Local delivery: echo, timestamp, closed ports, unknown protocols, TCP resets, reassembly (LINUX 5, 6, 9)."""
from case import Group, send
from frames import BROADCAST, eth, icmp, ip, pattern, pieces, tcp, udp

ECHO = '5 ICMP echo'
PROTOCOL = '5 unknown protocol'
PORT = '5 UDP no socket'
RESET = '5 TCP no socket'
PARTS = '6 reassembly'

G = Group('local')


def row(name, ref, *frames, port=0, **fields):
    G.case(name, ref, send(port, *frames), **fields)


def us(payload=b'', **fields):
    return ip(payload, dst=fields.pop('dst', '10.0.0.1'), **fields)


row('echo', ECHO, us(icmp(data=pattern(56))))
row('echo to the address of another port', ECHO, us(icmp(), dst='10.0.1.1'), us(icmp(), dst='10.0.2.1'))
row('echo from an on-link host', ECHO, us(icmp(), src='10.0.0.2'))
for tos in (0x01, 0x03, 0x28, 0xb8, 0xff):
    row('echo with type of service %02x' % tos, ECHO, us(icmp(), tos=tos))
row('echo with DF', ECHO, us(icmp(), df=1))
row('echo with the reserved flag', ECHO, us(icmp(), evil=1))
row('echo with identification 0', ECHO, us(icmp(), id=0))
row('echo with a code', ECHO, us(icmp(8, 7)))
row('echo with a wrong checksum', ECHO, us(icmp(csum=0x1234)))
row('echo with checksum 0', ECHO, us(icmp(csum=0)))
row('echo without data', ECHO, us(icmp()))
row('echo with odd data', ECHO, us(icmp(data=pattern(57))))
row('echo of a full frame', ECHO, us(icmp(data=pattern(1472))))
row('echo with padding behind', ECHO, eth(us(icmp(data=b'x')), pad=60))
row('echo cut before its sequence number', ECHO, us(b'\x08\0\xf7\xff', proto=1))
row('echo of seven bytes', ECHO, us(b'\x08\0\xf7\xff\0\0\0', proto=1))
row('echo reply to us', ECHO, us(icmp(0)))
row('echo to the subnet broadcast', ECHO, us(icmp(), dst='10.0.0.255'), eth(us(icmp(), dst='10.0.0.255'), dst=BROADCAST))
row('echo to the broadcast address', ECHO, eth(us(icmp(), dst='255.255.255.255'), dst=BROADCAST))
row('echo to all hosts', ECHO, eth(us(icmp(), dst='224.0.0.1'), dst='01:00:5e:00:00:01'))
row('echo to the subnet broadcast, answered by setting', ECHO, eth(us(icmp(), dst='10.0.0.255'), dst=BROADCAST),
    config=['set net.ipv4.icmp_echo_ignore_broadcasts 0'])
row('echo to the broadcast address, answered by setting', ECHO, eth(us(icmp(), dst='255.255.255.255'), dst=BROADCAST),
    config=['set net.ipv4.icmp_echo_ignore_broadcasts 0'])
row('echo to all hosts, answered by setting', ECHO, eth(us(icmp(), dst='224.0.0.1'), dst='01:00:5e:00:00:01'),
    config=['set net.ipv4.icmp_echo_ignore_broadcasts 0'])
row('echo to a broadcast of another port, answered by setting', ECHO, us(icmp(), dst='10.0.1.255'),
    config=['set net.ipv4.icmp_echo_ignore_broadcasts 0'])
row('many echoes are all answered', ECHO, [us(icmp(rest=bytes([1, 0, 0, n]))) for n in range(200)])
row('echo from a source without a route', ECHO, us(icmp(), src='99.0.0.9'))
row('echo from behind another port is answered there', ECHO, us(icmp(), src='@1'))
row('timestamp', ECHO, us(icmp(13, data=b'\0\0\0\1' + bytes(8))))
row('timestamp with a code', ECHO, us(icmp(13, 3, data=b'\0\0\0\1' + bytes(8))))
row('timestamp with data behind', ECHO, us(icmp(13, data=b'\0\0\0\1' + bytes(8) + pattern(20))))
row('timestamp cut after four bytes', ECHO, us(icmp(13, data=b'\0\0\0\1')))
row('timestamp cut after three bytes', ECHO, us(icmp(13, data=b'\0\0\1')))
row('timestamp without data', ECHO, us(icmp(13)))
row('timestamp with a wrong checksum', ECHO, us(icmp(13, data=bytes(12), csum=7)))
row('timestamp to the broadcast', ECHO, eth(us(icmp(13, data=bytes(12)), dst='10.0.0.255'), dst=BROADCAST))
row('timestamp type of service', ECHO, us(icmp(13, data=bytes(12)), tos=0x28))
for kind in (1, 2, 6, 7, 14, 15, 16, 17, 18, 19, 30, 42, 43, 255):
    row('ICMP type %d to us' % kind, ECHO, us(icmp(kind, data=pattern(12))))

for proto in (0, 2, 3, 4, 41, 46, 47, 50, 51, 89, 94, 103, 108, 112, 115, 132, 136, 137, 253, 255):
    row('protocol %d to us' % proto, PROTOCOL, us(pattern(28), proto=proto))
row('unknown protocol without payload', PROTOCOL, us(b'', proto=253))
row('unknown protocol to the address of another port', PROTOCOL, us(pattern(28), proto=253, dst='10.0.1.1'))
row('unknown protocol in fragments', PROTOCOL, pieces(pattern(1000), [0, 600, 1000], proto=253, dst='10.0.0.1'))
row('unknown protocol with ttl 1', PROTOCOL, us(pattern(28), proto=253, ttl=1))

row('UDP to a closed port', PORT, us(udp()))
row('UDP to a closed port of another address', PORT, us(udp(), dst='10.0.1.1'))
row('UDP to a closed port with ttl 1', PORT, us(udp(), ttl=1))
row('UDP to a closed port with DF and type of service', PORT, us(udp(), df=1, tos=0x28))
row('UDP from port 0', PORT, us(udp(sport=0)))
row('UDP to port 0', PORT, us(udp(dport=0)))
row('UDP with a wrong checksum', PORT, us(udp(csum=0x1111)))
row('UDP without a checksum to us', PORT, us(udp(csum=0)))
row('UDP length beyond the packet', PORT, us(udp(len_=100)))
row('UDP length of 7', PORT, us(udp(len_=7)))
row('UDP length of 0', PORT, us(udp(len_=0)))
row('UDP length within the packet', PORT, us(udp(pattern(40), len_=20, csum=0)))
row('UDP cut to seven bytes', PORT, us(pattern(7), proto=17))
row('UDP without a header', PORT, us(b'', proto=17))
row('UDP to a closed port in fragments', PORT, pieces(udp(pattern(1000)), [0, 600, 1008], dst='10.0.0.1'))
row('UDP with a wrong checksum in fragments', PORT, pieces(udp(pattern(1000), csum=1), [0, 600, 1008], dst='10.0.0.1'))
row('UDP to the broadcast', PORT, eth(us(udp(), dst='10.0.0.255'), dst=BROADCAST))
row('UDP to well-known ports', PORT, [us(udp(dport=p)) for p in (7, 53, 67, 68, 520)])

for flags in ('S', 'A', 'SA', 'R', 'RA', 'F', 'FA', 'PA', 'SF', '', 'FSRPAU', 'U', 'SP', 'SR', 'P'):
    row('TCP %s' % (flags or 'without flags'), RESET, us(tcp(flags, seq=1000, ack=77)))
    row('TCP %s with data' % (flags or 'without flags'), RESET, us(tcp(flags, seq=4294967290, ack=77, data=pattern(20))))
row('TCP to the address of another port', RESET, us(tcp(), dst='10.0.1.1'))
row('TCP with a wrong checksum', RESET, us(tcp(csum=0x1111)))
row('TCP cut to 19 bytes', RESET, us(pattern(19), proto=6))
row('TCP header length of 4 words', RESET, us(tcp(doff=4)))
row('TCP header length beyond the packet', RESET, us(tcp(doff=15)))
row('TCP with options', RESET, us(tcp(opts=b'\2\4\5\xb4\4\2\x08\x0a' + bytes(8) + b'\1\3\3\7')))
row('TCP with type of service, DF, ttl 1', RESET, us(tcp(), tos=0x28), us(tcp(), df=1, ttl=1))
row('TCP from port 0', RESET, us(tcp(sport=0)))
row('TCP to port 0', RESET, us(tcp(dport=0)))
row('TCP in fragments', RESET, pieces(tcp('A', data=pattern(1000)), [0, 600, 1020], dst='10.0.0.1'))
row('TCP in a broadcast frame', RESET, eth(us(tcp()), dst=BROADCAST))
row('TCP ack with sequence 0', RESET, us(tcp('A', seq=0, ack=0)))
row('TCP from a source without a route', RESET, us(tcp(), src='99.0.0.9'))
row('TCP from behind another port', RESET, us(tcp(), src='@1'))
row('many TCP segments are all reset', RESET, [us(tcp(sport=1000 + n)) for n in range(100)])


def parts(name, cuts, order=None, size=1000, **fields):
    """An echo in pieces that start at cuts, sent in the given order."""
    made = pieces(icmp(data=pattern(size)), cuts + [size + 8], dst='10.0.0.1')
    row('fragments: ' + name, PARTS, [made[i] for i in order or range(len(made))], **fields)


def piece(start, end, size=1000, **fields):
    return us(icmp(data=pattern(size)), part=(start, end), mf=fields.pop('mf', int(end < size + 8)), **fields)


parts('two in order', [0, 800])
parts('two reversed', [0, 800], [1, 0])
parts('five in order', [0, 200, 400, 600, 800])
parts('five in disorder', [0, 200, 400, 600, 800], [3, 0, 4, 2, 1])
parts('five reversed', [0, 200, 400, 600, 800], [4, 3, 2, 1, 0])
parts('nine', [0] + [104 * i for i in range(1, 9)])
parts('smallest pieces', [8 * i for i in range(0, 126)])
parts('smallest pieces reversed', [8 * i for i in range(0, 126)], list(range(125, -1, -1)))
parts('duplicate first', [0, 800], [0, 0, 1])
parts('duplicate last', [0, 800], [1, 1, 0])
parts('duplicate in the middle', [0, 200, 400, 800], [0, 1, 1, 2, 2, 3])
parts('one missing', [0, 200, 400, 800], [0, 1, 3])
parts('reply of 3000 bytes is fragmented', [0, 1480], size=2900)
parts('reply of 10000 bytes', [1480 * i for i in range(7)], size=10000)
parts('64 KiB', [1480 * i for i in range(45)], size=65507)
parts('64 KiB reversed', [1480 * i for i in range(45)], list(range(44, -1, -1)), size=65507)
parts('64 KiB in pieces of 512', [512 * i for i in range(128)], size=65507)
row('fragments: beyond 64 KiB', PARTS, pieces(icmp(data=pattern(65520)), [1480 * i for i in range(45)] + [65528], dst='10.0.0.1'))
row('fragments: last ends beyond 64 KiB', PARTS, piece(0, 800), us(pattern(1000), proto=1, off=65000))
row('fragments: whole piece inside another, same bytes', PARTS, piece(0, 800), piece(200, 400), piece(800, 1008))
row('fragments: whole piece inside another, other bytes', PARTS, piece(0, 800), us(pattern(200, 9), proto=1, off=200, mf=1), piece(800, 1008))
row('fragments: same start, shorter', PARTS, piece(0, 800), piece(0, 400), piece(800, 1008))
row('fragments: same start, longer', PARTS, piece(0, 400), piece(0, 800), piece(800, 1008))
row('fragments: same end', PARTS, piece(0, 800), piece(400, 800), piece(800, 1008))
row('fragments: overlap at the front', PARTS, piece(0, 800), piece(792, 1008))
row('fragments: overlap at the end', PARTS, piece(400, 1008), piece(0, 408))
row('fragments: overlap, then a whole good set', PARTS, [piece(0, 800), piece(792, 1008)], [piece(0, 800), piece(800, 1008)])
row('fragments: piece around another', PARTS, piece(200, 400), piece(0, 800), piece(800, 1008))
row('fragments: piece around another, last first', PARTS, piece(800, 1008), piece(200, 400), piece(0, 800))
row('fragments: two ends', PARTS, piece(0, 400), piece(800, 1008), piece(400, 800, mf=0), piece(400, 800))
row('fragments: end before what was received', PARTS, piece(400, 800), piece(0, 400, mf=0))
row('fragments: more beyond the end', PARTS, piece(800, 1008), us(pattern(80), proto=1, off=1008, mf=1), piece(0, 800))
row('fragments: length not divisible by eight', PARTS, piece(0, 803, mf=1), piece(800, 1008))
row('fragments: empty last piece', PARTS, piece(0, 1008, mf=1), us(b'', proto=1, off=1008))
row('fragments: empty piece first', PARTS, us(b'', proto=1, mf=1), piece(0, 800), piece(800, 1008))
row('fragments: whole datagram with more set', PARTS, us(icmp(data=pattern(56)), mf=1))
row('fragments: two datagrams mixed', PARTS, piece(0, 800, id=1), piece(0, 800, id=2), piece(800, 1008, id=2), piece(800, 1008, id=1))
row('fragments: other protocol', PARTS, piece(0, 800), piece(800, 1008, proto=253))
row('fragments: other source', PARTS, piece(0, 800), piece(800, 1008, src='10.10.7.7'))
row('fragments: other destination', PARTS, piece(0, 800), piece(800, 1008, dst='10.0.1.1'))
row('fragments: identification used again', PARTS, [piece(0, 800), piece(800, 1008)] * 2)
row('fragments: late duplicate of a finished datagram', PARTS, piece(0, 800), piece(800, 1008), piece(800, 1008), piece(0, 800))
row('fragments: DF in all', PARTS, piece(0, 800, df=1), piece(800, 1008, df=1))
row('fragments: DF in the largest', PARTS, piece(0, 800, df=1), piece(800, 1008))
row('fragments: type of service of the first counts', PARTS, piece(0, 800, tos=0x28), piece(800, 1008, tos=0xb8))
row('fragments: type of service, reversed', PARTS, piece(800, 1008, tos=0xb8), piece(0, 800, tos=0x28))
for first, second in ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3), (3, 3), (1, 1), (2, 0), (3, 0)):
    row('fragments: ECN %d and %d' % (first, second), PARTS, piece(0, 800, tos=first), piece(800, 1008, tos=second))
row('fragments: ttl 1', PARTS, piece(0, 800, ttl=1), piece(800, 1008, ttl=1))
row('fragments: options of the first count', PARTS, piece(0, 800, opts=b'\x94\4\0\0'), piece(800, 1008))
row('fragments: options in the second only', PARTS, piece(0, 800), piece(800, 1008, opts=b'\x94\4\0\0'))
row('fragments: wrong ICMP checksum', PARTS, [us(icmp(data=pattern(1000), csum=1), part=p, mf=m) for p, m in (((0, 800), 1), ((800, 1008), 0))])
row('fragments: padded', PARTS, eth(piece(0, 1000), pad=60), eth(piece(1000, 1008), pad=60))
row('fragments: to the broadcast', PARTS, [eth(piece(0, 800, dst='10.0.0.255'), dst=BROADCAST), eth(piece(800, 1008, dst='10.0.0.255'), dst=BROADCAST)])
row('fragments: in transit are not assembled', PARTS, pieces(icmp(data=pattern(1000)), [0, 800, 1008], dst='20.0.0.1'))
row('fragments: 66 others in between', PARTS, piece(0, 800, id=1), [piece(0, 800, id=100 + n) for n in range(66)], piece(800, 1008, id=1))
row('fragments: 60 others in between', PARTS, piece(0, 800, id=1), [piece(0, 800, id=100 + n) for n in range(60)], piece(800, 1008, id=1))
G.case('fragments: over two ports', PARTS, send(0, piece(0, 800)), send(1, piece(800, 1008)))
row('echo ignored by setting', ECHO, us(icmp()), config=['set net.ipv4.icmp_echo_ignore_all 1'])
