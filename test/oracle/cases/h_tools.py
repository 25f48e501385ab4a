# SPDX-License-Identifier: BSD-3-Clause
"""Frames as traffic generators and ordinary programs make them (LINUX 8)."""
from case import Group, send
from frames import BROADCAST, ROUTER_MAC, arp, eth, icmp, ip, pattern, tcp, udp

TREX, PKTGEN, BENCH = '8 TRex', '8 Pktgen-DPDK', '8 FD.io CSIT'
G = Group('tools')
CLIENTS = ['route add 16.0.0.0/8 via 10.0.0.2 dev p0', 'route add 48.0.0.0/8 via 10.0.1.2 dev p1']


def row(name, ref, *frames, port=0, **fields):
    G.case(name, ref, send(port, *frames), **fields)


def stateless(number, size=64, **fields):
    """A stream's packet: 60 bytes of frame without FCS, as the examples send it."""
    fields = {'src': '16.0.0.1', 'dst': '48.0.0.1', 'id': 1, **fields}
    return ip(udp(b'x' * (size - 4 - 42), sport=1025 + number, dport=12), **fields)


row('TRex: udp 1-packet streams, both directions', TREX, [stateless(n) for n in range(16)], config=CLIENTS)
row('TRex: the way back', TREX, [stateless(n, src='48.0.0.1', dst='16.0.0.1') for n in range(4)], port=1, config=CLIENTS)
row('TRex: flow statistics by identification', TREX, [stateless(n, id=0xff00 + n) for n in range(8)] + [stateless(0, id=0xffff)], config=CLIENTS)
row('TRex: latency stamp in the last 16 bytes', TREX, ip(udp(pattern(24) + b'\xab\x01\0\0\1\0\0\0' + pattern(8)), src='16.0.0.1', dst='48.0.0.1',
                                                      id=0xff05), config=CLIENTS)
row('TRex: rx-check sends ttl 255', TREX, stateless(0, ttl=255), stateless(1, ttl=254), config=CLIENTS)
row('TRex: many clients and servers', TREX, [ip(udp(b'x' * 18, sport=1025 + n), src='16.0.%d.%d' % (n % 4, n + 1), dst='48.0.%d.%d' % (n % 3, 255 - n))
                                          for n in range(100)], config=CLIENTS)
row('TRex: imix sizes', TREX, [stateless(n, size) for n, size in enumerate((64, 594, 1518))], config=CLIENTS)
row('TRex: resolves its gateway', TREX, arp(1, '10.0.0.2', '10.0.0.1', pad=60))
row('TRex: resolves with a sender it does not own here', TREX, arp(1, '16.0.0.1', '10.0.0.1', sha='02:00:00:00:0a:02', pad=60), config=CLIENTS,
    cleanup=['neigh del 16.0.0.1 dev p0'])
row('TRex: announces itself', TREX, arp(1, '10.0.0.2', '10.0.0.2', pad=60), stateless(0), config=CLIENTS)
row('TRex: service-mode ping', TREX, ip(icmp(8, 0, b'\x12\x34\0\1', pattern(56)), src='16.0.0.1', dst='10.0.0.1', ttl=64), config=CLIENTS)
row('TRex: traceroute through us', TREX, ip(icmp(8, 0, b'\x12\x34\0\1', pattern(56)), src='16.0.0.1', dst='48.0.0.1', ttl=1),
    ip(icmp(8, 0, b'\x12\x34\0\2', pattern(56)), src='16.0.0.1', dst='48.0.0.1', ttl=2), config=CLIENTS)
row('TRex: stateful SYN with its options', TREX, ip(tcp('S', sport=1024, dport=80, win=32768, opts=b'\2\4\5\xb4\1\3\3\0\x08\x0a' + bytes(8) + b'\1\1'),
                                                   src='16.0.0.1', dst='48.0.0.1', ttl=127), config=CLIENTS)
row('TRex: fields a program varies', TREX, [stateless(n, tos=n * 4, ttl=10 + n) for n in range(8)], config=CLIENTS)
row('TRex: without a route back', TREX, stateless(0, src='17.0.0.1', dst='49.0.0.1'), config=CLIENTS)

LETTERS = bytes(97 + (10 + n) % 26 for n in range(1500))


def pktgen(**fields):
    fields = {'src': '10.0.0.3', 'dst': '10.0.1.2', 'ttl': 4, 'id': 0, **fields}
    return ip(udp(LETTERS[:18], sport=1234, dport=5678), **fields)


row('Pktgen: default packet', PKTGEN, eth(pktgen(), pad=60))
row('Pktgen: default packet with the MAC not set', PKTGEN, eth(pktgen(), dst='00:00:00:00:00:00', pad=60))
row('Pktgen: latency magic at its offset', PKTGEN, ip(udp(bytes(6) + b'\xfe\xca\x0d\xf0' + pattern(20), sport=1234, dport=5678), src='10.0.0.3', dst='10.0.1.2'))
row('Pktgen: range of ports', PKTGEN, [ip(udp(LETTERS[:18], sport=1234 + n, dport=5678 + n), src='10.0.0.3', dst='10.0.1.2') for n in range(20)])
row('Pktgen: asks for the address it sends to', PKTGEN, arp(1, '10.0.0.3', '10.0.1.2', sha='02:00:00:00:0a:03', pad=60))
row('Pktgen: asks for the address it sends to, proxy_arp', PKTGEN, arp(1, '10.0.0.3', '10.0.1.2', sha='02:00:00:00:0a:03', pad=60), config=[
    'set net.ipv4.conf.p0.proxy_arp 1', 'set net.ipv4.neigh.p0.proxy_delay 0'])
row('Pktgen: ping4', PKTGEN, eth(ip(icmp(8, 0, b'\x12\x35\0\0', pattern(10)), src='10.0.0.3', dst='10.0.0.1'), pad=60))
row('Pktgen: garp', PKTGEN, arp(2, '10.0.0.3', '10.0.0.3', sha='02:00:00:00:0a:03', pad=60))
row('Pktgen: VLAN packet', PKTGEN, eth(pktgen(), tags=[(0x8100, 1)], pad=64))
row('Pktgen: Q-in-Q packet', PKTGEN, eth(pktgen(), tags=[(0x88a8, 1), (0x8100, 2)], pad=68))
row('Pktgen: MPLS packet', PKTGEN, eth(b'\0\1\x01\x40' + pattern(60), type=0x8847))
row('Pktgen: GRE packet through us', PKTGEN, ip(b'\0\0\x08\0' + pattern(40), proto=47))
row('Pktgen: TCP', PKTGEN, ip(tcp('A', sport=1234, dport=5678, seq=0x12378, ack=0x12390, data=LETTERS[:6]), src='10.0.0.3', dst='10.0.1.2', ttl=4))
for size in (64, 128, 256, 512, 1024, 1280, 1518):
    row('RFC 2544 frame of %d' % size, PKTGEN, ip(udp(LETTERS[:size - 46], sport=1234, dport=5678), src='10.0.0.3', dst='10.0.1.2', ttl=64))
row('ip4base: protocol 61, sources in a row', BENCH, [ip(pattern(26), proto=61, src='10.10.10.%d' % n, dst='20.20.20.0') for n in range(1, 254)])

row('traceroute with UDP', '5 UDP no socket', [ip(udp(pattern(32), sport=40000 + n, dport=33434 + n), ttl=1 + n // 3) for n in range(5)])
row('traceroute that ends at us', '5 UDP no socket', ip(udp(pattern(32), dport=33434), ttl=1, dst='10.0.0.1'))
row('ping -s 2000 -M dont through us', '6 ip_fragment', ip(icmp(data=pattern(1480), rest=b'\0\7\0\1'), part=(0, 1480), mf=1, dst='30.0.0.1'))
row('DHCP discover', '3 martians', eth(ip(udp(pattern(300), sport=68, dport=67), src='0.0.0.0', dst='255.255.255.255', ttl=128), dst=BROADCAST))
row('mDNS query', '3 martians', eth(ip(udp(pattern(40), sport=5353, dport=5353), dst='224.0.0.251', ttl=255), dst='01:00:5e:00:00:fb'))
row('OSPF hello', '3 martians', eth(ip(pattern(44), proto=89, src='10.0.0.2', dst='224.0.0.5', ttl=1), dst='01:00:5e:00:00:05'))
row('VRRP advertisement', '3 martians', eth(ip(pattern(20), proto=112, src='10.0.0.2', dst='224.0.0.18', ttl=255), dst='01:00:5e:00:00:12'))
row('IGMP query', '3 martians', eth(ip(b'\x11\x64\xee\x9b\0\0\0\0', proto=2, src='10.0.0.2', dst='224.0.0.1', ttl=1, opts=b'\x94\4\0\0'), dst='01:00:5e:00:00:01'))
row('NetBIOS broadcast', '3 martians', eth(ip(udp(pattern(60), sport=137, dport=137), src='10.0.0.2', dst='10.0.0.255'), dst=BROADCAST))
row('wake-on-LAN broadcast', '3 martians', eth(ip(udp(b'\xff' * 6 + pattern(96), dport=9), src='10.0.0.2', dst='255.255.255.255'), dst=BROADCAST))
row('frame to all three ports', '3 FIB', [eth(ip(udp(), dst=d), dst=ROUTER_MAC[0]) for d in ('10.0.0.3', '10.0.1.2', '10.0.2.2')], config=[
    'set net.ipv4.conf.all.send_redirects 0', 'set net.ipv4.conf.p0.send_redirects 0'])
