# SPDX-License-Identifier: BSD-3-Clause
"""What ICMP errors teach the router of single destinations: path MTUs and better routers (LINUX 3)."""
from case import Group, config, send
from frames import addr, arp, icmp, ip, pattern, tcp, udp

REF = '3 exceptions'
G = Group('exceptions')
BELIEVE = ['set net.ipv4.conf.all.accept_redirects 1']
LEARN = 0.05  # Flyover learns in another thread than the one that answers
SHARED = ['set net.ipv4.conf.p0.shared_media 0', 'set net.ipv4.conf.all.shared_media 0']
SECURE = ['set net.ipv4.conf.p0.secure_redirects 0', 'set net.ipv4.conf.all.secure_redirects 0']


def reply(dst='@', src='10.0.0.1', **fields):
    """A packet of the router's own, as an error quotes it."""
    return ip(icmp(0, data=pattern(1200)), src=src, dst=dst, **fields)


def too_long(mtu, quoted=None, **fields):
    return send(0, ip(icmp(3, 4, bytes(2) + mtu.to_bytes(2, 'big'), quoted or reply()), dst='10.0.0.1', **fields), wait=LEARN)


def redirect(gateway, src='10.0.0.2', code=1, quoted=None, port=0, dst='10.0.0.1'):
    return send(port, ip(icmp(5, code, addr(gateway), quoted or reply()), src=src, dst=dst), wait=LEARN)


def ask(size=1200, **fields):
    return send(0, ip(icmp(data=pattern(size)), dst='10.0.0.1', **fields))


def through(size=1200, **fields):
    return send(1, ip(udp(pattern(size)), src='10.0.1.2', dst='@', **fields))


def case(name, *steps, **fields):
    G.case(name, REF, *steps, **fields)


for code in (0, 1, 2, 3, 4, 9):
    case('redirect with code %d' % code, redirect('10.0.0.3', code=code), ask(60), through(60), config=BELIEVE)
case('redirect is not believed by default', redirect('10.0.0.3'), ask(60), through(60))
case('redirect is believed where the port alone says so', redirect('10.0.0.3'), ask(60), config=['set net.ipv4.conf.p0.accept_redirects 1'])
case('redirect is not believed by a port that says no', redirect('10.0.0.3'), ask(60), config=BELIEVE + ['set net.ipv4.conf.p0.accept_redirects 0'])
case('redirect by a host is believed, if one of the two says so', redirect('10.0.0.3'), ask(60), config=['set net.ipv4.conf.p0.forwarding 0'])
case('redirect by somebody else', redirect('10.0.0.3', src='10.0.0.250'), ask(60), config=BELIEVE)
case('redirect to the same router', redirect('10.0.0.2'), ask(60), config=BELIEVE)
for name, gateway in [('ourselves', '10.0.0.1'), ('all', '255.255.255.255'), ('a group', '224.0.0.9'), ('nobody', '0.0.0.0'), ('net 0', '0.1.2.3'),
                      ('the subnet', '10.0.0.255')]:
    case('redirect to ' + name, redirect(gateway), ask(60), config=BELIEVE, cleanup=['neigh del %s dev p0' % gateway])
case('redirect to a router that is asked for first', redirect('10.0.0.44'), ask(60), config=BELIEVE, cleanup=['neigh del 10.0.0.44 dev p0'])
case('redirect to a router that has answered', redirect('10.0.0.45'), send(0, arp(2, '10.0.0.45', '10.0.0.1', sha='02:00:00:00:0a:45')),
     redirect('10.0.0.45'), ask(60), through(60), config=BELIEVE, cleanup=['neigh del 10.0.0.45 dev p0'])
case('redirect to another subnet, shared media', redirect('10.9.0.9'), ask(60), config=BELIEVE, cleanup=['neigh del 10.9.0.9 dev p0'])
case('redirect to another subnet, one medium', redirect('10.9.0.9'), ask(60), config=BELIEVE + SHARED)
case('secure redirect to a router that no route has', redirect('10.0.0.3'), ask(60), config=BELIEVE + SHARED)
case('secure redirect to a router that a route has', redirect('10.0.0.3'), ask(60), config=BELIEVE + SHARED + ['route add 60.0.0.0/8 via 10.0.0.3 dev p0'])
case('redirect that need not be secure', redirect('10.0.0.3'), ask(60), config=BELIEVE + SHARED + SECURE)
case('redirect by another port', redirect('10.0.0.3', port=1, dst='10.0.1.1'), ask(60), config=BELIEVE)
case('redirect for a packet of tcp', redirect('10.0.0.3', quoted=ip(tcp(), src='10.0.0.1', dst='@')), ask(60), config=BELIEVE)
case('redirect for a request, not a reply', redirect('10.0.0.3', quoted=ip(icmp(8), src='10.0.0.1', dst='@')), ask(60), config=BELIEVE)
case('redirect for a reply of somebody else', redirect('10.0.0.3', quoted=ip(icmp(0), src='10.0.0.9', dst='@')), ask(60), config=BELIEVE)
case('redirect, then another', redirect('10.0.0.3'), redirect('10.0.0.250', src='10.0.0.3'), ask(60), through(60), config=BELIEVE)
case('redirect, then one by the router of before', redirect('10.0.0.3'), redirect('10.0.0.250'), ask(60), config=BELIEVE)
case('redirect and path mtu', redirect('10.0.0.3'), too_long(1000), ask(), through(), config=BELIEVE)
case('path mtu, then redirect', too_long(1000), redirect('10.0.0.3'), ask(), through(df=1), config=BELIEVE)
case('redirect is forgotten when caches are flushed', redirect('10.0.0.3'), config('route flush cache'), ask(60), through(60), config=BELIEVE)

case('path mtu: a smaller one, then a greater', too_long(1000), too_long(1100), ask())
case('path mtu: a greater one, then a smaller', too_long(1100), too_long(900), ask())
case('path mtu is forgotten when caches are flushed', too_long(1000), config('route flush cache'), ask())
case('path mtu below the least holds for what is forwarded', too_long(400), through(), through(df=1))
case('path mtu below the least, then a good one', too_long(400), too_long(552), through(), ask())
case('least path mtu by setting', too_long(400), ask(), through(df=1), config=['set net.ipv4.route.min_pmtu 300'])
for mode in (1, 2, 3):
    case('path mtu with ip_no_pmtu_disc %d' % mode, too_long(1000), ask(), through(df=1), config=['set net.ipv4.ip_no_pmtu_disc %d' % mode])
case('path mtu of what is forwarded, by setting', too_long(1000), through(), through(df=1), ask(), config=['set net.ipv4.ip_forward_use_pmtu 1'])
case('path mtu of what is forwarded, by a later setting', too_long(1000), config('set net.ipv4.ip_forward_use_pmtu 1'), through(df=1))
case('path mtu of the way to another port', too_long(1000, reply(src='10.0.1.1')), ask())
case('path mtu for a packet of tcp', too_long(1000, ip(tcp(), src='10.0.0.1', dst='@')), ask())
case('path mtu for a request', too_long(1000, ip(icmp(8), src='10.0.0.1', dst='@')), ask())
case('path mtu with a tos of its own', too_long(1000, reply(tos=0x10)), ask(tos=0x20))
case('path mtu of a port that gets a smaller mtu', too_long(1000), config('link set p0 mtu 800'), ask(), cleanup=['link set p0 mtu 1500'])
case('path mtu of a port whose mtu comes and goes', too_long(1000), config('link set p0 mtu 800'), config('link set p0 mtu 1400'), ask(1500),
     cleanup=['link set p0 mtu 1500'])
case('path mtu stays when another route comes', too_long(1000), config('route add 61.0.0.0/8 via 10.0.0.2 dev p0'), ask())

TWO = ['route add %s nexthop via 10.0.0.2 dev p0 nexthop via 10.0.0.3 dev p0' % half for half in ('10.64.0.0/11', '10.96.0.0/11')]
OWN = ('10.0.0.1', '10.0.1.1', '10.0.2.1')
SEED = ['set net.ipv4.fib_multipath_hash_seed 7']
case('path mtu behind two next hops holds behind both', too_long(1000), *[send(0, ip(icmp(data=pattern(1200)), dst=own)) for own in OWN],
     config=SEED + TWO)
case('path mtu behind next-hop objects holds behind both', too_long(1000), *[send(0, ip(icmp(data=pattern(1200)), dst=own)) for own in OWN],
     config=SEED + ['nexthop add id 71 via 10.0.0.2 dev p0', 'nexthop add id 72 via 10.0.0.3 dev p0', 'nexthop add id 73 group 71/72',
                    'route add 10.64.0.0/11 nhid 73', 'route add 10.96.0.0/11 nhid 73'])
case('path mtu of a route that goes is forgotten', too_long(1000), config('route add 10.64.0.0/11 via 10.0.0.3 dev p0', 'route add 10.96.0.0/11 via 10.0.0.3 dev p0'), ask())
case('path mtu smaller than that of the route', too_long(1000), ask(), through(df=1),
     config=['route add %s via 10.0.0.2 dev p0 mtu 1100' % half for half in ('10.64.0.0/11', '10.96.0.0/11')])
case('path mtu greater than that of the route', too_long(1200), ask(),
     config=['route add %s via 10.0.0.2 dev p0 mtu 1100' % half for half in ('10.64.0.0/11', '10.96.0.0/11')])
case('path mtu of a locked route', too_long(1000), ask(1300), through(1300, df=1),
     config=['route add %s via 10.0.0.2 dev p0 mtu lock 1100' % half for half in ('10.64.0.0/11', '10.96.0.0/11')])
case('redirect holds for an error', redirect('10.0.0.3'), send(0, ip(udp(), ttl=1, dst='20.0.0.1')), config=BELIEVE)
case('path mtu limits what an error quotes', too_long(552), send(0, ip(udp(pattern(1000)), ttl=1, dst='20.0.0.1')), config=['set net.ipv4.route.min_pmtu 300'])
case('path mtu below what an error may have', too_long(400), send(0, ip(udp(pattern(1000)), ttl=1, dst='20.0.0.1')), config=['set net.ipv4.route.min_pmtu 300'])
