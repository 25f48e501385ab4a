# SPDX-License-Identifier: BSD-3-Clause
"""Random configurations and random, slightly wrong frames, as plain data that can be shrunk and written down.

A frame is {'port', 'kind', 'eth': {}, 'ip': {}, 'body': {}}: keyword arguments of the builders in frames.py, bytes as
hexadecimal. Sources are symbols that become fresh addresses at each run, since both routers remember peers:
'@' a host behind p0's gateway, '@0' '@1' '@2' an on-link host of that port (with a static neighbour), '%0' ... one
without.
"""
import random

from case import BASE
from frames import BROADCAST, ROUTER_MAC, Context, addr, arp, eth, icmp, ip, pattern, tcp, udp

# Without limits that depend on time, and with subnets large enough for a fresh on-link host per frame.
FUZZ_BASE = BASE + [
    'addr add 10.%d.0.1/16 dev p%d' % (100 + i, i) for i in range(3)] + ['set net.ipv4.neigh.p%d.proxy_delay 0' % i for i in range(3)]

OWN = ['10.0.0.1', '10.0.1.1', '10.0.2.1', '10.100.0.1', '10.101.0.1']
GATEWAYS = [('10.0.0.3', 'p0'), ('10.0.1.2', 'p1'), ('10.0.1.3', 'p1'), ('10.0.2.2', 'p2')]
HOSTS = ['10.0.0.3', '10.0.1.2', '10.0.1.3', '10.0.2.2']
ODD_TARGETS = ['0.0.0.0', '0.1.2.3', '127.0.0.1', '224.0.0.1', '224.0.0.5', '239.8.8.8', '240.0.0.1', '255.255.255.254', '255.255.255.255',
               '10.0.0.255', '10.0.1.255', '10.101.255.255', '169.254.1.1', '99.0.0.1']
ODD_SOURCES = ['0.0.0.0', '0.1.2.3', '127.0.0.1', '224.0.0.1', '239.1.1.1', '255.255.255.255', '10.0.0.1', '10.0.1.1', '99.9.9.9']
POOL = ['%d.%d.0.0' % (n, m) for n in range(40, 44) for m in (0, 1, 128)]
SIZES = [0, 1, 7, 8, 9, 18, 28, 100, 520, 528, 600, 872, 873, 1000, 1252, 1400, 1472]


def random_route(rng):
    prefix = '%s/%d' % rng.choice([('40.0.0.0', 8), ('41.0.0.0', 8), ('42.0.0.0', 7), ('40.128.0.0', 9), ('40.1.0.0', 16), ('41.1.2.0', 24),
                                   ('41.1.2.128', 25), ('42.1.2.3', 32), ('43.0.0.0', 8), ('0.0.0.0', 0)])
    roll = rng.random()
    if roll < 0.25:
        return 'route add %s %s' % (rng.choice(['unreachable', 'prohibit', 'blackhole', 'throw']), prefix)
    gateway, port = rng.choice(GATEWAYS)
    line = 'route add %s via %s dev %s' % (prefix, gateway, port)
    if rng.random() < 0.3:
        line += ' mtu %d' % rng.choice([68, 300, 552, 576, 900, 901, 1000, 1280, 1499, 1500])
    if rng.random() < 0.2:
        line += ' src ' + rng.choice(OWN[:3])
    if rng.random() < 0.3:
        line += ' metric %d' % rng.choice([1, 10, 100])
    return line


SETTINGS = [('conf.%s.rp_filter', (1, 2)), ('conf.%s.send_redirects', (0,)), ('conf.%s.accept_source_route', (1,)), ('conf.%s.proxy_arp', (1,)),
            ('conf.%s.arp_ignore', (1, 2, 8)), ('conf.%s.bc_forwarding', (1,)), ('conf.%s.accept_local', (1,)), ('conf.%s.route_localnet', (1,)),
            ('conf.%s.drop_unicast_in_l2_multicast', (1,)), ('conf.%s.shared_media', (0,)), ('conf.%s.arp_accept', (1, 2)),
            ('conf.%s.arp_announce', (1, 2)), ('conf.%s.forwarding', (0,)),
            ('icmp_errors_use_inbound_ifaddr', (1,)), ('ip_default_ttl', (1, 77, 255)), ('icmp_echo_ignore_broadcasts', (0,)),
            ('ip_forward_use_pmtu', (1,)), ('ip_forward', (0,))]


def random_config(rng):
    """Lines on top of FUZZ_BASE; two routes may be equal, so the caller leaves out what the kernel refuses."""
    lines = [random_route(rng) for _ in range(rng.randrange(0, 8))]
    for _ in range(rng.choice([0, 0, 1, 1, 2, 3])):
        key, values = rng.choice(SETTINGS)
        where = rng.choice(['all', 'p0', 'p1', 'p2'])
        if key == 'ip_forward' and rng.random() < 0.8:
            continue
        lines.append('set net.ipv4.%s %d' % (key % where if '%s' in key else key, rng.choice(values)))
    if rng.random() < 0.3:
        port = rng.choice(['p1', 'p2'])
        lines.append('link set %s mtu %d' % (port, rng.choice([576, 700, 901, 1000, 1300])))
    if rng.random() < 0.2:
        lines.append('addr add 172.20.0.1/%d dev p1' % rng.choice([24, 30, 32]))
    unique = []
    for line in lines:
        if not any(same_key(line, other) for other in unique):
            unique.append(line)
    return unique


def same_key(a, b):
    """Whether the kernel would take b for a repetition of a."""
    def key(line):
        words = line.split()
        if words[0] != 'route':
            return words[:3]
        prefix = next(w for w in words if '/' in w)
        return ['route', prefix, words[words.index('metric') + 1] if 'metric' in words else '']
    return key(a) == key(b)


def random_target(rng):
    return rng.choice([rng.choice(HOSTS), rng.choice(OWN), rng.choice(OWN[:3]), rng.choice(ODD_TARGETS), '20.%d.0.1' % rng.randrange(256),
                       '30.0.%d.1' % rng.randrange(256), rng.choice(POOL)[:-3] + '%d.%d' % (rng.choice([0, 2]), rng.choice([1, 3, 127, 128])),
                       '4%d.1.2.%d' % (rng.randrange(4), rng.choice([3, 127, 129])), '172.20.0.1'])


def random_options(rng):
    """Mostly well-formed options, then some bytes changed."""
    def slots(n):
        return b''.join(addr(rng.choice(OWN + HOSTS + ['20.0.0.1', '99.0.0.1', '0.0.0.0'])) for _ in range(n))
    n = rng.randrange(1, 4)
    forms = [b'\1', b'\0', bytes([7, 3 + 4 * n, rng.choice([4, 8, 12, 3 + 4 * n])]) + slots(n), b'\x94\4\0\0',
             bytes([68, 4 + 4 * n, rng.choice([5, 9, 13]), rng.choice([0, 0xe0, 0xf0])]) + bytes(4 * n),
             bytes([68, 4 + 8 * n, rng.choice([5, 13, 21]), rng.choice([1, 3, 0xf1])]) + b''.join(slots(1) + bytes(4) for _ in range(n)),
             bytes([rng.choice([131, 137]), 3 + 4 * n, rng.choice([4, 8, 12])]) + slots(n), b'\x1e\4ab', b'\x9e\6abcd', b'\x82\x0b' + bytes(9)]
    options = b''.join(rng.choice(forms) for _ in range(rng.randrange(1, 4)))[:40]
    if rng.random() < 0.3:
        spoiled = bytearray(options)
        spoiled[rng.randrange(len(spoiled))] = rng.choice([0, 1, 2, 3, 4, 5, 255, rng.randrange(256)])
        options = bytes(spoiled)
    return options


def sometimes(rng, chance, fields, key, make):
    if rng.random() < chance:
        fields[key] = make()


def random_ip(rng, port):
    fields = {'src': rng.choice(['@', '@', '@', '@%d' % port]) if rng.random() < 0.9 else rng.choice(ODD_SOURCES + ['@1', '@2']),
              'dst': random_target(rng)}
    sometimes(rng, 0.25, fields, 'ttl', lambda: rng.choice([0, 1, 1, 2, 3, 255]))
    sometimes(rng, 0.2, fields, 'tos', lambda: rng.randrange(256))
    sometimes(rng, 0.25, fields, 'df', lambda: 1)
    sometimes(rng, 0.07, fields, 'mf', lambda: 1)
    sometimes(rng, 0.07, fields, 'off', lambda: rng.choice([8, 16, 800, 65000, 65528]))
    sometimes(rng, 0.03, fields, 'evil', lambda: 1)
    sometimes(rng, 0.1, fields, 'id', lambda: rng.choice([0, 0xffff, rng.randrange(65536)]))
    sometimes(rng, 0.02, fields, 'ver', lambda: rng.randrange(16))
    sometimes(rng, 0.02, fields, 'ihl', lambda: rng.randrange(16))
    sometimes(rng, 0.05, fields, 'len_', lambda: rng.choice([0, 19, 20, 21, 24, 27, 28, 29, 35, 36, 60, 65535]))
    sometimes(rng, 0.02, fields, 'csum', lambda: rng.randrange(65536))
    sometimes(rng, 0.15, fields, 'opts', lambda: random_options(rng).hex())
    return fields


def random_body(rng, kind):
    fields = {'size': rng.choice(SIZES)} if rng.random() < 0.6 else {}
    if kind == 'icmp':
        sometimes(rng, 0.4, fields, 'type', lambda: rng.choice([0, 3, 4, 5, 11, 12, 13, 17, rng.randrange(256)]))
        sometimes(rng, 0.2, fields, 'code', lambda: rng.choice([1, 3, 4, rng.randrange(256)]))
        sometimes(rng, 0.2, fields, 'rest', lambda: bytes(rng.choice([0, 2, 5, 68, 200, 255]) for _ in range(4)).hex())
    elif kind == 'tcp':
        fields['flags'] = ''.join(f for f in 'FSRPAU' if rng.random() < 0.35)
        sometimes(rng, 0.3, fields, 'seq', lambda: rng.choice([0, 1, 0xffffffff, rng.randrange(1 << 32)]))
        sometimes(rng, 0.3, fields, 'ack', lambda: rng.choice([0, 1, 0xffffffff, rng.randrange(1 << 32)]))
        sometimes(rng, 0.05, fields, 'doff', lambda: rng.randrange(12))
    elif kind == 'udp':
        sometimes(rng, 0.1, fields, 'len_', lambda: rng.choice([0, 7, 8, 9, 15, 16, 2000]))
        sometimes(rng, 0.1, fields, 'dport', lambda: rng.choice([0, 7, 68, 33434]))
    if kind != 'raw':
        sometimes(rng, 0.05, fields, 'csum', lambda: rng.choice([0, 1, 0xffff]))
    return fields


def random_eth(rng):
    fields = {}
    sometimes(rng, 0.1, fields, 'dst', lambda: rng.choice([BROADCAST, '01:00:5e:00:00:01', '02:00:00:00:99:99', ROUTER_MAC[1], ROUTER_MAC[0]]))
    sometimes(rng, 0.1, fields, 'pad', lambda: 60)
    sometimes(rng, 0.1, fields, 'tail', lambda: pattern(rng.randrange(1, 60)).hex())
    sometimes(rng, 0.04, fields, 'tags', lambda: [[rng.choice([0x8100, 0x88a8]), rng.choice([0, 0, 0xe000, 5])] for _ in range(rng.choice([1, 1, 2]))])
    sometimes(rng, 0.02, fields, 'cut', lambda: rng.randrange(14, 50))
    return fields


def random_arp(rng, port):
    fields = {'spa': rng.choice(['%%%d' % port, '%%%d' % port, '0.0.0.0', '%1', rng.choice(ODD_SOURCES)]),
              'tpa': rng.choice(OWN + ['10.0.%d.1' % port] * 4 + HOSTS + ['20.0.0.1', '99.0.0.1', '40.1.2.3'])}
    sometimes(rng, 0.2, fields, 'op', lambda: rng.choice([0, 2, 2, 3, 9]))
    sometimes(rng, 0.1, fields, 'dst', lambda: rng.choice([ROUTER_MAC[port], '01:00:5e:00:00:01', '02:00:00:00:99:99']))
    sometimes(rng, 0.1, fields, 'sha', lambda: rng.choice(['00:00:00:00:00:00', BROADCAST, '02:00:00:00:77:77', ROUTER_MAC[port]]))
    for key, values in (('hw', (6, 7)), ('pro', (0x86dd, 0)), ('hlen', (5, 8)), ('plen', (0, 16)), ('pad', (60,)), ('cut', (10, 27))):
        sometimes(rng, 0.04, fields, key, lambda: rng.choice(values))
    return fields


def random_frames(rng):
    """One frame, or the fragments of one datagram, somewhat disturbed."""
    port = rng.choice([0, 0, 0, 1, 2])
    if rng.random() < 0.08:
        return [{'port': port, 'kind': 'arp', 'ip': random_arp(rng, port)}]
    kind = rng.choice(['udp', 'udp', 'icmp', 'icmp', 'icmp', 'tcp', 'raw'])
    made = {'port': port, 'kind': kind, 'eth': random_eth(rng), 'ip': random_ip(rng, port), 'body': random_body(rng, kind)}
    if kind == 'raw':
        made['ip']['proto'] = rng.choice([0, 2, 4, 47, 50, 132, 253, 255])
    if port:                                                # the MTU of these ports may be small
        made['body']['size'] = min(made['body'].get('size', 8), 480)
    return random_pieces(rng, made) if rng.random() < 0.12 else [made]


def random_pieces(rng, made):
    made['ip'] = {k: v for k, v in made['ip'].items() if k in ('src', 'dst', 'tos', 'opts', 'proto', 'ttl')}
    made['ip']['id'] = rng.randrange(65536)
    size = made['body']['size'] = rng.choice([100, 1000, 1400, 3000])
    total = size + {'udp': 8, 'icmp': 8, 'tcp': 20, 'raw': 0}[made['kind']]
    cuts = sorted(set(rng.randrange(8, total, 8) for _ in range(rng.randrange(1, 5))))
    cuts = [0] + [c for c in cuts if c < total] + [total]
    limit = 400 if made['port'] else 1400
    parts = []
    for start, end in zip(cuts, cuts[1:]):
        for at in range(start, end, limit - limit % 8):
            stop = min(end, at + limit - limit % 8)
            parts.append({**made, 'ip': {**made['ip'], 'part': [at, stop], 'mf': int(stop < total)}})
    roll = rng.random()
    if roll < 0.3:
        rng.shuffle(parts)
    elif roll < 0.45:
        parts.insert(rng.randrange(len(parts) + 1), rng.choice(parts))
    elif roll < 0.55 and len(parts) > 1:
        parts.pop(rng.randrange(len(parts)))
    elif roll < 0.7:
        chosen = rng.randrange(len(parts))
        start, end = parts[chosen]['ip']['part']
        moved = max(0, start + rng.choice([-16, -8, 8])), min(total, end + rng.choice([-8, 8, 16]))
        if moved[0] < moved[1]:
            parts[chosen] = {**parts[chosen], 'ip': {**parts[chosen]['ip'], 'part': list(moved)}}
    return parts


class Fresh:
    """Turns symbols into addresses that no frame has used before; all pieces of one run agree on a symbol."""
    used = 0

    def __init__(self):
        self.known, self.neighbours, self.learned = {}, [], []

    def address(self, symbol, group):
        """group: frames of one datagram share their symbols' addresses."""
        if symbol[:1] not in '@%':
            return symbol
        if (symbol, group) not in self.known:
            Fresh.used += 1
            n = Fresh.used
            if symbol == '@':
                self.known[symbol, group] = '10.%d.%d.%d' % (64 + (n >> 16) % 32, n >> 8 & 255, n & 255)
            else:
                port = int(symbol[1])
                found = '10.%d.%d.%d' % (100 + port, n // 250 % 255 + 1, n % 250 + 2)
                self.known[symbol, group] = found
                line = 'neigh add %s lladdr 02:00:00:01:%02x:%02x dev p%d' % (found, n >> 8 & 255, n & 255, port)
                (self.neighbours if symbol[0] == '@' else self.learned).append(line)
        return self.known[symbol, group]


def build(made, fresh, group):
    """The bytes of a frame description."""
    context = Context('0.0.0.0', made['port'])
    fields = dict(made.get('ip', {}))
    for key in ('src', 'spa'):
        if key in fields or (key == 'src' and made['kind'] != 'arp'):
            fields[key] = fresh.address(fields.get(key, '@'), group)
    if made['kind'] == 'arp':
        return arp(**fields).build(context)
    body = dict(made.get('body', {}))
    data = pattern(body.pop('size', 8))
    if 'rest' in body:
        body['rest'] = bytes.fromhex(body['rest'])
    if made['kind'] == 'raw':
        payload = data
    elif made['kind'] == 'icmp' and body.get('type', 8) in (3, 4, 5, 11, 12):
        payload = icmp(data=ip(icmp(0, data=data[:64]), src=fields.get('dst', '10.0.1.2'), dst=fields['src']), **body)
    else:
        payload = {'udp': udp, 'icmp': icmp, 'tcp': tcp}[made['kind']](data=data, **body)
    if 'opts' in fields:
        fields['opts'] = bytes.fromhex(fields['opts'])
    frame = dict(made.get('eth', {}))
    cut = frame.pop('cut', None)
    if 'tail' in frame:
        frame['tail'] = bytes.fromhex(frame['tail'])
    return eth(ip(payload, **fields), **frame).build(context)[:cut]


def random_round(seed, count):
    """(configuration, [[frame descriptions of one datagram]])."""
    rng = random.Random(seed)
    return random_config(rng), [random_frames(rng) for _ in range(count)]
