# SPDX-License-Identifier: BSD-3-Clause
"""IP options: filled in, forwarded, refused and reflected as ip_options_compile, ip_forward_options and echo do."""
from case import Group, send
from frames import addr, icmp, ip, pattern, pieces, tcp, udp

REF = '1 IP options'
G = Group('options')

NOP, EOL = b'\1', b'\0'
SR_ON = ['set net.ipv4.conf.all.accept_source_route 1', 'set net.ipv4.conf.p0.accept_source_route 1']


def rr(slots=3, pointer=4, length=None, filled=()):
    body = b''.join(addr(a) for a in filled).ljust(slots * 4, b'\0')
    return bytes([7, 3 + slots * 4 if length is None else length, pointer]) + body


def ts(flag=0, slots=2, pointer=5, over=0, length=None, body=None):
    size = slots * (4 if flag == 0 else 8)
    return bytes([68, 4 + size if length is None else length, pointer, over << 4 | flag]) + (body or bytes(size))


def route(kind, *hops, pointer=4, length=None):
    return bytes([kind, 3 + 4 * len(hops) if length is None else length, pointer]) + b''.join(addr(h) for h in hops)


LSRR, SSRR = 131, 137
ALERT = b'\x94\x04\0\0'

FORMS = {
    'no operation': NOP * 4,
    'end of list and rubbish behind it': EOL + b'\xff\xff\xff',
    'end of list in the middle': NOP + EOL + b'\x07\x01',
    'record route with room': rr(),
    'record route with one slot': rr(1),
    'record route with nine slots': rr(9),
    'record route with one slot taken': rr(3, 8, filled=['1.1.1.1']),
    'record route with the last slot free': rr(2, 8, filled=['1.1.1.1']),
    'record route that is full': rr(1, 8, filled=['1.1.1.1']),
    'record route with the pointer far behind': rr(1, 200),
    'record route with pointer 0': rr(3, 0),
    'record route with pointer 3': rr(3, 3),
    'record route with pointer 5': rr(3, 5),
    'record route without room for an address': rr(1, 5),
    'record route of length 2': bytes([7, 2, 4, 0]),
    'record route of length 3': bytes([7, 3, 4, 0]),
    'record route of length 5': bytes([7, 5, 4, 0, 0]),
    'record route twice': rr(1) + NOP + rr(1),
    'record route behind no operation': NOP * 3 + rr(2),
    'timestamps with room': ts(0, 3),
    'timestamps with one slot taken': ts(0, 2, 9, body=b'\0\0\0\1' + bytes(4)),
    'timestamps that are full': ts(0, 1, 9, body=b'\0\0\0\1'),
    'timestamps that are full 15 times over': ts(0, 1, 9, 15, body=b'\0\0\0\1'),
    'timestamps that are full 14 times over': ts(0, 1, 9, 14, body=b'\0\0\0\1'),
    'timestamps with pointer 4': ts(0, 2, 4),
    'timestamps with pointer 6': ts(0, 2, 6),
    'timestamps without room for one': ts(0, 1, 7),
    'timestamps of length 3': bytes([68, 3, 5, 0]),
    'timestamps of length 4': bytes([68, 4, 5, 0]),
    'timestamps of length 6': bytes([68, 6, 5, 0, 0, 0]),
    'timestamps twice': ts(0, 1) + ts(0, 1),
    'timestamps with addresses': ts(1, 2),
    'timestamps with addresses, no room for both': ts(1, 1, 5, length=8, body=bytes(4)),
    'timestamps with addresses that are full': ts(1, 1, 13),
    'timestamps for given addresses, ours is next': ts(3, 2, body=addr('10.0.0.1') + bytes(4) + addr('9.9.9.9') + bytes(4)),
    'timestamps for given addresses, our other one is next': ts(3, 2, body=addr('10.0.1.1') + bytes(4) + addr('9.9.9.9') + bytes(4)),
    'timestamps for given addresses, another is next': ts(3, 2, body=addr('9.9.9.9') + bytes(4) + addr('10.0.0.1') + bytes(4)),
    'timestamps for given addresses, the second is ours': ts(3, 2, 13, body=addr('9.9.9.9') + b'\0\0\0\1' + addr('10.0.1.1') + bytes(4)),
    'timestamps for given addresses, nobody and ours are next': ts(3, 3, body=bytes(8) + addr('10.0.1.1') + bytes(12)),
    'timestamps for given addresses, ours and a broadcast address are next': ts(3, 2, body=addr('10.0.0.1') + bytes(4)
                                                                                + addr('10.0.0.255') + bytes(4)),
    'timestamps with undefined flag 2': ts(2, 2),
    'timestamps with undefined flag 7': ts(7, 2),
    'router alert': ALERT,
    'router alert with a value': b'\x94\x04\0\1',
    'router alert of length 3': b'\x94\x03\0\0',
    'router alert of length 6': b'\x94\x06\0\0\0\0',
    'router alert and record route': ALERT + rr(2),
    'record route and timestamps': rr(2) + NOP + ts(0, 2),
    'loose source route': route(LSRR, '10.0.1.2'),
    'strict source route': route(SSRR, '10.0.1.2'),
    'loose source route that is used up': route(LSRR, '10.0.1.2', pointer=8),
    'loose source route with a bad pointer': route(LSRR, '10.0.1.2', pointer=3),
    'loose source route of length 2': bytes([LSRR, 2, 4, 0]),
    'loose source route of length 6': bytes([LSRR, 6, 4, 0, 0, 0]),
    'loose source route that is used up, from nowhere': route(LSRR, '0.0.0.0', pointer=8),
    'loose source route that is used up, by way of nowhere': route(LSRR, '10.9.9.9', '0.0.0.0', pointer=12),
    'strict source route from nowhere, twice': 2 * route(SSRR, '0.0.0.0', pointer=8),
    'loose and strict source route': route(LSRR, '10.0.1.2') + NOP + route(SSRR, '10.0.1.3'),
    'security': b'\x82\x0b' + pattern(9),
    'stream identifier': b'\x88\x04\0\1',
    'commercial security': b'\x86\x06\0\0\0\0',
    'unknown option with the copy bit': b'\x9e\x06abcd',
    'unknown option without the copy bit': b'\x1e\x06abcd',
    'option of length 0': b'\x1e\0\0\0',
    'option of length 1': b'\x1e\1\0\0',
    'option beyond the header': b'\x1e\x09\0\0',
    'option without its length': NOP * 3 + b'\x1e',
    'second option beyond the header': b'\x1e\4ab' + b'\x1e\x05ab',
    'forty bytes of no operation': NOP * 40,
}
for title, options in FORMS.items():
    G.case('forwarded: ' + title, REF, send(0, ip(udp(), opts=options)))
    G.case('echo: ' + title, REF, send(0, ip(icmp(), dst='10.0.0.1', opts=options)))
for title in ('record route with room', 'timestamps with room', 'timestamps with addresses', 'router alert', 'no operation',
              'unknown option with the copy bit', 'loose source route', 'record route that is full', 'timestamps that are full',
              'option of length 0', 'security', 'record route and timestamps', 'timestamps for given addresses, nobody and ours are next'):
    options = FORMS[title]
    G.case('time exceeded: ' + title, REF, send(0, ip(udp(), opts=options, ttl=1)))
    G.case('no route: ' + title, REF, send(0, ip(udp(), opts=options, dst='99.0.0.1')))
    G.case('port unreachable: ' + title, REF, send(0, ip(udp(), opts=options, dst='10.0.0.1')))
    G.case('reset: ' + title, REF, send(0, ip(tcp(), opts=options, dst='10.0.0.1')))
    G.case('leaving by the port of arrival: ' + title, REF, send(0, ip(udp(), opts=options, dst='10.0.0.3')))
    G.case('fragment of us: ' + title, '6 ip_fragment', send(0, ip(udp(pattern(1000)), dst='30.0.0.1', opts=options)))
    G.case('too long with DF: ' + title, '6 ip_forward order', send(0, ip(udp(pattern(1000)), dst='30.0.0.1', df=1, opts=options)))
    G.case('later fragment: ' + title, REF, send(0, ip(pattern(40), off=800, opts=options)))

HOPS = {
    'we are the destination, one hop left': (LSRR, '10.0.0.1', ['20.0.0.9'], 4),
    'we are the destination, two hops left': (LSRR, '10.0.0.1', ['20.0.0.9', '20.0.0.8'], 4),
    'we are the destination, nothing left': (LSRR, '10.0.0.1', ['20.0.0.9'], 8),
    'we are not the destination': (LSRR, '20.0.0.1', ['20.0.0.9'], 4),
    'the next hop has no route': (LSRR, '10.0.0.1', ['99.0.0.1'], 4),
    'the next hop is ours again': (LSRR, '10.0.0.1', ['10.0.1.1', '20.0.0.9'], 4),
    'strict, the next hop is on link': (SSRR, '10.0.0.1', ['10.0.1.2'], 4),
    'strict, the next hop is behind a gateway': (SSRR, '10.0.0.1', ['20.0.0.9'], 4),
    'strict, we are not the destination': (SSRR, '20.0.0.1', ['20.0.0.9'], 4),
    'strict, we are not the destination but it is on link': (SSRR, '10.0.1.2', ['20.0.0.9'], 4),
}
for title, (kind, target, hops, pointer) in HOPS.items():
    options = route(kind, *hops, pointer=pointer)
    G.case('source routing on: ' + title, REF, send(0, ip(udp(), dst=target, opts=options)), config=SR_ON)
    G.case('source routing on, echo: ' + title, REF, send(0, ip(icmp(), dst=target, opts=options)), config=SR_ON)
    G.case('source routing on, forwarding off: ' + title, REF, send(0, ip(udp(), dst=target, opts=options)),
           config=SR_ON + ['set net.ipv4.conf.all.forwarding 0'])
    G.case('source routing off: ' + title, REF, send(0, ip(udp(), dst=target, opts=options)))
G.case('fragmented echo with record route', '5 ICMP echo', send(0, pieces(icmp(8, 0, data=pattern(1000)), [0, 800, 1008], dst='10.0.0.1',
                                                                  opts=rr(3))))
for title in ('loose source route that is used up, from nowhere', 'loose source route that is used up, by way of nowhere'):
    for kind, packet in (('echo', icmp()), ('reset', tcp()), ('port unreachable', udp())):
        G.case('%s, accepted: %s' % (kind, title), REF, send(0, ip(packet, dst='10.0.0.1', opts=FORMS[title])), config=SR_ON)
for hop in ('224.0.0.1', '255.255.255.255'):
    G.case('reset, accepted: loose source route that is used up, from ' + hop, REF, send(0, ip(tcp(), dst='10.0.0.1', opts=route(LSRR, hop, pointer=8))),
           config=SR_ON)
# What is wrong is told along the route that the packet came by.
for options in (route(SSRR, '10.0.0.3', pointer=8), route(SSRR, '10.0.0.3', pointer=8) + b'\x9e\6abcd', rr(1) + route(SSRR, '10.0.0.3', pointer=8),
                route(SSRR, '0.0.0.0', '10.9.9.9', pointer=8), route(SSRR, '10.0.0.1', '10.0.0.3', pointer=4, length=9)):
    G.case('strict source route that fails: ' + options.hex(), REF, send(0, ip(tcp(), opts=options)), config=SR_ON)
    G.case('strict source route here: ' + options.hex(), REF, send(0, ip(tcp(), dst='10.0.0.1', opts=options)), config=SR_ON)
G.case('strict source route that fails, by way of ourselves', REF, send(2, ip(udp(), src='10.0.2.2', dst='10.0.1.2', opts=route(SSRR, '10.0.0.1', pointer=8))),
       config=['set net.ipv4.conf.all.accept_source_route 1', 'set net.ipv4.conf.all.accept_local 1'])
