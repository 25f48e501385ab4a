# SPDX-License-Identifier: BSD-3-Clause
"""ICMP errors: when none is sent, how they look, where they come from (LINUX 5, 9)."""
from case import Group, send
from frames import BROADCAST, addr, eth, icmp, ip, pattern, tcp, udp

SUPPRESS = '5 icmp_send suppression'
FORMAT = '5 ICMP error format'
RECEIVED = '5 ICMP errors received'
PMTU = '6 sk_dst_cache'

G = Group('icmp')


def row(name, ref, *frames, port=0, **fields):
    G.case(name, ref, send(port, *frames), **fields)


NOWHERE = '99.0.0.1'
INNER = ip(udp(), src='10.0.1.2', dst='10.0.0.2')
for kind in list(range(0, 20)) + [30, 40, 42, 43, 44, 127, 128, 254, 255]:
    row('no route for ICMP type %d' % kind, SUPPRESS, ip(icmp(kind, 0, bytes(4), INNER), dst=NOWHERE))
    row('ttl 1 for ICMP type %d' % kind, SUPPRESS, ip(icmp(kind, 0, bytes(4), INNER), ttl=1))
row('no route for a fragmented ICMP error', SUPPRESS, ip(icmp(3, 0, bytes(4), INNER), dst=NOWHERE, mf=1))
row('no route for ICMP without its header', SUPPRESS, ip(b'', dst=NOWHERE, proto=1))
row('no route for ICMP with two bytes', SUPPRESS, ip(b'\3\0', dst=NOWHERE, proto=1))
row('no route for ICMP with one byte', SUPPRESS, ip(b'\3', dst=NOWHERE, proto=1))
row('no route for echo with a bad checksum', SUPPRESS, ip(icmp(csum=1), dst=NOWHERE))
row('no route for a later fragment', SUPPRESS, ip(pattern(40), off=8, dst=NOWHERE))
row('no route for a later fragment with more', SUPPRESS, ip(pattern(40), off=800, mf=1, dst=NOWHERE))
row('no route for a first fragment', SUPPRESS, ip(udp(pattern(40)), mf=1, dst=NOWHERE))
for target in ('10.0.0.255', '255.255.255.255', '224.0.0.1', '239.1.1.1'):
    row('UDP to %s with a broadcast MAC is not answered' % target, SUPPRESS, eth(ip(udp(), dst=target), dst=BROADCAST))
    row('unknown protocol to %s is not answered' % target, SUPPRESS, eth(ip(pattern(20), proto=253, dst=target), dst=BROADCAST))
row('UDP to the broadcast address in a unicast frame', SUPPRESS, ip(udp(), dst='10.0.0.255'))
row('TCP to the broadcast address', SUPPRESS, ip(tcp(), dst='10.0.0.255'), ip(tcp(), dst='255.255.255.255'))
row('class E source is answered if it has a route', SUPPRESS, ip(udp(), src='240.1.1.1', dst=NOWHERE),
    config=['route add 240.0.0.0/4 via 10.0.0.2 dev p0'])
row('zero-net source is answered if it has a route', SUPPRESS, ip(udp(), src='0.1.2.3', dst=NOWHERE),
    config=['route add 0.0.0.0/8 via 10.0.0.2 dev p0'])
row('network address as the source is answered', SUPPRESS, ip(udp(), src='10.0.0.0', dst=NOWHERE),
    config=['neigh add 10.0.0.0 lladdr 02:00:00:00:0a:aa dev p0'])
row('subnet broadcast as the source, no route', SUPPRESS, ip(udp(), src='10.0.0.255', dst=NOWHERE))
row('subnet broadcast as the source, ttl 1', SUPPRESS, ip(udp(), src='10.0.0.255', ttl=1))
row('subnet broadcast as the source, port unreachable', SUPPRESS, ip(udp(), src='10.0.0.255', dst='10.0.0.1'))
row('subnet broadcast as the source, reset', SUPPRESS, ip(tcp(), src='10.0.0.255', dst='10.0.0.1'))
row('subnet broadcast as the source, too long', SUPPRESS, ip(udp(pattern(1000)), df=1, src='10.0.0.255', dst='30.0.0.1'))

for tos in (0x00, 0x01, 0x02, 0x03, 0x1c, 0x1e, 0x28, 0xb8, 0xe0, 0xff):
    row('no route, type of service %02x' % tos, FORMAT, ip(udp(), tos=tos, dst=NOWHERE))
    row('ttl 1, type of service %02x' % tos, FORMAT, ip(udp(), tos=tos, ttl=1))
for size in (0, 1, 519, 520, 521, 1000):
    row('quote of %d bytes of UDP' % size, FORMAT, ip(udp(pattern(size)), dst=NOWHERE))
row('quote of a packet without payload', FORMAT, ip(b'', dst=NOWHERE, proto=17))
row('quote of a padded packet', FORMAT, eth(ip(udp(b'x'), dst=NOWHERE), pad=60))
row('quote of a trailing frame', FORMAT, eth(ip(udp(b'x'), dst=NOWHERE), tail=pattern(90)))
row('quote of DF, reserved flag, identification 0', FORMAT, ip(udp(), df=1, dst=NOWHERE), ip(udp(), evil=1, id=0, dst=NOWHERE))
row('quote with a wrong UDP checksum', FORMAT, ip(udp(csum=0xdead), dst=NOWHERE))
row('two errors have two identifications', FORMAT, [ip(udp(), dst=NOWHERE), ip(udp(), dst=NOWHERE)])
row('error about TCP', FORMAT, ip(tcp('A', data=pattern(100)), dst=NOWHERE))
row('error about an unknown protocol', FORMAT, ip(pattern(60), proto=200, dst=NOWHERE))
row('error leaves towards the source, not by the port of arrival', FORMAT, ip(udp(), src='@1', dst=NOWHERE))
row('error leaves towards the source, ttl 1', FORMAT, ip(udp(), src='@1', ttl=1, dst='30.0.0.1'))
row('error leaves towards the source, too long', FORMAT, ip(udp(pattern(1000)), df=1, src='@1', dst='30.0.0.1'))
row('error about an on-link source of another port', FORMAT, ip(udp(), src='10.0.1.2', dst=NOWHERE))
INBOUND = ['set net.ipv4.icmp_errors_use_inbound_ifaddr 1']
row('inbound address: error towards another port', FORMAT, ip(udp(), src='@1', dst=NOWHERE), config=INBOUND)
row('inbound address: ttl 1', FORMAT, ip(udp(), src='@1', ttl=1, dst='30.0.0.1'), config=INBOUND)
row('inbound address: port unreachable keeps the address spoken to', FORMAT, ip(udp(), src='@1', dst='10.0.2.1'), config=INBOUND)
row('inbound address: two addresses on the port', FORMAT, ip(udp(), src='@1', dst=NOWHERE), config=INBOUND + [
    'addr add 172.20.0.1/24 dev p0'])
row('port unreachable from the address of another port', FORMAT, ip(udp(), dst='10.0.2.1'))
row('error too long for its way out is cut to 576, then fragmented', FORMAT, ip(udp(pattern(1000)), src='@4', dst=NOWHERE),
    config=['route add 42.0.0.0/8 via 10.0.1.2 dev p1 mtu 300'])
row('error towards a source behind a port with mtu 900', FORMAT, ip(udp(pattern(1200)), src='@2', dst=NOWHERE))

for kind, code in [(3, c) for c in range(16)] + [(4, 0), (5, 0), (5, 1), (11, 0), (11, 1), (12, 0), (12, 1), (0, 0), (9, 0), (10, 0)]:
    row('ICMP %d/%d to us is taken silently' % (kind, code), RECEIVED, ip(icmp(kind, code, bytes(4), ip(icmp(0), src='10.0.0.1', dst='@')),
                                                                       dst='10.0.0.1'))
row('ICMP error to us with a short quote', RECEIVED, ip(icmp(3, 1, bytes(4), b'\x45'), dst='10.0.0.1'))
row('ICMP error to us about TCP', RECEIVED, ip(icmp(3, 1, bytes(4), ip(tcp(), src='10.0.0.1', dst='@')), dst='10.0.0.1'))
row('redirect to us changes nothing', RECEIVED, ip(icmp(5, 1, addr('10.0.1.3'), ip(udp(), src='10.0.1.1', dst='20.0.0.9')), src='10.0.1.2',
                                                  dst='10.0.1.1'), port=1)
row('transit ICMP errors pass', RECEIVED, [ip(icmp(k, 0, bytes(4), INNER)) for k in (3, 4, 5, 11, 12)])


def pmtu(name, told, ask=1200, quoted=None, **fields):
    """A peer tells us that our packets to it are too long; then we answer it an echo."""
    quoted = quoted or ip(icmp(0, data=pattern(1200)), src='10.0.0.1', dst='@')
    G.case(name, PMTU, send(0, ip(icmp(3, 4, bytes(2) + told.to_bytes(2, 'big'), quoted), dst='10.0.0.1'), wait=0.05),
           send(0, ip(icmp(data=pattern(ask)), dst='10.0.0.1')), **fields)


pmtu('frag needed: our echo reply is fragmented to 1000', 1000)
pmtu('frag needed: our echo reply is fragmented to 552', 552)
pmtu('frag needed below the least mtu', 100)
pmtu('frag needed without an mtu', 0)
pmtu('frag needed with a greater mtu than the port', 9000)
pmtu('frag needed about somebody else', 1000, quoted=ip(icmp(0, data=pattern(1200)), src='10.0.0.1', dst='10.0.0.77'))
pmtu('frag needed about a packet that was not ours', 1000, quoted=ip(icmp(0, data=pattern(1200)), src='10.0.0.77', dst='@'))
pmtu('frag needed is taken as the least mtu by setting', 1000, config=['set net.ipv4.ip_no_pmtu_disc 1'])
G.case('learned path mtu does not touch forwarding', PMTU,
       send(0, ip(icmp(3, 4, b'\0\0\3\xe8', ip(icmp(0, data=pattern(1200)), src='10.0.0.1', dst='@')), dst='10.0.0.1'), wait=0.05),
       send(1, ip(udp(pattern(1200)), df=1, src='10.0.1.2', dst='@')))
G.case('learned path mtu touches forwarding by setting', PMTU,
       send(0, ip(icmp(3, 4, b'\0\0\3\xe8', ip(icmp(0, data=pattern(1200)), src='10.0.0.1', dst='@')), dst='10.0.0.1'), wait=0.05),
       send(1, ip(udp(pattern(1200)), df=1, src='10.0.1.2', dst='@')), config=['set net.ipv4.ip_forward_use_pmtu 1'])
