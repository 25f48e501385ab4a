# SPDX-License-Identifier: BSD-3-Clause
"""What takes time: probes and their failure, neighbour states, reassembly timeout, redirect spacing (LINUX 3, 5, 6).

These cases run at once on one router, each with hosts of its own (mine)."""
from case import LIMITED, Group, send, wait
from frames import ROUTER_MAC, arp, icmp, ip, pattern, udp

SOLICIT = '5 ARP solicit & queue'
AGING = '5 aging'
G = Group('slow', LIMITED, together=True)


def mac_of(number, port):
    return '02:00:00:00:1%d:%02x' % (port, number)


def reply(number, port=1, op=2, **fields):
    fields = {'sha': mac_of(number, port), 'dst': ROUTER_MAC[port], 'tha': ROUTER_MAC[port], **fields}
    return arp(op, '10.0.%d.%d' % (port, number), '10.0.%d.1' % port, **fields)


def row(name, ref, host, *steps, timed=0.45, **fields):
    """host: (port, number) of the neighbour in question."""
    address = '10.0.%d.%d' % host
    G.case(name, ref, *steps, mine=[address], timed=timed, cleanup=['neigh del %s dev p%d' % (address, host[0])], **fields)


def to(host, ident=1, **fields):
    return ip(udp(), dst='10.0.%d.%d' % host, id=ident, **fields)


H = (1, 100)
row('five packets for a host that is not there', SOLICIT, H, send(0, [to(H, n) for n in range(5)], wait=4.5))
H = (1, 101)
row('packets of ttl 2, DF, options for a host that is not there', SOLICIT, H,
    send(0, to(H, ttl=2), to(H, 2, df=1), to(H, 3, tos=0x28), wait=4.5))
H = (1, 102)
row('a host that is not there is asked for again', SOLICIT, H, send(0, to(H), wait=4), send(0, to(H, 2), wait=4.5))
H = (1, 103)
row('the answer to the second probe', SOLICIT, H, send(0, to(H), wait=1.5), send(1, reply(103), wait=3))
H = (1, 104)
row('packets sent between probes', SOLICIT, H, send(0, to(H), wait=0.6), send(0, to(H, 2), wait=0.7), send(0, to(H, 3), wait=3))
H = (1, 105)
row('no error for what waits without a right to one', SOLICIT, H, send(0, ip(pattern(20), off=80, dst='10.0.1.105'),
    ip(icmp(3, 1, bytes(4), pattern(28)), dst='10.0.1.105'), to(H, 3), wait=4.5))
H = (1, 106)
row('a gateway that is not there', SOLICIT, H, send(0, ip(udp(), dst='41.0.0.1'), ip(udp(), dst='41.0.0.2'), wait=4.5),
    config=['route add 41.0.0.0/8 via 10.0.1.106 dev p1'])
H = (1, 107)
row('our own packet for a host that is not there', SOLICIT, H, send(1, ip(icmp(), src='10.0.1.107', dst='10.0.1.1'), wait=4.5))
H = (1, 108)
row('errors about a dead host are limited per source', SOLICIT, H, send(0, [to(H, n) for n in range(12)], wait=4.5))

H = (1, 110)
row('a stale neighbour in use is probed, does not answer, fails', AGING, H, send(1, reply(110, op=1, tha='00:00:00:00:00:00')),
    send(0, to(H), wait=9.5), send(0, to(H, 2), wait=0.5), send(1, reply(110)), timed=0.8)
H = (1, 111)
row('a stale neighbour in use answers the probe', AGING, H, send(1, reply(111, op=1, tha='00:00:00:00:00:00')),
    send(0, to(H), wait=5.6), send(1, reply(111), wait=2), send(0, to(H, 2), wait=1), timed=0.8)
H = (1, 112)
row('a request from a stale neighbour in use does not confirm it', AGING, H, send(1, reply(112, op=1, tha='00:00:00:00:00:00')),
    send(0, to(H), wait=3), send(1, reply(112, op=1, tha='00:00:00:00:00:00'), wait=4), timed=0.8)
H = (1, 113)
row('a stale neighbour not in use is left alone', AGING, H, send(1, reply(113, op=1, tha='00:00:00:00:00:00'), wait=8))
H = (1, 114)
row('packets to a neighbour being probed go to its old MAC', AGING, H, send(1, reply(114, op=1, tha='00:00:00:00:00:00')),
    send(0, to(H), wait=5.5), send(0, to(H, 2), wait=0.8), send(0, to(H, 3), wait=0.8), send(1, reply(114)), timed=0.8)
H = (1, 115)
row('a new MAC in the answer to a probe, within the lock time', AGING, H, send(1, reply(115, op=1, tha='00:00:00:00:00:00')),
    send(0, to(H), wait=5.2), send(1, reply(115, sha=mac_of(215, 1))), send(0, to(H, 2), wait=0.9), timed=0.8)
H = (2, 116)
row('a reachable neighbour in use is confirmed again by a probe', AGING, H, send(0, to(H)), send(2, reply(116, 2)),
    send(0, [to(H, n) for n in range(14)], gap=0.4), send(2, reply(116, 2)), timed=0.6,
    config=['set net.ipv4.neigh.p2.base_reachable_time_ms 200'])
H = (1, 117)
row('a reply after the lock time updates', '5 ARP learning', H, send(1, reply(117, op=1, tha='00:00:00:00:00:00'), wait=1.2),
    send(1, reply(117, sha=mac_of(217, 1))), send(0, to(H)))
H = (1, 118)
row('a request to another after the lock time updates', '5 ARP learning', H, send(1, reply(118, op=1, tha='00:00:00:00:00:00'), wait=1.2),
    send(1, arp(1, '10.0.1.118', '10.0.1.77', sha=mac_of(218, 1))), send(0, to(H)))
H = (1, 119)
row('proxy_arp answers within its delay', '5 proxy_arp', H, send(1, arp(1, '10.0.1.119', '30.0.0.9', sha=mac_of(119, 1)), wait=1.2), timed=1.0,
    config=['set net.ipv4.conf.p1.proxy_arp 1'])

TIMEOUT = '6 reassembly'
ECHO = dict(dst='10.0.0.1')
G.case('the rest of a datagram never comes', TIMEOUT, send(0, ip(icmp(data=pattern(1000)), part=(0, 800), mf=1, **ECHO), wait=33), timed=2.0)
G.case('the first fragment never comes', TIMEOUT, send(0, ip(icmp(data=pattern(1000)), part=(800, 1008), **ECHO), wait=33), timed=2.0)
G.case('the first fragment comes last, the middle never', TIMEOUT, send(0, ip(icmp(data=pattern(1000)), part=(800, 1008), **ECHO), wait=1),
       send(0, ip(icmp(data=pattern(1000)), part=(0, 400), mf=1, **ECHO), wait=32), timed=2.0)
G.case('the rest of a UDP datagram never comes', TIMEOUT, send(0, ip(udp(pattern(1000)), part=(0, 800), mf=1, tos=0x28, **ECHO), wait=33), timed=2.0)
G.case('an ICMP error in fragments never comes whole', TIMEOUT, send(0, ip(icmp(3, 1, bytes(4), pattern(1000)), part=(0, 800), mf=1, **ECHO), wait=33),
       timed=2.0)
G.case('a fragment in transit is not waited for', TIMEOUT, send(0, ip(udp(pattern(1000)), part=(0, 800), mf=1, dst='20.0.0.1'), wait=33), timed=2.0)
G.case('the rest comes after the timeout', TIMEOUT, send(0, ip(icmp(data=pattern(1000)), part=(0, 800), mf=1, **ECHO), wait=32.5),
       send(0, ip(icmp(data=pattern(1000)), part=(800, 1008), **ECHO), wait=0.5), timed=2.0)
G.case('the rest comes before the timeout', TIMEOUT, send(0, ip(icmp(data=pattern(1000)), part=(0, 800), mf=1, **ECHO), wait=28),
       send(0, ip(icmp(data=pattern(1000)), part=(800, 1008), **ECHO), wait=0.5), timed=2.0)
G.case('an overlap is not reported in the end', TIMEOUT, send(0, ip(icmp(data=pattern(1000)), part=(0, 800), mf=1, **ECHO),
                                                          ip(icmp(data=pattern(1000)), part=(792, 1008), **ECHO), wait=33), timed=2.0)

for number, title, steps in (
        (120, 'redirects are spaced', [send(0, [ip(udp(), src='10.0.0.120', dst='10.0.0.3')] * 35, gap=0.1)]),
        (121, 'redirects stop after nine, and begin again', [send(0, [ip(udp(), src='10.0.0.121', dst='10.0.0.3')] * 60, gap=0.2),
                                                            wait(21), send(0, ip(udp(), src='10.0.0.121', dst='10.0.0.3'))])):
    G.case(title, '3 redirects', *steps, timed=0.35, mine=['10.0.0.%d' % number], config=[
        'neigh add 10.0.0.%d lladdr 02:00:00:00:10:%02x dev p0' % (number, number)])
G.case('a steady stream of errors: one a second', '5 rate limits', send(0, [ip(udp(), ttl=1)] * 250, gap=0.02), loose=0.2)
