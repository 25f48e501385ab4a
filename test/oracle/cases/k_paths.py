# SPDX-License-Identifier: BSD-3-Clause
"""Several next hops: which of them a packet takes. With a seed both routers hash alike, so that each packet's way is compared."""
from case import BASE, Group, config, send
from frames import icmp, ip, tcp, udp

MULTIPATH = '3 multipath'
OBJECTS = '3 nexthop objects & groups'
EVENT = '3 dst obsolete / rt_genid'

SEED = 'set net.ipv4.fib_multipath_hash_seed 4711'
MORE = ['neigh add 10.0.1.%d lladdr 02:00:00:00:0b:%02x dev p1' % (n, n) for n in range(10, 30)] + [
    'neigh add 10.0.2.3 lladdr 02:00:00:00:0c:03 dev p2']
G = Group('paths', base=BASE + [SEED] + MORE)

TWO = 'nexthop via 10.0.1.2 dev p1 nexthop via 10.0.2.2 dev p2'
LEGS16 = ' '.join('nexthop via 10.0.1.%d dev p1 weight %d' % (n, n % 5 + 1) for n in range(10, 26))
LEGS20 = ' '.join('nexthop via 10.0.1.%d dev p1' % n for n in range(10, 30))


def hosts(count=48, **fields):
    return [ip(udp(), dst='40.%d.%d.9' % (n % 7, n), id=n + 1, **fields) for n in range(count)]


def ports(make=udp, count=48, **fields):
    return [ip(make(sport=1000 + n, dport=53 + n % 3), dst='40.1.2.3', id=n + 1, **fields) for n in range(count)]


def policy(number):
    return ['set net.ipv4.fib_multipath_hash_policy %d' % number]


def row(name, *frames, ref=MULTIPATH, config=(), **fields):
    G.case(name, ref, send(0, *frames), config=list(config), **fields)


row('two legs by addresses', hosts(), config=['route add 40.0.0.0/8 ' + TWO])
row('two legs by addresses: the other direction is the same', [ip(udp(), src='40.1.2.%d' % n, dst='50.0.0.%d' % n) for n in range(24)],
    [ip(udp(), dst='40.1.2.%d' % n, src='50.0.0.%d' % n) for n in range(24)],
    config=['route add 40.0.0.0/8 ' + TWO, 'route add 50.0.0.0/8 ' + TWO])
row('weights', hosts(), config=['route add 40.0.0.0/8 nexthop via 10.0.1.2 weight 1 nexthop via 10.0.2.2 weight 3'])
row('weight 256', hosts(), config=['route add 40.0.0.0/8 nexthop via 10.0.1.2 weight 256 nexthop via 10.0.2.2'])
row('16 legs', hosts(96), config=['route add 40.0.0.0/8 ' + LEGS16])
row('20 legs', hosts(96), config=['route add 40.0.0.0/8 ' + LEGS20])
row('one leg twice', hosts(16), config=['route add 40.0.0.0/8 nexthop via 10.0.1.2 nexthop via 10.0.1.2'])
row('a leg on the link and one by a router', hosts(8), [ip(udp(), dst='10.0.2.2')], config=[
    'route add 40.0.0.0/8 nexthop via 10.0.1.2 nexthop via 10.0.1.3'])
row('an onlink leg', hosts(24), config=['neigh add 172.16.0.9 lladdr 02:00:00:00:0b:99 dev p1',
                                       'route add 40.0.0.0/8 nexthop via 172.16.0.9 dev p1 onlink nexthop via 10.0.2.2'])
row('ports do not count for policy 0', ports(), config=['route add 40.0.0.0/8 ' + TWO])
row('the route\'s mtu', [ip(udp(bytes(1200)), dst='40.0.%d.1' % n, df=1) for n in range(12)], config=[
    'route add 40.0.0.0/8 mtu 1100 ' + TWO])
row('each leg has its interface\'s mtu', [ip(udp(bytes(1000)), dst='40.0.%d.1' % n, df=1) for n in range(12)], config=[
    'route add 40.0.0.0/8 ' + TWO])
row('the leg back where it came from', [ip(udp(), src='10.0.0.3', dst='40.0.%d.1' % n) for n in range(12)], config=[
    'route add 40.0.0.0/8 nexthop via 10.0.0.2 nexthop via 10.0.1.2'])
row('an error goes the way of the flow that it is about', [
    ip(icmp(3, 1, b'\0\0\0\0' + bytes.fromhex('4500001c00010000401100000a4000%02x2801%02x01' % (n, n)) + b'\x03\xe8\x07\xd0\0\x08\0\0'),
       src='50.1.1.1', dst='40.0.0.9', id=n + 1) for n in range(24)], config=['route add 40.0.0.0/8 ' + TWO])
row('an echo request is no error', [ip(icmp(8, 0, b'abcd' + b'E' * 28), dst='40.0.%d.9' % n) for n in range(16)], config=[
    'route add 40.0.0.0/8 ' + TWO])
row('a truncated error', [ip(icmp(3, 1, b'\0\0\0\0' + b'E' * 8), dst='40.0.%d.9' % n) for n in range(16)], config=[
    'route add 40.0.0.0/8 ' + TWO])

row('policy 1: ports of UDP', ports(), config=policy(1) + ['route add 40.0.0.0/8 ' + TWO])
row('policy 1: ports of TCP', ports(tcp), config=policy(1) + ['route add 40.0.0.0/8 ' + TWO])
row('policy 1: no ports in ICMP', [ip(icmp(8, 0, bytes([n, 1, 2, 3])), dst='40.1.2.3') for n in range(16)],
    config=policy(1) + ['route add 40.0.0.0/8 ' + TWO])
for proto in (33, 50, 51, 132, 136, 253, 4, 47):
    row('policy 1: protocol %d' % proto, [ip(bytes([n, 7, 2 * n, 9, 3 * n, 5, n, 1]) + bytes(40), dst='40.1.2.3', proto=proto) for n in range(24)],
        config=policy(1) + ['route add 40.0.0.0/8 ' + TWO])
row('policy 1: first fragments have no ports', ports(mf=1), config=policy(1) + ['route add 40.0.0.0/8 ' + TWO])
row('policy 1: other fragments have none', ports(off=1000), config=policy(1) + ['route add 40.0.0.0/8 ' + TWO])
row('policy 1: options before the ports', ports(count=24, opts=b'\x01\x01\x01\x00'), config=policy(1) + ['route add 40.0.0.0/8 ' + TWO])
row('policy 1: too short for ports', [ip(bytes(n), dst='40.1.2.3', proto=17) for n in (0, 1, 2, 3, 4)],
    config=policy(1) + ['route add 40.0.0.0/8 ' + TWO])


def inner(number, **fields):
    return ip(udp(), src='60.0.%d.1' % number, dst='61.0.%d.2' % (number * 3 % 11), **fields)


V6 = [bytes.fromhex('60%06x00083a40' % (n * 4321)) + bytes(15) + bytes([n]) + bytes(14) + bytes([1, n]) + bytes(8) for n in range(16)]
row('policy 2: not in a tunnel', hosts(24), config=policy(2) + ['route add 40.0.0.0/8 ' + TWO])
row('policy 2: ports do not count', ports(count=24), config=policy(2) + ['route add 40.0.0.0/8 ' + TWO])
row('policy 2: IPIP', [ip(inner(n), dst='40.1.2.3', proto=4) for n in range(32)], config=policy(2) + ['route add 40.0.0.0/8 ' + TWO])
row('policy 2: IPIP twice', [ip(ip(inner(n), src='1.1.1.1', dst='2.2.2.2', proto=4), dst='40.1.2.3', proto=4) for n in range(24)],
    config=policy(2) + ['route add 40.0.0.0/8 ' + TWO])
row('policy 2: IPIP in fragments', [ip(inner(n), dst='40.1.2.3', proto=4, mf=1) for n in range(12)],
    config=policy(2) + ['route add 40.0.0.0/8 ' + TWO])
row('policy 2: IPv6 inside', [ip(v6, dst='40.1.2.3', proto=41) for v6 in V6], config=policy(2) + ['route add 40.0.0.0/8 ' + TWO])
row('policy 2: a truncated header inside', [ip(b'E' * n, dst='40.1.2.3', proto=4) for n in (0, 1, 19, 20)],
    config=policy(2) + ['route add 40.0.0.0/8 ' + TWO])


def gre(number, flags=0, proto=0x0800, extra=b''):
    from frames import Context
    raw = inner(number).build(Context('10.64.0.1'))
    return ip(flags.to_bytes(2, 'big') + proto.to_bytes(2, 'big') + extra + raw, dst='40.1.2.3', proto=47)


for name, flags, extra in (('plain', 0, b''), ('with a key', 0x2000, b'\0\0\0\7'), ('with checksum, key and sequence', 0xb000, bytes(12)),
                           ('with routing', 0x4000, bytes(4)), ('version 1', 1, b'')):
    row('policy 2: GRE ' + name, [gre(n, flags, extra=extra) for n in range(24)], config=policy(2) + ['route add 40.0.0.0/8 ' + TWO])
row('policy 2: Ethernet in GRE', [gre(n, 0, 0x6558, bytes(12) + b'\x08\x00') for n in range(24)],
    config=policy(2) + ['route add 40.0.0.0/8 ' + TWO])
row('policy 2: what nobody knows in GRE', [gre(n, 0, 0x1234) for n in range(8)], config=policy(2) + ['route add 40.0.0.0/8 ' + TWO])

row('an answer of the router\'s own', [ip(icmp(), src='40.0.%d.1' % n, dst='10.0.0.1') for n in range(24)], ref='3 multipath, own packets',
    config=['route add 40.0.0.0/8 ' + TWO])
row('an answer prefers the leg whose address speaks', [ip(icmp(), src='40.0.%d.1' % n, dst='10.0.%d.1' % (n % 3)) for n in range(24)],
    ref='3 multipath, own packets', config=['route add 40.0.0.0/8 ' + TWO])
row('errors go back by the flow that they are about', [ip(udp(), src='40.0.%d.1' % n, dst='99.0.%d.1' % (n * 5)) for n in range(24)],
    ref='3 multipath, own packets', config=['route add 40.0.0.0/8 ' + TWO])
row('errors to a flow to us', [ip(udp(), src='40.0.%d.1' % n, dst='10.0.0.1') for n in range(24)],
    ref='3 multipath, own packets', config=['route add 40.0.0.0/8 ' + TWO])
row('errors by policy 1', [ip(udp(sport=n), src='40.0.0.1', dst='99.0.0.1') for n in range(24)],
    ref='3 multipath, own packets', config=policy(1) + ['route add 40.0.0.0/8 ' + TWO])
row('resets by policy 1', [ip(tcp(sport=1000 + n), src='40.0.0.1', dst='10.0.0.1') for n in range(24)],
    ref='3 multipath, own packets', config=policy(1) + ['route add 40.0.0.0/8 ' + TWO])

row('strict rp_filter: any leg will do', [ip(udp(), src='40.0.%d.1' % n) for n in range(8)], ref='3 rp_filter',
    config=['set net.ipv4.conf.p0.rp_filter 1', 'route add 40.0.0.0/8 nexthop via 10.0.1.2 nexthop via 10.0.0.2'])
row('strict rp_filter: no leg there', [ip(udp(), src='40.0.%d.1' % n) for n in range(8)], ref='3 rp_filter',
    config=['set net.ipv4.conf.p0.rp_filter 1', 'route add 40.0.0.0/8 ' + TWO])

row('a leg whose neighbour is not asked for yet', hosts(8), config=['set net.ipv4.fib_multipath_use_neigh 1', 'route add 40.0.0.0/8 ' + TWO])

# Without a seed the hash is under a secret: what counts is how many flows each leg has.
S = Group('shares', base=BASE + MORE)


def flows(first, count=128):
    return [ip(udp(sport=4000 + n * 7), src='60.1.%d.%d' % (n // 200, n % 200 + 1), dst='40.%d.3.4' % (n % 13), id=n + 1)
            for n in range(first, first + count)]


def shares(name, weights, route, lines=(), ref=MULTIPATH):
    """weights: of 10.0.1.10, 10.0.1.11 ..."""
    S.case(name, ref, *[send(0, flows(first)) for first in range(0, 1024, 128)],
           config=[*lines, route], shares={'02:00:00:00:0b:%02x' % (10 + n): w for n, w in enumerate(weights)})


def by_legs(weights):
    return 'route add 40.0.0.0/8 ' + ' '.join('nexthop via 10.0.1.%d weight %d' % (10 + n, w) for n, w in enumerate(weights))


for weights in ((1, 1), (1, 3), (1, 2, 3, 4), (7, 1, 1), (1,) * 16, tuple(n % 5 + 1 for n in range(16)), (3,) * 18):
    shares('shares of %s' % '-'.join(map(str, weights)), weights, by_legs(weights))
    shares('shares of %s, policy 1' % '-'.join(map(str, weights)), weights, by_legs(weights), policy(1))
for weights in ((1, 3), (2, 3, 5), (1,) * 16):
    objects = ['nexthop add id %d via 10.0.1.%d dev p1' % (n + 1, 10 + n) for n in range(len(weights))]
    members = '/'.join('%d,%d' % (n + 1, w) for n, w in enumerate(weights))
    shares('shares of group %s' % members, weights, 'route add 40.0.0.0/8 nhid 100', objects + ['nexthop add id 100 group ' + members], OBJECTS)
shares('shares of a resilient group', (1, 3), 'route add 40.0.0.0/8 nhid 100',
       ['nexthop add id 1 via 10.0.1.10 dev p1', 'nexthop add id 2 via 10.0.1.11 dev p1',
        'nexthop add id 100 group 1/2,3 type resilient buckets 128'], OBJECTS)

NH = ['nexthop add id 1 via 10.0.1.2 dev p1', 'nexthop add id 2 via 10.0.2.2 dev p2', 'nexthop add id 3 via 10.0.1.3 dev p1']
row('a route by an object', hosts(8), ref=OBJECTS, config=NH + ['route add 40.0.0.0/8 nhid 1'])
row('a group of objects', hosts(), ref=OBJECTS, config=NH + ['nexthop add id 10 group 1/2', 'route add 40.0.0.0/8 nhid 10'])
row('a group with weights', hosts(), ref=OBJECTS, config=NH + ['nexthop add id 10 group 1,2/2,3/3,7', 'route add 40.0.0.0/8 nhid 10'])
row('a group of one', hosts(8), ref=OBJECTS, config=NH + ['nexthop add id 10 group 2', 'route add 40.0.0.0/8 nhid 10'])
row('a resilient group', hosts(), ref=OBJECTS, config=NH + ['nexthop add id 10 group 1/2,3/3 type resilient buckets 16', 'route add 40.0.0.0/8 nhid 10'])
row('a blackhole object', hosts(4), ref=OBJECTS, config=['nexthop add id 4 blackhole', 'route add 40.0.0.0/8 nhid 4'])
row('an object without a router', [ip(udp(), dst='40.1.2.3')], ref=OBJECTS, config=[
    'neigh add 40.1.2.3 lladdr 02:00:00:00:0b:98 dev p1', 'nexthop add id 5 dev p1', 'route add 40.0.0.0/8 nhid 5'])
row('own answers by a group', [ip(icmp(), src='40.0.%d.1' % n, dst='10.0.%d.1' % (n % 3)) for n in range(24)], ref=OBJECTS,
    config=NH + ['nexthop add id 10 group 1/2', 'route add 40.0.0.0/8 nhid 10'])
row('strict rp_filter by a group', [ip(udp(), src='40.0.%d.1' % n) for n in range(8)], ref='3 rp_filter',
    config=['set net.ipv4.conf.p0.rp_filter 1', 'nexthop add id 1 via 10.0.1.2 dev p1', 'nexthop add id 2 via 10.0.0.2 dev p0',
            'nexthop add id 10 group 1/2', 'route add 40.0.0.0/8 nhid 10'])
G.case('an object is replaced', EVENT, send(0, hosts(8)), config('nexthop replace id 1 via 10.0.2.3 dev p2'), send(0, hosts(8)),
       config=NH + ['route add 40.0.0.0/8 nhid 1'])
G.case('a group is replaced', EVENT, send(0, hosts()), config('nexthop replace id 10 group 2,3/3'), send(0, hosts()),
       config=NH + ['nexthop add id 10 group 1/2', 'route add 40.0.0.0/8 nhid 10'])
G.case('a member goes', EVENT, config('nexthop add id 2 via 10.0.2.2 dev p2', 'nexthop add id 1 via 10.0.1.2 dev p1',
                                    'nexthop add id 10 group 1/2', 'route add 40.0.0.0/8 nhid 10'), send(0, hosts(24)),
       config('nexthop del id 1'), send(0, hosts(24)), config('nexthop del id 2'), send(0, hosts(2)), keep=True)

RESTORE = config('neigh replace 10.0.1.2 lladdr 02:00:00:00:0b:02 dev p1', 'neigh replace 10.0.1.3 lladdr 02:00:00:00:0b:03 dev p1',
                 'route replace 20.0.0.0/8 via 10.0.1.2 dev p1')
G.case('a leg whose port goes down, and comes back', EVENT, config('route add 44.0.0.0/8 ' + TWO),
       send(0, [ip(udp(), dst='44.0.0.%d' % n) for n in range(24)]), config('link set p1 down'),
       send(0, [ip(udp(), dst='44.0.0.%d' % n) for n in range(24)]), config('link set p1 up'), RESTORE,
       send(0, [ip(udp(), dst='44.0.0.%d' % n) for n in range(24)]), config('route del 44.0.0.0/8'), keep=True)
G.case('a leg whose port loses its last address', EVENT,
       config('addr add 10.99.0.1/24 dev p2', 'neigh add 10.99.0.2 lladdr 02:00:00:00:0c:63 dev p2', 'addr del 10.0.2.1/24 dev p2',
              'route add 44.0.0.0/8 nexthop via 10.0.1.2 nexthop via 10.99.0.2 weight 2'),
       send(0, [ip(udp(), dst='44.0.0.%d' % n) for n in range(16)]), config('addr del 10.99.0.1/24 dev p2'),
       send(0, [ip(udp(), dst='44.0.0.%d' % n) for n in range(16)]),
       config('addr add 10.0.2.1/24 dev p2', 'neigh replace 10.0.2.2 lladdr 02:00:00:00:0c:02 dev p2',
              'neigh replace 10.0.2.250 lladdr 02:00:00:00:0c:fa dev p2', 'route replace 30.0.0.0/8 via 10.0.2.2 dev p2'),
       config('route del 44.0.0.0/8'), keep=True)
G.case('an object whose port loses its last address', OBJECTS,
       config('nexthop add id 5 via 10.0.2.2 dev p2', 'route add 44.0.0.0/8 nhid 5'), send(0, [ip(udp(), dst='44.0.0.1')]),
       config('addr del 10.0.2.1/24 dev p2'), send(0, [ip(udp(), dst='44.0.0.2')]),
       config('addr add 10.0.2.1/24 dev p2', 'neigh replace 10.0.2.2 lladdr 02:00:00:00:0c:02 dev p2',
              'neigh replace 10.0.2.250 lladdr 02:00:00:00:0c:fa dev p2', 'route replace 30.0.0.0/8 via 10.0.2.2 dev p2'),
       send(0, [ip(udp(), dst='44.0.0.3')]), config('route del 44.0.0.0/8', 'nexthop del id 5'), keep=True)

# A neighbour that has not answered: legs over it are passed over where that is asked for, and by objects always.
FAILED = ['neigh add 10.0.1.40 lladdr 02:00:00:00:0b:40 dev p1 nud failed']
GIVEN_UP = ['neigh del 10.0.1.40 dev p1']  # what waits for it is answered before the next case
for on in 0, 1:
    row('a failed neighbour, fib_multipath_use_neigh %d' % on, hosts(24), ref=MULTIPATH, cleanup=GIVEN_UP, config=FAILED + [
        'set net.ipv4.fib_multipath_use_neigh %d' % on, 'route add 40.0.0.0/8 nexthop via 10.0.1.40 nexthop via 10.0.2.2'])
row('a failed neighbour of an object', hosts(24), ref=OBJECTS, cleanup=GIVEN_UP, config=FAILED + [
    'nexthop add id 1 via 10.0.1.40 dev p1', 'nexthop add id 2 via 10.0.2.2 dev p2', 'nexthop add id 10 group 2/1', 'route add 40.0.0.0/8 nhid 10'])
