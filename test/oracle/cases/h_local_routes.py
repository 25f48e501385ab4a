# SPDX-License-Identifier: BSD-3-Clause
"""Routes of type local. The kernel remembers for good that there has been one: from then on every source is checked in
full, so these cases have a router of their own, whose base configuration has such a route (LINUX 3)."""
from case import BASE, Group, send
from frames import arp, icmp, ip, tcp, udp

TYPES, MARTIAN = '3 route types', '3 martians'
G = Group('localroutes', BASE + ['route add local 40.99.99.99 dev p0'])


def row(name, ref, *frames, port=0, **fields):
    G.case(name, ref, send(port, *frames), **fields)


row('local route of the base: echo', TYPES, ip(icmp(), dst='40.99.99.99'))
row('local route', TYPES, ip(udp(), dst='40.1.2.3'), ip(icmp(), dst='40.1.2.3'), config=['route add local 40.1.2.3 dev p0'])
row('local route for a prefix: echo', TYPES, ip(icmp(), dst='40.7.7.7'), config=['route add local 40.0.0.0/8 dev p1'])
row('local route for a prefix: UDP', TYPES, ip(udp(), dst='40.7.7.7'), config=['route add local 40.0.0.0/8 dev p1'])
row('local route for a prefix: TCP', TYPES, ip(tcp(), dst='40.7.7.7'), config=['route add local 40.0.0.0/8 dev p1'])
row('own local route as the source', '3 martians', ip(udp(), src='40.1.2.3', dst='20.0.0.1'), config=['route add local 40.1.2.3 dev p0'])
row('local route below a longer unicast route', TYPES, ip(icmp(), dst='40.7.7.7'), ip(udp(), dst='40.8.7.7'),
    config=['route add local 40.7.0.0/16 dev p1', 'route add 40.0.0.0/8 via 10.0.1.2 dev p1'])
row('local route in the local table goes before a longer route in the main table', TYPES, ip(icmp(), dst='40.7.7.7'),
    config=['route add local 40.0.0.0/8 dev p1', 'route add 40.7.7.0/24 via 10.0.1.2 dev p1'])
row('request for a local route', '5 ARP request for us', arp(tpa='40.1.2.3'), config=['route add local 40.0.0.0/8 dev p1'])
row('request for a local route of another port, arp_ignore 1', '5 ARP request for us', arp(tpa='40.1.2.3'),
    config=['route add local 40.0.0.0/8 dev p1', 'set net.ipv4.conf.p0.arp_ignore 1'])
for source in ('10.0.0.255', '10.0.1.255', '10.0.0.1', '10.0.0.0', '99.9.9.9', '240.1.1.1', '40.99.99.99'):
    row('custom local route, forwarding from ' + source, MARTIAN, ip(udp(), src=source, dst='20.0.0.1'))
    row('custom local route, echo from ' + source, MARTIAN, ip(icmp(), src=source, dst='10.0.0.1'),
        config=['neigh add 10.0.0.0 lladdr 02:00:00:00:0a:aa dev p0'])
    row('custom local route, ARP from ' + source, MARTIAN, arp(1, source, '10.0.0.1', sha='02:00:00:00:1a:aa'),
        cleanup=['neigh del %s dev p0' % source])
for table in ('main', 'default'):
    LOCAL = ['route add local 40.0.0.0/8 dev p1 table ' + table]
    for kind, packet in (('echo', icmp()), ('UDP', udp()), ('TCP', tcp()), ('timestamp', icmp(13, 0, data=bytes(12)))):
        row('local route of table %s, %s' % (table, kind), TYPES, ip(packet, dst='40.7.7.7'), config=LOCAL)
    for value in (0, 1):
        row('local route of table %s, ARP with arp_filter %d' % (table, value), '5 ARP request for us', arp(tpa='40.7.7.7'),
            config=LOCAL + ['set net.ipv4.conf.p0.arp_filter %d' % value])
