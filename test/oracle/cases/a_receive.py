# SPDX-License-Identifier: BSD-3-Clause
"""Receiving: Ethernet, VLAN tags, the header checks of ip_rcv, martian sources and destinations (LINUX 1 and 3)."""
from case import Group, send
from frames import BROADCAST, ROUTER_MAC, arp, eth, icmp, ip, ip_summed, pattern, tcp, udp

HEADER = '1 ip_rcv validation'
TAGS = '1 VLAN order'
L2 = '1 L2 broadcast carrying unicast'
FILTER = '1 MAC filter'
MARTIAN = '3 martians'

G = Group('receive')


def row(name, ref, *frames, port=0, **fields):
    G.case(name, ref, send(port, *frames), **fields)


row('plain packet is forwarded', HEADER, ip(udp()))
row('plain packet from the second port', HEADER, ip(udp(), src='@1', dst='10.0.0.2'), port=1)
for version in (0, 5, 6, 15):
    row('version %d' % version, HEADER, ip(udp(), ver=version))
for words in (0, 1, 4):
    row('header length of %d words' % words, HEADER, ip(udp(), ihl=words))
row('header length beyond the packet', HEADER, ip(udp(b''), ihl=15))
row('header length beyond the total length', HEADER, ip(b'', opts=b'\1' * 8, len_=24))
row('header length that swallows the transport header', HEADER, ip(udp(), ihl=6))
row('wrong header checksum', HEADER, ip(udp(), csum=0x1111))
row('header checksum of zero', HEADER, ip(udp(), csum=0))
row('header checksum off by one', HEADER, ip_summed(0x1234, udp(), ttl=64), ip(udp(), csum=0x1235))
row('total length beyond the frame', HEADER, ip(udp(), len_=36))
row('total length far beyond the frame', HEADER, ip(udp(), len_=65535))
row('total length 19', HEADER, ip(udp(), len_=19))
row('total length 0', HEADER, ip(udp(), len_=0))
row('total length 20 without payload', HEADER, ip(b''))
row('total length 20 followed by padding', HEADER, eth(ip(b''), pad=60))
row('padding is trimmed to the total length', HEADER, eth(ip(b'0123456789', proto=253), pad=60))
row('non-zero padding is trimmed, too', HEADER, eth(ip(b'0123456789', proto=253), tail=b'\xee' * 20))
row('long trailer is trimmed', HEADER, eth(ip(udp(pattern(100))), tail=pattern(800)))
row('total length shorter than the UDP length', HEADER, ip(udp(pattern(50)), len_=48))
row('odd total length', HEADER, ip(udp(pattern(33))))
row('largest frame for the port', HEADER, ip(udp(pattern(1472))))
row('header cut short', HEADER, eth(b'\x45\0\0\x14\0\0\0\0\x40\x11'))
row('header cut short but padded with zeros', HEADER, eth(b'\x45\0\0\x14\0\0\0\0\x40\x11', pad=60))
row('Ethernet header alone', HEADER, eth(b''))
row('reserved flag is kept', HEADER, ip(udp(), evil=1))
row('identification 0 is kept', HEADER, ip(udp(), id=0))
row('type of service is kept', HEADER, [ip(udp(), tos=t) for t in (0x01, 0x10, 0x28, 0xb8, 0xff)])
for target in (0x0000, 0xffff, 0xfeff, 0xff00, 0x00ff, 0xfffe, 0x0100):
    row('checksum update from %04x' % target, '6 incremental checksum', ip_summed(target, udp()))
row('checksum update at every edge of ttl', '6 incremental checksum',
    [ip_summed(s, udp(), ttl=t) for t in (2, 3, 128, 255) for s in (0xfefe, 0xfeff, 0xff00, 0xffff)])
row('wrong UDP checksum is none of our business', HEADER, ip(udp(csum=0xdead)))
row('UDP without a checksum', HEADER, ip(udp(csum=0)))
row('every transport protocol is forwarded', HEADER, [ip(pattern(20), proto=p) for p in (0, 1, 2, 6, 47, 50, 51, 61, 89, 132, 253, 255)])

row("frame to another host's MAC", FILTER, eth(ip(udp()), dst='02:00:00:00:99:99'))
row("frame to another port's MAC", FILTER, eth(ip(udp()), dst=ROUTER_MAC[1]))
row('frame to the zero MAC', FILTER, eth(ip(udp()), dst='00:00:00:00:00:00'))
row('echo to another MAC', FILTER, eth(ip(icmp(), dst='10.0.0.1'), dst='02:00:00:00:99:99'))
row('ARP request to another MAC', FILTER, arp(dst='02:00:00:00:99:99'))
row('source MAC is our own', FILTER, eth(ip(udp()), src=ROUTER_MAC[0]))
row('source MAC is multicast', FILTER, eth(ip(udp()), src='01:00:5e:00:00:05'))
row('broadcast frame with a unicast packet', L2, eth(ip(udp()), dst=BROADCAST))
row('multicast frame with a unicast packet', L2, eth(ip(udp()), dst='01:00:5e:00:00:01'))
row('broadcast frame with ttl 1', L2, eth(ip(udp(), ttl=1), dst=BROADCAST))
row('broadcast frame without a route', L2, eth(ip(udp(), dst='99.0.0.1'), dst=BROADCAST))
row('broadcast frame, too long with DF', L2, eth(ip(udp(pattern(1000)), dst='30.0.0.1', df=1), dst=BROADCAST))
row('broadcast frame with an echo to us', L2, eth(ip(icmp(), dst='10.0.0.1'), dst=BROADCAST))
row('multicast frame with an echo to us', L2, eth(ip(icmp(), dst='10.0.0.1'), dst='01:00:5e:00:00:01'))
row('broadcast frame with UDP to a closed port of ours', L2, eth(ip(udp(), dst='10.0.0.1'), dst=BROADCAST))
row('broadcast frame with an echo to us, dropped by request', L2, eth(ip(icmp(), dst='10.0.0.1'), dst=BROADCAST),
    config=['set net.ipv4.conf.p0.drop_unicast_in_l2_multicast 1'])
row('unknown Ethernet type', '1 classify', eth(pattern(60), type=0x88b5))
row('IEEE 802.3 length instead of a type', '1 classify', eth(b'\x42\x42\x03' + pattern(57), type=60))
row('IPv6 packet', '1 classify', eth(b'\x60' + bytes(39) + pattern(8), type=0x86dd))
row('IPv4 packet under the IPv6 type', '1 classify', eth(ip(udp()), type=0x86dd))
row('ARP type with an IPv4 packet', '1 classify', eth(ip(udp()), type=0x0806))

row('unknown VLAN', TAGS, eth(ip(udp()), tags=[(0x8100, 100)]))
row('unknown VLAN with priority', TAGS, eth(ip(udp()), tags=[(0x8100, 0xe064)]))
row('priority tag', TAGS, eth(ip(udp()), tags=[(0x8100, 0)]))
row('priority tag with a priority', TAGS, eth(ip(udp()), tags=[(0x8100, 0xe000)]))
row('priority tag with the drop-eligible bit', TAGS, eth(ip(udp()), tags=[(0x8100, 0x1000)]))
row('echo under a priority tag', TAGS, eth(ip(icmp(), dst='10.0.0.1'), tags=[(0x8100, 0)]))
row('ARP request under a priority tag', TAGS, eth(b'\0\1\x08\0\6\4\0\1\2\0\0\0\x0a\2\x0a\0\0\2' + bytes(6) + b'\x0a\0\0\1', type=0x0806,
                                                dst=BROADCAST, tags=[(0x8100, 0)]))
row('two priority tags', TAGS, eth(ip(udp()), tags=[(0x8100, 0), (0x8100, 0)]))
row('service priority tag', TAGS, eth(ip(udp()), tags=[(0x88a8, 0)]))
row('service priority tag around a priority tag', TAGS, eth(ip(udp()), tags=[(0x88a8, 0), (0x8100, 0)]))
row('unknown service VLAN', TAGS, eth(ip(udp()), tags=[(0x88a8, 100)]))
row('unknown VLAN in a priority tag', TAGS, eth(ip(udp()), tags=[(0x8100, 0), (0x8100, 5)]))
row('VLAN tag cut short', TAGS, eth(b'\0', type=0x8100))
row('priority tag and nothing else', TAGS, eth(b'', tags=[(0x8100, 0)]))

SOURCES = ['0.0.0.0', '0.1.2.3', '127.0.0.1', '127.255.255.255', '224.0.0.1', '239.1.1.1', '239.255.255.255', '240.1.1.1',
           '255.255.255.254', '255.255.255.255', '10.0.0.1', '10.0.1.1', '10.0.2.1', '10.0.0.255', '10.0.1.255', '10.0.0.0',
           '10.0.1.0', '169.254.1.1', '99.9.9.9']
for source in SOURCES:
    row('forwarding from source ' + source, MARTIAN, ip(udp(), src=source, dst='20.0.0.1'))
    row('echo from source ' + source, MARTIAN, ip(icmp(), src=source, dst='10.0.0.1'),
        config=['neigh add 10.0.0.0 lladdr 02:00:00:00:0a:aa dev p0', 'neigh add 10.0.1.0 lladdr 02:00:00:00:0b:aa dev p1'])
TARGETS = ['0.0.0.0', '0.1.2.3', '127.0.0.1', '127.1.2.3', '224.0.0.1', '224.0.0.5', '239.8.8.8', '240.0.0.1', '255.255.255.254',
           '255.255.255.255', '10.0.0.255', '10.0.1.255', '10.0.2.255', '10.0.1.0', '169.254.1.1', '99.0.0.1']
for target in TARGETS:
    row('UDP to ' + target, MARTIAN, ip(udp(), dst=target), config=['neigh add 10.0.1.0 lladdr 02:00:00:00:0b:aa dev p1'])
    row('echo to ' + target, MARTIAN, ip(icmp(), dst=target), config=['neigh add 10.0.1.0 lladdr 02:00:00:00:0b:aa dev p1'])
    row('broadcast frame to ' + target, MARTIAN, eth(ip(udp(), dst=target), dst=BROADCAST))
for target in ('127.0.0.1', '0.0.0.0', '239.1.1.1', '255.255.255.255'):
    row('martian source to %s' % target, MARTIAN, ip(icmp(), src='127.0.0.9', dst=target),
        ip(icmp(), src='0.0.0.0', dst=target))
row('echo to 127.0.0.1 with route_localnet', MARTIAN, ip(icmp(), dst='127.0.0.1'),
    config=['set net.ipv4.conf.p0.route_localnet 1'])
for kind, packet in (('echo', icmp()), ('UDP', udp()), ('TCP', tcp())):
    row('%s to 127.0.0.1 whose answer leaves by a port without route_localnet' % kind, MARTIAN, ip(packet, dst='127.0.0.1'), port=1,
        config=['set net.ipv4.conf.p1.route_localnet 1'])
row('own source address with accept_local', MARTIAN, ip(udp(), src='10.0.1.1', dst='20.0.0.1'),
    config=['set net.ipv4.conf.p0.accept_local 1'])
row('directed broadcast with bc_forwarding', '3 directed broadcast', ip(udp(), dst='10.0.1.255'),
    config=['set net.ipv4.conf.all.bc_forwarding 1', 'set net.ipv4.conf.p0.bc_forwarding 1'])
row('directed broadcast with bc_forwarding, without forwarding', '3 directed broadcast', ip(udp(), dst='10.0.1.255'),
    config=['set net.ipv4.conf.all.bc_forwarding 1', 'set net.ipv4.conf.p0.bc_forwarding 1', 'set net.ipv4.conf.p0.forwarding 0'])
row('directed broadcast with bc_forwarding of the port alone', '3 directed broadcast', ip(udp(), dst='10.0.1.255'),
    config=['set net.ipv4.conf.p0.bc_forwarding 1'])
