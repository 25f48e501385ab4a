# SPDX-License-Identifier: BSD-3-Clause
"""Routes, addresses, and the checks of a packet's source against them (LINUX 3)."""
import ipaddress

from case import Group, config, send
from frames import icmp, ip, tcp, udp

TYPES = '3 route types'
METRIC = '3 metrics / TOS'
FILTER = '3 rp_filter'
EVENT = '3 dst obsolete / rt_genid'

G = Group('routes')


def row(name, ref, *frames, port=0, **fields):
    G.case(name, ref, send(port, *frames), **fields)


TRIO = [ip(udp(), dst='40.1.2.3'), ip(icmp(), dst='40.1.2.3'), ip(tcp(), dst='40.1.2.3')]
for kind in ('unreachable', 'prohibit', 'blackhole', 'throw'):
    row('%s route' % kind, TYPES, TRIO[0], config=['route add %s 40.0.0.0/8' % kind])
    row('%s route: echo' % kind, TYPES, TRIO[1], config=['route add %s 40.0.0.0/8' % kind])
    row('%s route above a longer one' % kind, TYPES, TRIO[0], ip(udp(), dst='40.9.2.3'),
        config=['route add %s 40.0.0.0/8' % kind, 'route add 40.1.0.0/16 via 10.0.1.2 dev p1'])
    row('%s route inside a shorter one' % kind, TYPES, TRIO[0], ip(udp(), dst='40.9.2.3'),
        config=['route add %s 40.1.0.0/16' % kind, 'route add 40.0.0.0/8 via 10.0.1.2 dev p1'])
    row('%s route towards the source' % kind, '5 icmp_send suppression', ip(udp(), src='@4', dst='99.0.0.1'),
        ip(icmp(), src='@4', dst='10.0.0.1'), config=['route add %s 42.0.0.0/8' % kind])
    row('%s default route' % kind, TYPES, TRIO[0], config=['route add %s default' % kind])
row('no route', TYPES, TRIO[0])
row('no route: TCP', TYPES, TRIO[2])
row('no route towards the source', '5 icmp_send suppression', ip(udp(), src='99.0.0.9', dst='99.0.0.1'),
    ip(udp(), src='99.0.0.9', ttl=1))
row('broadcast source leaving by the port of arrival', '3 martians', ip(udp(), src='10.0.0.255', dst='10.0.0.3'))
row('lowest metric wins', METRIC, TRIO[0], config=['route add 40.0.0.0/8 via 10.0.1.2 dev p1 metric 20',
                                                  'route add 40.0.0.0/8 via 10.0.2.2 dev p2 metric 10'])
row('no metric wins over a metric', METRIC, TRIO[0], config=['route add 40.0.0.0/8 via 10.0.1.2 dev p1 metric 20',
                                                           'route add 40.0.0.0/8 via 10.0.2.2 dev p2'])
row('longer prefix wins over a lower metric', METRIC, TRIO[0], config=[
    'route add 40.0.0.0/8 via 10.0.1.2 dev p1', 'route add 40.1.0.0/16 via 10.0.2.2 dev p2 metric 500'])
row('route by type of service', METRIC, [ip(udp(), dst='40.1.2.3', tos=t) for t in (0, 0x10, 0x11, 0x04, 0x1c, 0xf0, 0xb0)],
    config=['route add 40.0.0.0/8 via 10.0.1.2 dev p1', 'route add 40.0.0.0/8 tos 0x10 via 10.0.2.2 dev p2'])
row('unreachable route by type of service', METRIC, ip(udp(), dst='40.1.2.3', tos=0x10), ip(udp(), dst='40.1.2.3'),
    config=['route add 40.0.0.0/8 via 10.0.1.2 dev p1', 'route add unreachable 40.0.0.0/8 tos 0x10'])
row('default route', TYPES, TRIO[0], ip(udp(), dst='240.0.0.1'), config=['route add default via 10.0.1.2 dev p1'])
row('default route and class E, zero net, link local', '3 martians', [ip(udp(), dst=d) for d in (
    '0.1.2.3', '169.254.9.9', '255.255.255.254')], config=['route add default via 10.0.1.2 dev p1'])
row('default route does not save multicast or loopback', '3 martians', [ip(udp(), dst=d) for d in (
    '239.8.8.8', '224.0.0.5', '127.0.0.1', '255.255.255.255', '0.0.0.0', '10.0.1.255')],
    config=['route add default via 10.0.1.2 dev p1'])
row('multicast route is not used for forwarding', '3 martians', ip(udp(), dst='239.8.8.8'),
    config=['route add 224.0.0.0/4 dev p1'])
row('onlink gateway', TYPES, TRIO[0], config=['neigh add 172.16.0.9 lladdr 02:00:00:00:0b:99 dev p1',
                                             'route add 40.0.0.0/8 via 172.16.0.9 dev p1 onlink'])
row('gateway without a device', TYPES, TRIO[0], config=['route add 40.0.0.0/8 via 10.0.1.2'])
row('gateway through another route', TYPES, TRIO[0], config=[
    'route add 172.16.0.9 dev p1', 'neigh add 172.16.0.9 lladdr 02:00:00:00:0b:99 dev p1', 'route add 40.0.0.0/8 via 172.16.0.9'])
row('a gateway that is an own address', TYPES, TRIO[0], config=['route add 40.0.0.0/8 via 10.0.1.1'],
    cleanup=['neigh del 40.1.2.3 dev p1'])
row('an onlink gateway that is a broadcast address', TYPES, TRIO[0], config=[
    'route add 40.0.0.0/8 via 172.31.9.9 dev p1 onlink', 'route add broadcast 172.31.0.0/16 dev p1'])
row('an onlink gateway that is a broadcast address elsewhere', TYPES, TRIO[0], config=[
    'route add 40.0.0.0/8 via 172.30.9.9 dev p1 onlink', 'route add broadcast 172.30.0.0/16 dev p2'])
row('device route', TYPES, TRIO[0], config=['neigh add 40.1.2.3 lladdr 02:00:00:00:0b:98 dev p1', 'route add 40.0.0.0/8 dev p1'])
for prefix in ('128.0.0.0/2', '200.0.0.0/7', '200.128.0.0/9', '200.128.0.0/15', '200.200.0.0/16', '200.200.0.0/17', '200.200.0.0/23',
               '200.200.200.0/24', '200.200.200.0/25', '200.200.200.0/30', '200.200.200.0/31', '200.200.200.0/32'):
    net = ipaddress.ip_network(prefix)
    row('first and last of ' + prefix, '3 FIB', ip(udp(), dst=str(net[0])), ip(udp(), dst=str(net[-1])),
        config=['route add %s via 10.0.1.2 dev p1' % prefix])
    row('just outside ' + prefix, '3 FIB', ip(udp(), dst=str(net[-1] + 1)), config=['route add %s via 10.0.1.2 dev p1' % prefix])
row('nested prefixes', '3 FIB', [ip(udp(), dst=d) for d in ('50.0.0.1', '50.1.0.1', '50.1.1.1', '50.1.1.129', '50.1.1.130')], config=[
    'route add 50.0.0.0/8 via 10.0.1.2 dev p1', 'route add 50.1.0.0/16 via 10.0.1.3 dev p1', 'route add 50.1.1.0/24 via 10.0.2.2 dev p2',
    'route add 50.1.1.128/25 via 10.0.0.2 dev p0', 'route add 50.1.1.130/32 via 10.0.1.2 dev p1'])

G.case('a new route takes effect at once', EVENT, send(0, TRIO[0]), config('route add 40.0.0.0/8 via 10.0.1.2 dev p1'), send(0, TRIO[0]))
G.case('a deleted route is gone at once', EVENT, config('route add 44.0.0.0/8 via 10.0.1.2 dev p1'), send(0, ip(udp(), dst='44.0.0.1')),
       config('route del 44.0.0.0/8'), send(0, ip(udp(), dst='44.0.0.1')), keep=True)
G.case('replace swaps the route', EVENT, config('route add 44.0.0.0/8 via 10.0.1.2 dev p1'), send(0, ip(udp(), dst='44.0.0.1')),
       config('route replace 44.0.0.0/8 via 10.0.2.2 dev p2'), send(0, ip(udp(), dst='44.0.0.1')), config('route del 44.0.0.0/8'), keep=True)
G.case('replace adds where nothing was', EVENT, config('route replace 44.0.0.0/8 via 10.0.2.2 dev p2'), send(0, ip(udp(), dst='44.0.0.1')),
       config('route del 44.0.0.0/8'), keep=True)
G.case('replace is keyed by metric', EVENT, config('route add 44.0.0.0/8 via 10.0.1.2 dev p1 metric 10',
                                                 'route replace 44.0.0.0/8 via 10.0.2.2 dev p2 metric 20'),
       send(0, ip(udp(), dst='44.0.0.1')), config('route del 44.0.0.0/8 metric 10'), send(0, ip(udp(), dst='44.0.0.1')),
       config('route del 44.0.0.0/8'), keep=True)
G.case('deletion picks the first of two metrics', EVENT, config('route add 44.0.0.0/8 via 10.0.1.2 dev p1 metric 10',
                                                             'route add 44.0.0.0/8 via 10.0.2.2 dev p2 metric 20', 'route del 44.0.0.0/8'),
       send(0, ip(udp(), dst='44.0.0.1')), config('route del 44.0.0.0/8'), keep=True)
G.case('replace turns unreachable into unicast', EVENT, config('route add unreachable 44.0.0.0/8'), send(0, ip(udp(), dst='44.0.0.1')),
       config('route replace 44.0.0.0/8 via 10.0.1.2 dev p1'), send(0, ip(udp(), dst='44.0.0.1')), config('route del 44.0.0.0/8'), keep=True)
row('route in another table is not used', TYPES, TRIO[0], config=['route add 40.0.0.0/8 via 10.0.1.2 dev p1 table 100'])
row('route in the default table is used last', TYPES, TRIO[0], ip(udp(), dst='41.0.0.1'), config=[
    'route add 40.0.0.0/7 via 10.0.1.2 dev p1 table 253', 'route add unreachable 41.0.0.0/8'])
row('throw goes on to the default table', TYPES, TRIO[0], config=['route add throw 40.0.0.0/8',
                                                                 'route add 40.0.0.0/8 via 10.0.1.2 dev p1 table 253'])

MORE = ['addr add 172.20.0.1/24 dev p1', 'neigh add 172.20.0.7 lladdr 02:00:00:00:0b:07 dev p1']
row('address on a second subnet', '3 addr', ip(udp(), dst='172.20.0.7'), ip(icmp(), dst='172.20.0.1'), config=MORE)
row('error towards a second subnet', '5 ICMP error format', ip(udp(), src='172.20.0.7', dst='99.0.0.1'), port=1, config=MORE)
row('second address in the same subnet', '3 addr', ip(icmp(), dst='10.0.0.9'), ip(udp(), ttl=1), config=['addr add 10.0.0.9/24 dev p0'])
row('broadcast of a second subnet', '3 martians', ip(udp(), dst='172.20.0.255'), config=MORE)
row('host address', '3 addr', ip(icmp(), dst='172.20.9.9'), ip(udp(), dst='172.20.9.10'), config=['addr add 172.20.9.9/32 dev p1'])
row('both ends of a /31', '3 addr', ip(icmp(), dst='172.20.9.8'), ip(udp(), dst='172.20.9.9'), config=[
    'addr add 172.20.9.8/31 dev p1', 'neigh add 172.20.9.9 lladdr 02:00:00:00:0b:09 dev p1'])
row('edges of a /30', '3 addr', ip(icmp(), dst='172.20.9.9'), ip(udp(), dst='172.20.9.8'), ip(udp(), dst='172.20.9.11'), config=[
    'addr add 172.20.9.9/30 dev p1', 'neigh add 172.20.9.8 lladdr 02:00:00:00:0b:08 dev p1'])
row('address whose broadcast is given', '3 martians', ip(udp(), dst='172.20.0.255'), ip(udp(), dst='172.20.0.127'), config=[
    'addr add 172.20.0.1/24 broadcast 172.20.0.127 dev p1'])
G.case('address deleted', EVENT, config('addr add 172.20.0.1/24 dev p1'), send(0, ip(icmp(), dst='172.20.0.1')),
       config('addr del 172.20.0.1/24 dev p1'), send(0, ip(icmp(), dst='172.20.0.1')), keep=True)
G.case('a static route goes with the address it needs', EVENT, config(
    'addr add 172.20.0.1/24 dev p1', 'neigh add 172.20.0.7 lladdr 02:00:00:00:0b:07 dev p1', 'route add 44.0.0.0/8 via 172.20.0.7'),
    send(0, ip(udp(), dst='44.0.0.1')), config('addr del 172.20.0.1/24 dev p1'), send(0, ip(udp(), dst='44.0.0.1')), keep=True,
    cleanup=['route del 44.0.0.0/8', 'neigh del 172.20.0.7 dev p1'])
row('preferred source of the route decides the source of errors', '5 ICMP error format', ip(udp(), src='@4', dst='99.0.0.1'),
    ip(udp(), src='@4', ttl=1), config=['route add 42.0.0.0/8 via 10.0.0.2 dev p0 src 10.0.2.1'])

for mode, title in ((1, 'strict'), (2, 'loose')):
    ON = ['set net.ipv4.conf.p0.rp_filter %d' % mode]
    row('rp_filter %s: symmetric source' % title, FILTER, ip(udp()), config=ON)
    row('rp_filter %s: source behind another port' % title, FILTER, ip(udp(), src='@2'), config=ON)
    row('rp_filter %s: source without a route' % title, FILTER, ip(udp(), src='99.0.0.7'), config=ON)
    row('rp_filter %s: source behind a default route elsewhere' % title, FILTER, ip(udp(), src='99.0.0.7'), config=ON + [
        'route add default via 10.0.1.2 dev p1'])
    row('rp_filter %s: source behind a default route here' % title, FILTER, ip(udp(), src='99.0.0.7'), config=ON + [
        'route add default via 10.0.0.2 dev p0'])
    row('rp_filter %s: on-link source' % title, FILTER, ip(udp(), src='10.0.0.2'), config=ON)
    row('rp_filter %s: on-link source of another port' % title, FILTER, ip(udp(), src='10.0.1.2', dst='20.0.0.1'), config=ON)
    row('rp_filter %s: broadcast source' % title, FILTER, ip(udp(), src='10.0.0.255'), ip(icmp(), src='10.0.0.255', dst='10.0.0.1'), config=ON)
    row('rp_filter %s: own source' % title, FILTER, ip(udp(), src='10.0.0.1'), config=ON)
    row('rp_filter %s: class E source' % title, FILTER, ip(udp(), src='240.1.1.1'), config=ON)
    row('rp_filter %s: source under a blackhole' % title, FILTER, ip(udp(), src='@4'), config=ON + ['route add blackhole 42.0.0.0/8'])
    row('rp_filter %s: source under an unreachable route' % title, FILTER, ip(udp(), src='@4'),
        config=ON + ['route add unreachable 42.0.0.0/8'])
    row('rp_filter %s: echo from behind another port' % title, FILTER, ip(icmp(), src='@1', dst='10.0.0.1'), config=ON)
    row('rp_filter %s: ttl 1 from behind another port' % title, FILTER, ip(udp(), src='@1', ttl=1), config=ON)
    row('rp_filter %s: no route, from behind another port' % title, FILTER, ip(udp(), src='@1', dst='99.0.0.1'), config=ON)
    row('rp_filter %s on another port' % title, FILTER, ip(udp(), src='@1'), config=['set net.ipv4.conf.p1.rp_filter %d' % mode])
    row('rp_filter %s for all' % title, FILTER, ip(udp(), src='@2'), ip(udp(), src='99.0.0.7'),
        config=['set net.ipv4.conf.all.rp_filter %d' % mode])
row('the greater of rp_filter for all and the port counts', FILTER, ip(udp(), src='@2'), ip(udp(), src='99.0.0.7'),
    config=['set net.ipv4.conf.all.rp_filter 1', 'set net.ipv4.conf.p0.rp_filter 2'])
row('the greater of rp_filter, the other way round', FILTER, ip(udp(), src='@2'), ip(udp(), src='99.0.0.7'),
    config=['set net.ipv4.conf.all.rp_filter 2', 'set net.ipv4.conf.p0.rp_filter 1'])
row('rp_filter by its short name', FILTER, ip(udp(), src='99.0.0.7'), config=['set rp_filter 1'])
row('rp_filter strict, leaving by the port of arrival', FILTER, ip(udp(), src='10.0.0.2', dst='10.0.0.3'), config=[
    'set net.ipv4.conf.p0.rp_filter 1', 'set net.ipv4.conf.all.send_redirects 0', 'set net.ipv4.conf.p0.send_redirects 0'])
row('errors by two default routes alike', METRIC, ip(udp(), src='@4', dst='10.0.2.2', ttl=1), ip(udp(), src='@4', dst='10.0.2.2', ttl=1),
    config=['route add 0.0.0.0/0 via 10.0.1.2 dev p1', 'route append 0.0.0.0/0 via 10.0.2.2 dev p2'])
