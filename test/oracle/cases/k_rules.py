# SPDX-License-Identifier: BSD-3-Clause
"""Policy rules: every selector and action, and everything that asks by them (LINUX 3)."""
from case import BASE, Group, config, send
from frames import arp, icmp, ip, own_source, pattern, tcp, udp

RULE = '3 ip rule'
FILTER = '3 rp_filter'
TOS = '3 metrics / TOS'

# 40/8 leads to p1, in table 100 to p2; table 101 knows what is left, table 102 refuses.
TABLES = '''
route add 40.0.0.0/8 via 10.0.1.2 dev p1
route add 40.0.0.0/8 via 10.0.2.2 dev p2 table 100
route add default via 10.0.1.3 dev p1 table 101
route add unreachable 40.1.0.0/16 table 102
route add prohibit 40.2.0.0/16 table 102
route add blackhole 40.3.0.0/16 table 102
route add throw 40.4.0.0/16 table 102
route add default via 10.0.2.2 dev p2 table 102
'''.strip().splitlines()
G = Group('rules', BASE + TABLES)
HOST = '@'     # the case's own, behind p0: errors to one source are limited


def row(name, *frames, port=0, ref=RULE, rules=(), **fields):
    lines = [('rule add %s pref %d' % (rule, 100 + 10 * n)).replace('@', own_source(name)) for n, rule in enumerate(rules)]
    G.case(name, ref, send(port, *frames), config=lines + list(fields.pop('config', ())), **fields)


def to(dst='40.1.2.3', payload=None, src=HOST, **fields):
    return ip(payload if payload is not None else udp(), src=src, dst=dst, **fields)


row('rule: from', to(), to(src='10.10.0.10'), rules=['from @ table 100'])
row('rule: from a prefix', [to(src=s) for s in ('10.10.0.7', '10.10.0.8', '10.10.0.15', '10.10.0.16')], rules=['from 10.10.0.8/29 table 100'])
row('rule: from a prefix with host bits', to(src='10.10.0.11'), to(src='10.10.1.9'), rules=['from 10.10.0.9/24 table 100'])
row('rule: to', to(), to('40.1.2.4'), rules=['to 40.1.2.3 table 100'])
row('rule: to a prefix', [to(d) for d in ('40.0.255.255', '40.1.0.0', '40.1.255.255', '40.2.0.0')], rules=['to 40.1.0.0/16 table 100'])
row('rule: from and to', to(), to(src='10.10.0.8'), to('40.2.2.3'), rules=['from @ to 40.1.0.0/16 table 100'])
row('rule: iif', to(), rules=['iif p0 table 100'])
row('rule: iif of another port', to(), rules=['iif p1 table 100'])
row('rule: iif, from the other side', to(src='20.0.0.9'), port=1, rules=['iif p1 table 100'])
row('rule: iif that is not there', to(), rules=['iif nowhere9 table 100'])
row('rule: not iif that is not there', to(), rules=['not iif nowhere9 table 100'])
row('rule: oif does not concern forwarded packets', to(), rules=['oif p1 table 100'])
row('rule: not oif', to(), rules=['not oif p1 table 100'])
row('rule: iif lo is for the router alone', to(), rules=['iif lo table 100'])
row('rule: fwmark', to(), rules=['fwmark 1 table 100'])
row('rule: fwmark 0 of some bits', to(), rules=['fwmark 0/0xff table 100'])
row('rule: not fwmark', to(), rules=['not fwmark 1 table 100'])
row('rule: tos', [to(tos=t) for t in (0, 0x10, 0x11, 0x12, 0x13, 0x14, 0x08, 0xf0, 0x30, 0xb8)], ref=TOS, rules=['tos 0x10 table 100'])
row('rule: ipproto', to(), to(payload=tcp()), to(payload=icmp()), to(payload=pattern(20), proto=47), rules=['ipproto tcp table 100'])
row('rule: ipproto of fragments', to(off=800), to(mf=1, payload=udp(pattern(8))), to(mf=1, payload=tcp()), rules=['ipproto udp table 100'])
row('rule: sport', to(payload=udp(sport=53)), to(payload=tcp(sport=53)), to(payload=udp(sport=54)), to(payload=udp(sport=2, dport=53)),
    rules=['sport 53 table 100'])
row('rule: dport', to(payload=udp(dport=53)), to(payload=tcp(dport=53)), to(payload=udp(dport=54)), to(payload=udp(sport=53, dport=2)),
    rules=['dport 53 table 100'])
row('rule: range of ports', [to(payload=udp(dport=d)) for d in (999, 1000, 1500, 2000, 2001)], rules=['ipproto udp dport 1000-2000 table 100'])
row('rule: ports of both sides', [to(payload=udp(sport=s, dport=d)) for s in (1, 2) for d in (3, 4)], rules=['sport 1 dport 4 table 100'])
row('rule: ports of fragments', to(mf=1, payload=udp(pattern(8), dport=53)), to(off=800, payload=udp(dport=53)), rules=['dport 53 table 100'])
row('rule: ports that are not there', to(payload=b'\0\1', proto=17), to(payload=b'', proto=6), rules=['dport 1-65534 table 100'])
row('rule: ports of what is neither TCP nor UDP', [to(payload=b'\0\1\0\x35' * 5, proto=n) for n in (1, 2, 33, 47, 50, 51, 89, 132, 136, 253)],
    rules=['dport 53 table 100'])
row('rule: ports of AH', [to(payload=b'\x11\4\0\0' + p + bytes(16), proto=51) for p in (b'\0\1\0\x35', b'\0\x35\0\1')], rules=['dport 53 table 100'])
row('rule: ports behind options', to(payload=udp(dport=53), opts=b'\1\1\1\0'), to(payload=udp(dport=54), opts=b'\1\1\1\0'), rules=['dport 53 table 100'])
row('rule: not from', to(), to(src='10.10.0.10'), rules=['not from @ table 100'])
row('rule: not from and to', to(), to(src='10.10.0.10'), to('40.2.2.3'), rules=['not from @ to 40.1.0.0/16 table 100'])
row('rule: not everything', to(), rules=['not table 100'])

for action, table in (('unreachable', ''), ('prohibit', ''), ('blackhole', '')):
    row('rule: %s' % action, to(), to(payload=icmp()), to(payload=tcp()), to('40.2.2.3'), rules=['to 40.1.0.0/16 ' + action])
    row('rule: %s towards the source' % action, ip(udp(), src='42.0.0.1', dst='99.0.0.1'), ip(icmp(), src='42.0.0.1', dst='10.0.0.1'),
        rules=['to 42.0.0.0/8 ' + action], config=['route add 42.0.0.0/8 via 10.0.0.2 dev p0'])
row('rule: nop', to(), rules=['from @ nop', 'from @ table 100'])
row('rule: goto', to(), to(src='10.10.0.8'), rules=['from @ goto 120', 'to 40.0.0.0/8 unreachable', 'to 40.0.0.0/8 table 100'])
row('rule: goto a rule that does not match', to(), rules=['from @ goto 120', 'to 40.0.0.0/8 unreachable', 'to 41.0.0.0/8 table 100'])
row('rule: goto nowhere', to(), rules=['from @ goto 999', 'to 40.0.0.0/8 table 100'])
row('rule: goto over main', to(), rules=['from @ goto 32767'])
row('rule: goto a goto', to(), rules=['from @ goto 120', 'to 40.0.0.0/8 unreachable', 'goto 140', 'to 40.0.0.0/8 prohibit', 'table 100'])
row('rule: table that does not exist', to(), rules=['table 555'])
row('rule: table that does not know', to('41.1.2.3'), to('20.1.2.3'), rules=['table 100'])
row('rule: kinds of routes in a table', [to('40.%d.0.1' % n) for n in range(6)], rules=['table 102'])
row('rule: first table wins', to(), rules=['table 101', 'table 100'])
row('rule: priorities', to(), config=['rule add table 101 pref 200', 'rule add table 100 pref 199'])
row('rule: same priority, first come', to(), config=['rule add iif p0 table 100 pref 200', 'rule add to 40.0.0.0/8 table 101 pref 200'])
row('rule: default route of main suppressed', to('41.1.2.3'), to(), rules=['table main suppress_prefixlength 0', 'table 101'],
    config=['route add default via 10.0.2.2 dev p2'])
row('rule: without suppression', to('41.1.2.3'), rules=['table main', 'table 101'], config=['route add default via 10.0.2.2 dev p2'])
for length in (7, 8, 32, 33):
    row('rule: suppressed up to %d' % length, to(), to('20.0.0.9'), rules=['table 100 suppress_prefixlength %d' % length])
row('rule: errors are not suppressed', [to('40.%d.0.1' % n) for n in range(1, 5)], rules=['table 102 suppress_prefixlength 32'])
row('rule: suppressed, then a route comes', to(), rules=['table 100 suppress_prefixlength 8'], config=['route add 40.1.0.0/16 via 10.0.2.2 dev p2 table 100'])
row('rule: behind main', to(), to('41.1.2.3'), config=['rule add table 101 pref 40000'])
# The harness itself must go on to be answered.
KEEP = ['rule add from 10.0.0.250 table local pref 0', 'rule add to 10.0.0.250 table main pref 1']
KNOWN = ['neigh add 10.0.0.1 lladdr 02:00:00:00:0a:11 dev p0', 'neigh add 10.0.1.1 lladdr 02:00:00:00:0b:11 dev p1']
BACK = ['rule add table local pref 0', 'rule add table main pref 32766', 'rule add table default pref 32767']
row('rule: before local', to('10.0.1.1', icmp()), to(), config=KEEP + ['rule del table local pref 0', 'rule add table 101 pref 0', 'rule add table local pref 5'],
    cleanup=BACK)
row('rule: local is deleted', to('10.0.1.1', icmp()), to('10.0.0.1', icmp()), to(), ip(udp(), src='10.0.1.1', dst='40.1.2.3'),
    config=KEEP + KNOWN + ['rule del table local pref 0', 'rule add table local pref 50000'])
row('rule: ARP when local is asked last', arp(), arp(tpa='40.1.2.3'), config=KEEP + KNOWN + ['rule del table local pref 0'], cleanup=BACK)
row('rule: main is deleted', to(), to('10.0.0.1', icmp()), to('20.1.1.1'), rules=['to 40.0.0.0/8 table 100'], config=KEEP + ['rule del pref 32766'], cleanup=BACK)
row('rule: no rules at all but local', to(), to('10.0.0.1', icmp()), config=KEEP + ['rule del pref 32766', 'rule del pref 32767'], cleanup=BACK)
row('rule: local route before a longer one of main', to('40.7.7.7', icmp()), to('40.8.7.7'),
    config=['route add local 40.7.0.0/16 dev p1', 'route add 40.7.7.0/24 via 10.0.2.2 dev p2'])
row('rule: throw in local', to('40.7.7.7'), config=['route add throw 40.7.0.0/16 table local', 'route add 40.7.0.0/24 via 10.0.2.2 dev p2'])
G.case('rule: changes take effect at once', RULE, send(0, to()), config('rule add iif p0 table 100 pref 50'), send(0, to()),
       config('rule add iif p0 prohibit pref 40'), send(0, to()), config('rule del pref 40'), send(0, to()), config('rule del pref 50'),
       send(0, to()), keep=True)
G.case('rule: many', RULE, send(0, [to('40.1.2.%d' % n) for n in range(1, 41)]),
       config=['rule add to 40.1.2.%d table %s pref %d' % (n, ('100', '101', '102')[n % 3], 300 + n) for n in range(1, 40)])
G.case('rule: a port is renamed', RULE, config('rule add iif p0 table 100 pref 60'), send(0, to()), config('rule del pref 60'), keep=True)

# What the router sends itself.
row('rule: echo reply, from our address', ip(icmp(), src=HOST, dst='10.0.1.1'), ip(icmp(), src=HOST, dst='10.0.0.1'), rules=['from 10.0.1.1 table 101'])
row('rule: echo reply, iif lo', ip(icmp(), src=HOST, dst='10.0.0.1'), to(), rules=['iif lo table 101'])
row('rule: echo reply by type of service', ip(icmp(), src=HOST, dst='10.0.0.1', tos=0x10), ip(icmp(), src=HOST, dst='10.0.0.1'), ref=TOS,
    rules=['tos 0x10 table 101'])
row('rule: echo reply, ipproto icmp', ip(icmp(), src=HOST, dst='10.0.0.1'), rules=['iif lo ipproto icmp table 101'])
row('rule: echo reply that is refused', ip(icmp(), src=HOST, dst='10.0.0.1'), rules=['from 10.0.0.1 prohibit'])
row('rule: reset by its ports', ip(tcp(sport=4000, dport=80), src=HOST, dst='10.0.0.1'), ip(tcp(sport=4001, dport=80), src=HOST, dst='10.0.0.1'),
    rules=['iif lo sport 80 dport 4000 table 101'])
row('rule: port unreachable', ip(udp(), src=HOST, dst='10.0.0.1'), rules=['iif lo to @/16 table 101'])
row('rule: errors of forwarding', ip(udp(), src=HOST, dst='40.1.2.3', ttl=1), ip(udp(), src=HOST, dst='99.0.0.1'), rules=['iif lo table 101'])
row('rule: errors do not say from', ip(udp(), src=HOST, dst='40.1.2.3', ttl=1), rules=['iif lo from 10.0.0.0/8 table 101'])
row('rule: errors by type and code', ip(udp(), src=HOST, dst='40.1.2.3', ttl=1), ip(udp(), src=HOST, dst='99.0.0.1'), rules=['iif lo dport 2816 table 101'])
row('rule: errors by type of service', ip(udp(), src=HOST, dst='40.1.2.3', ttl=1, tos=0x10), ip(udp(), src=HOST, dst='40.1.2.3', ttl=1), ref=TOS,
    rules=['iif lo tos 0x10 table 101'])

# Where a packet came from.
for value in (1, 2):
    for rule in ('from 40.0.0.0/8 table 101', 'to @/16 table 101', 'to @/16 prohibit', 'iif p1 table 101', 'iif lo table 101', 'dport 1000 table 101',
                 'sport 1000 table 101', 'iif p0 unreachable'):
        row('rule: %s, rp_filter %d' % (rule, value), to(), ip(icmp(), src=HOST, dst='10.0.0.1'), ref=FILTER, rules=[rule],
            config=['set net.ipv4.conf.p0.rp_filter %d' % value])
for source in ('10.0.0.255', '10.0.1.255', '10.0.0.1', '10.0.1.1', '99.9.9.9', '127.0.0.1', '40.99.99.99'):
    row('rule: forwarding from ' + source, ip(udp(), src=source, dst='20.0.0.1'), ref='3 martians', rules=['to 99.0.0.0/8 table 100'])
    row('rule: echo from ' + source, ip(icmp(), src=source, dst='10.0.0.1'), ref='3 martians', rules=['to 99.0.0.0/8 table 100'],
        cleanup=['neigh del %s dev p0' % source])
row('rule: broadcast route of another table is no source', ip(udp(), src='98.0.0.1', dst='20.0.0.1'), ref='3 martians', rules=['table 103'],
    config=['route add broadcast 98.0.0.1 dev p0 table 103'])
row('rule: redirect', ip(udp(), src='10.0.0.3', dst='10.10.0.9'), rules=['to 99.0.0.0/8 table 100'])
row('rule: redirect by another table', ip(udp(), src='10.0.0.2', dst='40.1.2.3'), rules=['from 10.0.0.2 table 104'],
    config=['route add 40.0.0.0/8 via 10.0.0.3 dev p0 table 104'])

# ARP asks by rules, too.
row('rule: ARP for us', arp(), rules=['from 10.0.0.0/24 prohibit'])
row('rule: ARP for what a rule refuses', arp(tpa='10.0.1.1'), rules=['to 10.0.1.1 unreachable'])
row('rule: proxy ARP by a table', arp(tpa='40.1.2.3'), rules=['from 10.0.0.2 table 104'],
    config=['route add 40.0.0.0/8 via 10.0.0.3 dev p0 table 104', 'set net.ipv4.conf.p0.proxy_arp 1', 'set net.ipv4.neigh.p0.proxy_delay 0'])
row('rule: proxy ARP refused', arp(tpa='40.1.2.3'), rules=['from 10.0.0.2 prohibit'],
    config=['set net.ipv4.conf.p0.proxy_arp 1', 'set net.ipv4.neigh.p0.proxy_delay 0'])
row('rule: arp_filter', arp(), rules=['iif lo to 10.0.0.2 table 101'], config=['set net.ipv4.conf.p0.arp_filter 1'])

# Options.
row('rule: record route', to(opts=b'\7\7\4\0\0\0\0\0'), rules=['from @ table 100'])
row('rule: echo with record route', to('10.0.0.1', icmp(), opts=b'\7\x0b\4' + bytes(9)), rules=['iif lo table 101'])
row('rule: reassembled echo', [ip(icmp(data=pattern(72)), part=part, mf=mf, src=HOST, dst='10.0.0.1') for part, mf in (((0, 40), 1), ((40, 80), 0))],
    rules=['iif lo table 101'])

# Routes by type of service, in main and in another table.
T = Group('tos', BASE)


def tos_row(name, *frames, **fields):
    T.case(name, TOS, send(0, *frames), **fields)


EVERY = [ip(udp(), src=HOST, dst='40.1.2.3', tos=t) for t in (0, 1, 2, 4, 8, 0x0c, 0x10, 0x11, 0x14, 0x18, 0x1c, 0x1e, 0x20, 0x30, 0xb8, 0xf0, 0xff)]
tos_row('tos: route in main', EVERY, config=['route add 40.0.0.0/8 via 10.0.1.2 dev p1', 'route add 40.0.0.0/8 tos 0x10 via 10.0.2.2 dev p2'])
tos_row('tos: only this type', EVERY, config=['route add 40.0.0.0/8 tos 0x10 via 10.0.2.2 dev p2'])
tos_row('tos: precedence is never found', EVERY, config=['route add 40.0.0.0/8 via 10.0.1.2 dev p1', 'route add 40.0.0.0/8 tos 0xb8 via 10.0.2.2 dev p2'])
tos_row('tos: several', EVERY, config=['route add 40.0.0.0/8 via 10.0.1.2 dev p1', 'route add 40.0.0.0/8 tos 0x10 via 10.0.2.2 dev p2',
                                      'route add 40.0.0.0/8 tos 0x08 via 10.0.1.3 dev p1', 'route add 40.0.0.0/8 tos 0x1c via 10.0.0.3 dev p0'])
tos_row('tos: longer prefix for all', EVERY, config=['route add 40.0.0.0/8 tos 0x10 via 10.0.2.2 dev p2', 'route add 40.1.0.0/16 via 10.0.1.2 dev p1'])
tos_row('tos: longer prefix for some', EVERY, config=['route add 40.0.0.0/8 via 10.0.1.2 dev p1', 'route add 40.1.0.0/16 tos 0x10 via 10.0.2.2 dev p2'])
tos_row('tos: before metrics', EVERY, config=['route add 40.0.0.0/8 via 10.0.1.2 dev p1 metric 1', 'route add 40.0.0.0/8 tos 0x10 via 10.0.2.2 dev p2 metric 50',
                                             'route add 40.0.0.0/8 tos 0x10 via 10.0.1.3 dev p1 metric 40'])
tos_row('tos: unreachable', EVERY, config=['route add 40.0.0.0/8 via 10.0.1.2 dev p1', 'route add unreachable 40.0.0.0/8 tos 0x10'])
tos_row('tos: throw', EVERY, config=['route add 40.0.0.0/8 via 10.0.1.2 dev p1', 'route add throw 40.1.0.0/16 tos 0x10',
                                    'route add default via 10.0.2.2 dev p2 table default'])
tos_row('tos: default route', EVERY, config=['route add default tos 0x10 via 10.0.2.2 dev p2', 'route add default via 10.0.1.2 dev p1'])
tos_row('tos: table default', EVERY, config=['route add default tos 0x10 via 10.0.2.2 dev p2 table default', 'route add default via 10.0.1.2 dev p1 table default'])
tos_row('tos: own address', ip(icmp(), src=HOST, dst='10.0.0.1', tos=0x10), ip(icmp(), src=HOST, dst='10.0.0.1'),
        config=['route add 10.64.0.0/10 tos 0x10 via 10.0.0.3 dev p0'])
tos_row('tos: errors', ip(udp(), src=HOST, dst='20.1.2.3', tos=0x10, ttl=1), ip(udp(), src=HOST, dst='20.1.2.3', tos=0x28, ttl=1),
        ip(udp(), src=HOST, dst='20.1.2.3', ttl=1), config=['route add 10.64.0.0/10 tos 0x10 via 10.0.0.3 dev p0'])
T.case('tos: routes come and go', TOS, send(0, EVERY[:7]), config('route add 20.0.0.0/8 tos 0x10 via 10.0.2.2 dev p2'),
       send(0, [ip(udp(), src=HOST, dst='20.1.2.3', tos=t) for t in (0, 0x10)]), config('route replace 20.0.0.0/8 tos 0x10 via 10.0.1.3 dev p1'),
       send(0, [ip(udp(), src=HOST, dst='20.1.2.3', tos=t) for t in (0, 0x10)]), config('route del 20.0.0.0/8 tos 0x10'),
       send(0, [ip(udp(), src=HOST, dst='20.1.2.3', tos=t) for t in (0, 0x10)]), keep=True)
tos_row('tos: in a table behind a rule', EVERY, config=[
    'rule add to 40.0.0.0/8 table 100 pref 100', 'route add 40.0.0.0/8 via 10.0.1.2 dev p1 table 100',
    'route add 40.0.0.0/8 tos 0x10 via 10.0.2.2 dev p2 table 100', 'route add 40.1.0.0/16 tos 0x08 via 10.0.1.3 dev p1 table 100'])
tos_row('tos: route and rule', EVERY, config=['rule add tos 0x10 table 100 pref 100', 'route add 40.0.0.0/8 via 10.0.1.2 dev p1 table 100',
                                             'route add 40.0.0.0/8 via 10.0.2.2 dev p2'])
