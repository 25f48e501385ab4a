# SPDX-License-Identifier: BSD-3-Clause
"""Ports going down and up by command, and their MTU and MAC (LINUX 3 and 4: what the tables are afterwards)."""
from case import BASE, Group, config, send
from frames import ROUTER_MAC, arp, eth, icmp, ip, pattern, udp

EVENT = '3 dst obsolete / rt_genid'
G = Group('links', BASE + ['set net.ipv4.ip_default_ttl 64'])
TRIO = [ip(udp(), dst='10.0.1.2'), ip(udp(), dst='20.0.0.1'), ip(icmp(), dst='10.0.1.1')]
RESTORE = config('neigh replace 10.0.1.2 lladdr 02:00:00:00:0b:02 dev p1', 'neigh replace 10.0.1.3 lladdr 02:00:00:00:0b:03 dev p1',
                 'route replace 20.0.0.0/8 via 10.0.1.2 dev p1')

G.case('a port goes down and up', EVENT, send(0, TRIO), config('link set p1 down'), send(0, TRIO), config('link set p1 up'),
       send(0, TRIO), RESTORE, send(0, TRIO), keep=True)
G.case('multicast, broadcast and local addresses of a port that is down', EVENT, config('link set p1 down'),
       send(0, [ip(udp(), dst=d) for d in ('10.0.1.255', '10.0.1.1', '10.0.1.0')]), send(0, arp(tpa='10.0.1.1')),
       config('link set p1 up'), RESTORE, keep=True)
G.case('a route to a port that is down is refused', EVENT, config('link set p1 down'), config('route add 44.0.0.0/8 via 10.0.1.2 dev p1'),
       keep=True)
G.case('the port is back for the next case', EVENT, config('link set p1 up'), RESTORE, send(0, TRIO), keep=True)
G.case('a route goes by another port when its own is down', EVENT,
       config('route add 44.0.0.0/8 via 10.0.1.2 dev p1 metric 1', 'route add 44.0.0.0/8 via 10.0.2.2 dev p2 metric 2'),
       send(0, ip(udp(), dst='44.0.0.1')), config('link set p1 down'), send(0, ip(udp(), dst='44.0.0.1')), config('link set p1 up'),
       send(0, ip(udp(), dst='44.0.0.1')), config('route del 44.0.0.0/8'), RESTORE, keep=True)
G.case('a port has a new MAC', EVENT, config('link set p1 address 02:00:00:00:01:77'), send(0, ip(udp())),
       send(1, eth(ip(udp(), src='10.0.1.2', dst='10.0.0.3'), dst='02:00:00:00:01:77')),
       send(1, eth(ip(udp(), src='10.0.1.2', dst='10.0.0.3'), dst=ROUTER_MAC[1])),
       send(1, arp(1, '10.0.1.2', '10.0.1.1')), config('link set p1 address ' + ROUTER_MAC[1]), send(0, ip(udp())), RESTORE, keep=True)
for mtu in (68, 576, 1400):
    G.case('mtu of the port set to %d' % mtu, EVENT, send(0, ip(udp(pattern(1400)), df=1), ip(udp(pattern(1400)))),
           config=['link set p1 mtu %d' % mtu])
PING = [send(0, ip(icmp(), dst='10.0.1.1'), ip(udp(), dst='41.1.2.3')), send(1, arp(tpa='10.0.1.1', spa='10.0.1.2'))]
G.case('of two addresses with one name, that of the peer goes', EVENT, config('addr add 10.0.1.1 peer 41.1.2.3 dev p1'), *PING,
       config('addr del 10.0.1.1 peer 41.1.2.3 dev p1'), *PING, keep=True, cleanup=['neigh del 41.1.2.3 dev p1'])
G.case('an address without its peer is not found', EVENT, config('addr add 172.20.0.1 peer 172.20.9.9 dev p1'),
       config('addr del 172.20.0.1 peer 172.20.9.8 dev p1'), keep=True, cleanup=['addr del 172.20.0.1 peer 172.20.9.9 dev p1'])

# The cable: no carrier takes next-hop objects away, with the routes by them, and leaves all other routes as they are.
CABLE = '4 carrier loss on p0'
LOST = [ip(udp(), dst=d) for d in ('44.0.0.1', '45.0.0.1', '46.0.0.1', '46.0.0.2', '46.0.0.3', '10.0.1.2', '20.0.0.1')]
SEED = 'set net.ipv4.fib_multipath_hash_seed 4711'
OBJECTS = [SEED, 'nexthop add id 1 via 10.0.1.2 dev p1', 'nexthop add id 2 via 10.0.2.2 dev p2', 'nexthop add id 10 group 1/2',
           'route add 44.0.0.0/8 nhid 1', 'route add 45.0.0.0/8 nhid 2', 'route add 46.0.0.0/8 nhid 10']
GONE = ['route del 45.0.0.0/8', 'route del 46.0.0.0/8', 'nexthop del id 10', 'nexthop del id 2', 'nexthop del id 1',
        'set net.ipv4.fib_multipath_hash_seed 0']
G.case('objects go with the carrier, and do not come back', CABLE, config(*OBJECTS), send(0, LOST), config('carrier p1 off'),
       send(0, LOST[:5]), config('carrier p1 on'), send(0, LOST), keep=True, cleanup=GONE)
G.case('an object that has gone with the carrier is made anew', CABLE, config(*OBJECTS), config('carrier p1 off'), config('carrier p1 on'),
       config('nexthop add id 1 via 10.0.2.2 dev p2', 'route add 44.0.0.0/8 nhid 1'), send(0, LOST), keep=True,
       cleanup=['route del 44.0.0.0/8'] + GONE)
WAYS = [SEED, 'route add 44.0.0.0/8 via 10.0.1.2 dev p1 metric 1', 'route add 44.0.0.0/8 via 10.0.2.2 dev p2 metric 2',
        'route add 46.0.0.0/8 nexthop via 10.0.1.2 nexthop via 10.0.2.2']
for ignore in 0, 1:
    SET = ['set net.ipv4.conf.p1.ignore_routes_with_linkdown %d' % ignore]
    G.case('routes without carrier, ignored: %d' % ignore, CABLE, config(*WAYS), config('carrier p1 off'), send(0, LOST),
           config('carrier p1 on'), send(0, LOST), keep=True,
           differs=None if ignore else 'sent-without-carrier', config=SET, cleanup=['route del 44.0.0.0/8', 'route del 44.0.0.0/8', 'route del 46.0.0.0/8',
                                'set net.ipv4.fib_multipath_hash_seed 0',
                                'set net.ipv4.conf.p1.ignore_routes_with_linkdown 0'])
