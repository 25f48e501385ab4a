# SPDX-License-Identifier: BSD-3-Clause
"""How many ICMP errors are sent: per peer (icmp_ratelimit) and in all (icmp_msgs_per_sec, icmp_msgs_burst) (LINUX 5)."""
from case import LIMITED, Group, config, send, wait
from frames import icmp, ip, pattern, tcp, udp

REF = '5 rate limits'
G = Group('rates', LIMITED)
NOWHERE = '99.0.0.1'


def row(name, *steps, **fields):
    """The pause behind it lets the global bucket fill again."""
    G.case(name, REF, *steps, wait(0.12), **fields)


row('200 packets of ttl 1 from one source', send(0, [ip(udp(), ttl=1)] * 200))
row('200 packets without a route from one source', send(0, [ip(udp(), dst=NOWHERE)] * 200))
row('20 packets to an unreachable route from one source', send(0, [ip(udp(), dst='40.0.0.1')] * 20), config=['route add unreachable 40.0.0.0/8'])
row('20 packets to a prohibited route from one source', send(0, [ip(udp(), dst='40.0.0.1')] * 20), config=['route add prohibit 40.0.0.0/8'])
row('20 packets without a route to different places', send(0, [ip(udp(), dst='99.0.0.%d' % n) for n in range(20)]))
row('200 packets that are too long', send(0, [ip(udp(pattern(1000)), df=1, dst='30.0.0.1')] * 200), loose=0.001)
row('200 echoes', send(0, [ip(icmp(), dst='10.0.0.1')] * 200), loose=0.001)
row('50 timestamps', send(0, [ip(icmp(13, data=bytes(12)), dst='10.0.0.1')] * 50))
row('50 resets', send(0, [ip(tcp(), dst='10.0.0.1')] * 50))
row('20 packets to a closed port', send(0, [ip(udp(), dst='10.0.0.1')] * 20))
row('20 packets of an unknown protocol', send(0, [ip(pattern(20), proto=253, dst='10.0.0.1')] * 20))
row('20 packets with a bad option', send(0, [ip(udp(), opts=b'\x1e\x09\0\0')] * 20))
row('ttl 1 and closed port share a bucket', send(0, [ip(udp(), ttl=1)] * 4), send(0, [ip(udp(), dst='10.0.0.1')] * 10))
row('too long does not use the bucket', send(0, [ip(udp(pattern(1000)), df=1, dst='30.0.0.1')] * 20), send(0, [ip(udp(), ttl=1)] * 10))
row('no route, then ttl 1', send(0, [ip(udp(), dst=NOWHERE)] * 10), send(0, [ip(udp(), ttl=1)] * 10))
row('ttl 1, then no route', send(0, [ip(udp(), ttl=1)] * 3), send(0, [ip(udp(), dst=NOWHERE)] * 10))
row('two sources have two buckets', send(0, [ip(udp(), ttl=1)] * 10 + [ip(udp(), ttl=1, src='10.10.1.1')] * 10))
row('a second interface address has the same bucket', send(0, [ip(udp(), dst='10.0.0.1')] * 4 + [ip(udp(), dst='10.0.1.1')] * 10))
row('no limit per peer', send(0, [ip(udp(), ttl=1)] * 20), config=['set icmp_ratelimit 0'])
row('no limit per peer, no route', send(0, [ip(udp(), dst=NOWHERE)] * 20), config=['set net.ipv4.icmp_ratelimit 0'])
row('mask without time exceeded', send(0, [ip(udp(), ttl=1)] * 60), config=['set net.ipv4.icmp_ratemask 4120'])
row('mask without unreachable', send(0, [ip(udp(), dst='10.0.0.1')] * 60), config=['set net.ipv4.icmp_ratemask 6160'])
row('mask with echo reply', send(0, [ip(icmp(), dst='10.0.0.1')] * 20), config=['set net.ipv4.icmp_ratemask 6169'])
row('limit of 100 ms per peer', send(0, [ip(udp(), ttl=1)] * 120, gap=0.01), config=['set net.ipv4.icmp_ratelimit 100'], loose=0.15)


def many(third):
    """One packet each from 400 sources."""
    return [ip(udp(), ttl=1, src='10.10.%d.%d' % (third + n // 200, n % 200 + 1)) for n in range(400)]


# The bucket is filled only when it is found empty, and takes a random 0 to 2 for a message. So it is emptied first, at a
# rate that is too low to matter, and then given a second.
for title, third, tolerance, lines in (('global burst of 50', 8, 0.5, []), ('global burst of 10', 12, 0.9, ['set net.ipv4.icmp_msgs_burst 10'])):
    row('400 sources at once, ' + title, config('set net.ipv4.icmp_msgs_per_sec 50', *lines), send(0, many(third), ignore=True), wait(1.1),
        send(0, many(third + 2)), loose=tolerance)
row('400 sources at once, no global limit to speak of', send(0, many(16)),
    config=['set net.ipv4.icmp_msgs_per_sec 100000', 'set net.ipv4.icmp_msgs_burst 10000'], loose=0.001)
row('global limit does not count echoes', send(0, [ip(icmp(), dst='10.0.0.1')] * 100), send(0, ip(udp(), ttl=1)))
