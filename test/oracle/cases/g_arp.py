# SPDX-License-Identifier: BSD-3-Clause
"""ARP: what is answered, what is learned, what waits for an answer (LINUX 5, 9). Timers are in i_slow."""
from case import Group, config, send, wait
from frames import BROADCAST, ROUTER_MAC, addr, arp, icmp, ip, pattern, udp

REQUEST = '5 ARP request for us'
LEARN = '5 ARP learning'
QUEUE = '5 ARP solicit & queue'

G = Group('arp')
ZERO = '00:00:00:00:00:00'


def row(name, ref, *frames, port=0, **fields):
    G.case(name, ref, send(port, *frames), **fields)


def mac_of(number, port=0):
    return '02:00:00:00:1%d:%02x' % (port, number)


row('request', REQUEST, arp())
row('request from an unknown host', REQUEST, arp(spa='10.0.0.40', sha=mac_of(40)), cleanup=['neigh del 10.0.0.40 dev p0'])
row('padded request', REQUEST, arp(pad=60))
row('request sent to our MAC', REQUEST, arp(dst=ROUTER_MAC[0]))
row('request sent to a multicast MAC', REQUEST, arp(dst='01:00:5e:00:00:01'))
row('request whose target MAC is filled in', REQUEST, arp(tha=mac_of(9)))
row('request whose sender MAC is not the frame source', REQUEST, arp(spa='10.0.0.41', sha=mac_of(41), src=mac_of(99)),
    cleanup=['neigh del 10.0.0.41 dev p0'])
row('request for the address of another port', REQUEST, arp(tpa='10.0.1.1'))
row('request for another host', REQUEST, arp(tpa='10.0.0.77'))
row('request for a host behind another port', REQUEST, arp(tpa='20.0.0.1'))
row('request for an address without a route', REQUEST, arp(tpa='99.0.0.1'))
row('request from outside the subnet', REQUEST, arp(spa='99.1.1.1', sha=mac_of(1)), cleanup=['neigh del 99.1.1.1 dev p0'])
row('request from a subnet of another port', REQUEST, arp(spa='10.0.1.44', sha=mac_of(44)), cleanup=['neigh del 10.0.1.44 dev p0'])
row('request from behind another port', REQUEST, arp(spa='20.0.0.44', sha=mac_of(44)), cleanup=['neigh del 20.0.0.44 dev p0'])
row('request from a routed address', REQUEST, arp(spa='@', sha=mac_of(45)))
row('probe for our address', REQUEST, arp(spa='0.0.0.0'))
row('probe for our address on another port', REQUEST, arp(spa='0.0.0.0', tpa='10.0.1.1'))
row('probe for another address', REQUEST, arp(spa='0.0.0.0', tpa='10.0.0.77'))
row('request in our own name', REQUEST, arp(spa='10.0.0.1', sha=mac_of(46)))
row('announcement of our own address by another', REQUEST, arp(spa='10.0.0.1', tpa='10.0.0.1', sha=mac_of(46)))
for spa in ('127.0.0.1', '224.0.0.1', '255.255.255.255', '10.0.0.255', '10.0.0.0', '240.0.0.1', '0.1.2.3'):
    row('request from ' + spa, REQUEST, arp(spa=spa, sha=mac_of(47)), cleanup=['neigh del %s dev p0' % spa])
for tpa in ('0.0.0.0', '127.0.0.1', '224.0.0.1', '255.255.255.255', '10.0.0.255', '10.0.0.0'):
    row('request for ' + tpa, REQUEST, arp(tpa=tpa))
row('request for a host address', REQUEST, arp(tpa='172.20.9.9'), config=['addr add 172.20.9.9/32 dev p1'])
row('request for a second address of the port', REQUEST, arp(tpa='10.0.0.9'), config=['addr add 10.0.0.9/24 dev p0'])
row('request with sender MAC zero', REQUEST, arp(spa='10.0.0.48', sha=ZERO, src=mac_of(48)), cleanup=['neigh del 10.0.0.48 dev p0'])
row('request with a multicast sender MAC', REQUEST, arp(spa='10.0.0.48', sha='01:00:5e:00:00:01', src=mac_of(48)),
    cleanup=['neigh del 10.0.0.48 dev p0'])
row('request with the broadcast sender MAC', REQUEST, arp(spa='10.0.0.48', sha=BROADCAST, src=mac_of(48)),
    cleanup=['neigh del 10.0.0.48 dev p0'])
row('request with our sender MAC', REQUEST, arp(spa='10.0.0.48', sha=ROUTER_MAC[0], src=mac_of(48)), cleanup=['neigh del 10.0.0.48 dev p0'])
for title, fields in {'hardware type 6': dict(hw=6), 'hardware type 2': dict(hw=2), 'hardware type 0': dict(hw=0),
                      'protocol type 0x86dd': dict(pro=0x86dd), 'hardware length 5': dict(hlen=5), 'hardware length 8': dict(hlen=8),
                      'protocol length 16': dict(plen=16), 'protocol length 0': dict(plen=0), 'operation 0': dict(op=0),
                      'operation 3': dict(op=3), 'operation 8': dict(op=8), 'operation 256': dict(op=256), '27 bytes': dict(cut=27),
                      '8 bytes': dict(cut=8), 'nothing in it': dict(cut=0), 'bytes behind': dict(tail=pattern(40))}.items():
    row('request with ' + title, REQUEST, arp(**fields))
for value in (1, 2, 3, 8):
    IGNORE = ['set net.ipv4.conf.p0.arp_ignore %d' % value]
    row('arp_ignore %d: own address' % value, REQUEST, arp(), config=IGNORE)
    row('arp_ignore %d: address of another port' % value, REQUEST, arp(tpa='10.0.1.1'), config=IGNORE)
    row('arp_ignore %d: sender outside the subnet' % value, REQUEST, arp(spa='99.1.1.1', sha=mac_of(1)), config=IGNORE,
        cleanup=['neigh del 99.1.1.1 dev p0'])
    row('arp_ignore %d: probe' % value, REQUEST, arp(spa='0.0.0.0'), config=IGNORE)
row('arp_filter: sender behind this port', REQUEST, arp(tpa='10.0.1.1'), config=['set net.ipv4.conf.p0.arp_filter 1'])
row('arp_filter: sender behind another port', REQUEST, arp(spa='20.0.0.44', sha=mac_of(44)), config=['set net.ipv4.conf.p0.arp_filter 1'],
    cleanup=['neigh del 20.0.0.44 dev p0'])
for sender in ('10.0.0.255', '10.0.0.0', '10.0.1.255', '10.0.0.1', '10.0.1.1'):
    row('arp_filter: sender ' + sender, REQUEST, arp(spa=sender), config=['set net.ipv4.conf.p0.arp_filter 1'], cleanup=['neigh del %s dev p0' % sender])
row('rp_filter does not stop an odd sender', REQUEST, arp(spa='20.0.0.44', sha=mac_of(44)), config=['set net.ipv4.conf.p0.rp_filter 1'],
    cleanup=['neigh del 20.0.0.44 dev p0'])
row('forwarding off', REQUEST, arp(), arp(tpa='10.0.1.1'), config=['set net.ipv4.ip_forward 0'])

PROXY = ['set net.ipv4.neigh.p0.proxy_delay 0', 'set net.ipv4.conf.p0.proxy_arp 1']
for title, tpa in {'routed through another port': '20.0.0.1', 'on link of another port': '10.0.1.77', 'on link of this port': '10.0.0.77',
                   'routed through this port': '10.64.0.1', 'without a route': '99.0.0.1', 'our own': '10.0.0.1',
                   'broadcast of another port': '10.0.1.255', 'multicast': '224.0.0.9', 'network of another port': '10.0.1.0'}.items():
    row('proxy_arp: ' + title, '5 proxy_arp', arp(tpa=tpa), config=PROXY)
row('proxy_arp: unreachable route', '5 proxy_arp', arp(tpa='40.0.0.1'), config=PROXY + ['route add unreachable 40.0.0.0/8'])
row('proxy_arp: blackhole', '5 proxy_arp', arp(tpa='40.0.0.1'), config=PROXY + ['route add blackhole 40.0.0.0/8'])
row('proxy_arp: default route', '5 proxy_arp', arp(tpa='99.0.0.1'), config=PROXY + ['route add default via 10.0.1.2 dev p1'])
row('proxy_arp: probe', '5 proxy_arp', arp(spa='0.0.0.0', tpa='20.0.0.1'), config=PROXY)
row('proxy_arp: announcement', '5 proxy_arp', arp(spa='20.0.0.1', tpa='20.0.0.1', sha=mac_of(50)), config=PROXY,
    cleanup=['neigh del 20.0.0.1 dev p0'])
row('proxy_arp: for all ports', '5 proxy_arp', arp(tpa='20.0.0.1'), config=[PROXY[0], 'set net.ipv4.conf.all.proxy_arp 1'])
row('proxy_arp: forwarding off', '5 proxy_arp', arp(tpa='20.0.0.1'), config=PROXY + ['set net.ipv4.ip_forward 0'])
row('proxy_arp: learns the sender', '5 proxy_arp', arp(spa='10.0.0.51', sha=mac_of(51), tpa='20.0.0.1'), ip(icmp(), src='10.0.0.51', dst='10.0.0.1'),
    config=PROXY, cleanup=['neigh del 10.0.0.51 dev p0'])
row('proxy_arp_pvlan: on link of this port', '5 proxy_arp', arp(tpa='10.0.0.77'), config=[
    PROXY[0], 'set net.ipv4.conf.p0.proxy_arp_pvlan 1'])


def learning(name, number, *frames, more=(), answered=True, pause=0.0, port=0, **fields):
    """What frames teach about 10.0.PORT.number; asked by an echo from there, whose reply needs the neighbour. Where it
    is not known a request comes out, which is answered to leave nothing waiting."""
    host = '10.0.%d.%d' % (port, number)
    asking = send(port, ip(icmp(), src=host, dst='10.0.%d.1' % port))
    tail = [send(port, arp(2, host, '10.0.%d.1' % port, sha=mac_of(200, port), dst=ROUTER_MAC[port], tha=ROUTER_MAC[port]))] if answered else []
    G.case(name, LEARN, *[send(port, f, wait=pause) for f in frames], asking, *tail, config=more, cleanup=['neigh del %s dev p%d' % (host, port)], **fields)


def say(number, op=1, sha=None, spa=None, tpa='10.0.0.1', **fields):
    return arp(op, spa or '10.0.0.%d' % number, tpa, sha=sha or mac_of(number), **fields)


learning('a request to us teaches', 60, say(60))
learning('a request to another does not teach', 61, say(61, tpa='10.0.0.77'))
learning('an unsolicited reply does not teach', 62, say(62, 2, dst=ROUTER_MAC[0], tha=ROUTER_MAC[0]))
learning('a gratuitous request does not teach', 63, say(63, tpa='10.0.0.63'))
learning('a gratuitous reply does not teach', 64, say(64, 2, tpa='10.0.0.64', dst=BROADCAST))
ACCEPT = ['set net.ipv4.conf.p0.arp_accept 1']
learning('arp_accept: a gratuitous request teaches', 65, say(65, tpa='10.0.0.65'), more=ACCEPT)
learning('arp_accept: a gratuitous reply teaches', 66, say(66, 2, tpa='10.0.0.66', dst=BROADCAST), more=ACCEPT)
learning('arp_accept: an unsolicited reply', 67, say(67, 2, dst=ROUTER_MAC[0], tha=ROUTER_MAC[0]), more=ACCEPT)
learning('arp_accept: a request to another', 68, say(68, tpa='10.0.0.77'), more=ACCEPT)
learning('arp_accept 2: a gratuitous request from the subnet teaches', 69, say(69, tpa='10.0.0.69'), more=['set net.ipv4.conf.p0.arp_accept 2'])
learning('drop_gratuitous_arp', 70, say(70), say(70, tpa='10.0.0.70', sha=mac_of(71)), more=['set net.ipv4.conf.p0.drop_gratuitous_arp 1'])
learning('a gratuitous request updates at once', 72, say(72), say(72, tpa='10.0.0.72', sha=mac_of(73)))
learning('a gratuitous reply updates at once', 74, say(74), say(74, 2, tpa='10.0.0.74', sha=mac_of(75)))
learning('a reply within the lock time does not update', 76, say(76), say(76, 2, sha=mac_of(77), dst=ROUTER_MAC[0], tha=ROUTER_MAC[0]))
learning('a second request within the lock time', 78, say(78), say(78, sha=mac_of(79)))
learning('a request to another within the lock time', 80, say(80), say(80, tpa='10.0.0.77', sha=mac_of(81)))
learning('a reply updates without a lock time', 82, say(82), say(82, 2, sha=mac_of(83), dst=ROUTER_MAC[0], tha=ROUTER_MAC[0]),
         pause=0.03, more=['set net.ipv4.neigh.p0.locktime 0'])
learning('a request to another updates without a lock time', 84, say(84), say(84, tpa='10.0.0.77', sha=mac_of(85)),
         pause=0.03, more=['set net.ipv4.neigh.p0.locktime 0'])
learning('a request on the second port teaches there', 86, arp(1, '10.0.1.86', '10.0.1.1', sha=mac_of(86, 1)), port=1)
learning('a probe from 0.0.0.0 does not teach', 87, arp(1, '0.0.0.0', '10.0.0.1', sha=mac_of(87)))
STATIC = ['neigh add 10.0.0.%d lladdr 02:00:00:00:1f:%02x dev p0']
for number, title, frame in (
        (90, 'a request', say(90)), (91, 'a gratuitous request', say(91, tpa='10.0.0.91')),
        (92, 'a gratuitous reply', say(92, 2, tpa='10.0.0.92')), (93, 'a reply', say(93, 2, dst=ROUTER_MAC[0], tha=ROUTER_MAC[0]))):
    learning('a static entry is not changed by ' + title, number, frame, answered=False, more=[STATIC[0] % (number, number)])


def waiting(name, number, answer, packets=1, more=(), port=1, first=None, **fields):
    """Packets for an unknown host wait; the answer(s) set them free, or the closing proper reply does."""
    host = '10.0.%d.%d' % (port, number)
    proper = arp(2, host, '10.0.%d.1' % port, sha=mac_of(number, port), dst=ROUTER_MAC[port], tha=ROUTER_MAC[port])
    held = first or [ip(udp(b'%04d' % i), dst=host, id=i) for i in range(packets)]
    closing = [send(port, proper)] if answer else []
    G.case(name, QUEUE, send(0, held), send(port, *(answer or [proper])), *closing, config=list(more),
           cleanup=['neigh del %s dev p%d' % (host, port)], **fields)


def reply(number, op=2, port=1, **fields):
    fields = {'sha': mac_of(number, port), 'dst': ROUTER_MAC[port], 'tha': ROUTER_MAC[port], 'tpa': '10.0.%d.1' % port, **fields}
    return arp(op, '10.0.%d.%d' % (port, number), **fields)


waiting('a packet waits for the reply', 100, None)
waiting('five packets leave in order', 101, None, 5)
waiting('a second packet asks only once', 102, None, 2)
waiting('300 packets: the last ones are kept', 103, None, 300)
waiting('a request from the host sets them free', 104, [reply(104, 1)], 2)
waiting('a gratuitous request sets them free', 105, [reply(105, 1, tpa='10.0.1.105', dst=BROADCAST)], 2)
waiting('a gratuitous reply sets them free', 106, [reply(106, 2, tpa='10.0.1.106', dst=BROADCAST)], 2)
waiting('a request of the host for another', 107, [reply(107, 1, tpa='10.0.1.77', dst=BROADCAST)], 2)
waiting('a broadcast reply', 108, [reply(108, dst=BROADCAST)], 2)
waiting('a reply to somebody else', 109, [reply(109, dst='02:00:00:00:99:99')], 2)
waiting('a reply about another address', 110, [reply(110, tpa='10.0.1.99')], 2)
waiting('a reply with our address in its place', 111, [arp(2, '10.0.1.1', '10.0.1.1', sha=mac_of(111, 1), dst=ROUTER_MAC[1])], 2)
waiting('a reply with a multicast MAC', 112, [reply(112, sha='01:00:5e:11:11:11', src=mac_of(112, 1))], 2)
waiting('a reply with the broadcast MAC', 113, [reply(113, sha=BROADCAST, src=mac_of(113, 1))], 2)
waiting('a reply with MAC zero', 114, [reply(114, sha=ZERO, src=mac_of(114, 1))], 2)
waiting('a reply with our own MAC', 115, [reply(115, sha=ROUTER_MAC[1], src=mac_of(115, 1))], 2)
waiting('a reply with a sender MAC other than the frame source', 116, [reply(116, src=mac_of(99, 1))], 2)
waiting('a padded reply', 117, [reply(117, pad=60)], 2)
waiting('a reply with the wrong hardware type', 118, [reply(118, hw=7)], 2)
waiting('two replies: the first counts', 119, [reply(119), reply(119, sha=mac_of(120, 1))], 2)
waiting('fragments wait, too', 121, None, port=2, first=[ip(udp(pattern(1000)), dst='10.0.2.121')])
waiting('packets of several sources and sizes', 122, None, first=[ip(udp(pattern(n * 100)), src='10.10.3.%d' % n, dst='10.0.1.122')
                                                               for n in range(1, 8)])
waiting('packets behind a gateway wait for the gateway', 123, None, more=['route add 40.0.0.0/8 via 10.0.1.123 dev p1'],
        first=[ip(udp(), dst='40.0.0.%d' % n) for n in range(1, 5)])
waiting('150 long packets: the last ones are kept', 124, None, first=[ip(udp(pattern(1400)), dst='10.0.1.124', id=n) for n in range(150)])
waiting('the network address is asked for like a host', 0, None)
G.case('a reply on the wrong port', QUEUE, send(0, ip(udp(), dst='10.0.1.130')), send(0, reply(130, port=1, dst=ROUTER_MAC[0])),
       send(1, reply(130)), cleanup=['neigh del 10.0.1.130 dev p1'])
G.case('a neighbour added by hand sets packets free', QUEUE, send(0, ip(udp(), dst='10.0.1.131')),
       config('neigh replace 10.0.1.131 lladdr 02:00:00:00:11:83 dev p1'), keep=True, cleanup=['neigh del 10.0.1.131 dev p1'])
G.case('a neighbour deleted is asked for again', QUEUE, config('neigh add 10.0.1.132 lladdr 02:00:00:00:11:84 dev p1'),
       send(0, ip(udp(), dst='10.0.1.132')), config('neigh del 10.0.1.132 dev p1'), send(0, ip(udp(), dst='10.0.1.132')),
       send(1, reply(132)), keep=True, cleanup=['neigh del 10.0.1.132 dev p1'])
G.case('a neighbour replaced has its new MAC at once', QUEUE, config('neigh add 10.0.1.133 lladdr 02:00:00:00:11:85 dev p1'),
       send(0, ip(udp(), dst='10.0.1.133')), config('neigh replace 10.0.1.133 lladdr 02:00:00:00:11:99 dev p1'),
       send(0, ip(udp(), dst='10.0.1.133')), keep=True, cleanup=['neigh del 10.0.1.133 dev p1'])
G.case('our own packets ask with their own source', QUEUE, send(1, ip(icmp(), src='10.0.1.134', dst='10.0.2.1')), send(1, reply(134)),
       cleanup=['neigh del 10.0.1.134 dev p1'])
for value in (1, 2):
    G.case('arp_announce %d: our own packets ask with a source of the port' % value, QUEUE, send(1, ip(icmp(), src='10.0.1.%d' % (134 + value),
           dst='10.0.2.1')), send(1, reply(134 + value)), config=['set net.ipv4.conf.p1.arp_announce %d' % value],
           cleanup=['neigh del 10.0.1.%d dev p1' % (134 + value)])
G.case('the request comes from the address of the subnet asked', QUEUE, send(0, ip(udp(), dst='172.20.0.137')),
       send(1, arp(2, '172.20.0.137', '172.20.0.1', sha=mac_of(137, 1), dst=ROUTER_MAC[1], tha=ROUTER_MAC[1])),
       config=['addr add 172.20.0.1/24 dev p1'], cleanup=['neigh del 172.20.0.137 dev p1'])
G.case('the request for a device route comes from the first address', QUEUE, send(0, ip(udp(), dst='40.0.0.138')),
       send(1, arp(2, '40.0.0.138', '10.0.1.1', sha=mac_of(138, 1), dst=ROUTER_MAC[1], tha=ROUTER_MAC[1])),
       config=['route add 40.0.0.0/8 dev p1'], cleanup=['neigh del 40.0.0.138 dev p1'])
G.case('a hold queue of less', QUEUE, send(0, [ip(udp(), dst='10.0.2.140', id=n) for n in range(20)]), send(2, reply(140, port=2)),
       config=['set net.ipv4.neigh.p2.unres_qlen_bytes 8320'], cleanup=['neigh del 10.0.2.140 dev p2'])

# The next hop does not answer: here it is taken away while packets wait for it.
GIVEN_UP = '5 ARP solicit & queue'
for number, (title, options) in enumerate({
        'record route': bytes([7, 15, 4]) + bytes(13), 'record route with one slot': bytes([7, 7, 4]) + bytes(5),
        'timestamps': bytes([68, 12, 5, 0]) + bytes(8), 'timestamps that are full 14 times over': bytes([68, 8, 9, 0xe0]) + bytes(4),
        'timestamps with addresses': bytes([68, 20, 5, 1]) + bytes(16),
        'timestamps for given addresses': bytes([68, 20, 5, 3]) + addr('10.0.0.1') + bytes(4) + addr('10.0.1.1') + bytes(4),
        'router alert': b'\x94\4\0\0', 'rubbish behind the end': b'\1\0\7\7'}.items(), 150):
    G.case('given up with %s' % title, GIVEN_UP, send(0, ip(udp(), dst='10.0.1.%d' % number, opts=options)),
           config('neigh del 10.0.1.%d dev p1' % number), keep=True)
G.case('given up when the route has gone', GIVEN_UP, config('route add 44.0.0.0/8 via 10.0.1.149 dev p1'), send(0, ip(udp(), dst='44.0.0.1')),
       config('route del 44.0.0.0/8'), wait(0.5), config('neigh del 10.0.1.149 dev p1'), keep=True)
G.case('given up when the destination has become a broadcast address', GIVEN_UP, config('route add 44.0.0.0/8 via 10.0.1.148 dev p1'),
       send(0, ip(udp(), dst='44.0.0.1', opts=b'\7\7\4' + bytes(4))), config('addr add 172.20.0.1/24 broadcast 44.0.0.1 dev p1'),
       config('neigh del 10.0.1.148 dev p1', 'addr del 172.20.0.1/24 dev p1', 'route del 44.0.0.0/8'), keep=True)
G.case('given up where the way back leads', GIVEN_UP, config('route add 44.0.0.0/8 via 10.0.1.147 dev p1'),
       send(1, ip(udp(), src='44.9.9.9', dst='44.0.0.1')), send(0, ip(udp(), dst='44.0.0.2'), ip(udp(), dst='44.0.0.3')),
       config('neigh del 10.0.1.147 dev p1'), config('neigh del 10.0.1.147 dev p1', 'route del 44.0.0.0/8'), keep=True)
for title, lines in {'is named': ['addr add 172.20.0.1/24 broadcast 10.0.1.146 dev p1'],
                     'a subnet has': ['addr add 10.0.1.145/31 dev p1', 'addr add 10.0.1.145/30 dev p1']}.items():
    G.case('given up as the broadcast address that %s' % title, GIVEN_UP, send(0, ip(udp(), dst='10.0.1.146'), ip(udp(), dst='10.0.1.147')),
           *[config(line) for line in lines], send(0, ip(udp(), dst='10.0.1.147')), cleanup=['neigh del 10.0.1.146 dev p1', 'neigh del 10.0.1.147 dev p1'])
for place in ('all', 'p0'):
    row('arp_ignore 3 and 127.0.0.1 with route_localnet of ' + place, REQUEST, arp(tpa='127.0.0.1'),
        config=['set net.ipv4.conf.p0.arp_ignore 3', 'set net.ipv4.conf.%s.route_localnet 1' % place])
