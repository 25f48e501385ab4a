# SPDX-License-Identifier: BSD-3-Clause
"""Random, slightly wrong frames, as plain data that can be shrunk and written down.

A frame is {'port', 'kind', 'eth': {}, 'ip': {}, 'body': {}}: keyword arguments of the builders in frames.py, bytes as
hexadecimal. Addresses may be symbols that become fresh ones at each run, since both routers remember peers: '@' a host
behind p0's gateway, '@0' '@1' '@2' an on-link host of that port (with a static neighbour), '%0' ... one without, '!' a
host to which no route leads, '$' a subnet of its own. The frames of one datagram share them; with a letter behind, as in
'%0a', all frames of a round do.
"""
import random
import re

from frames import BROADCAST, PEER_MAC, ROUTER_MAC, Context, addr, arp, eth, icmp, ip, pattern, tcp, udp
from fuzz_config import ABSENT, OWN, random_config, random_line

BATCH = 12          # datagrams at once, all on one port
# How often there is something, by what a round is about: {mood: {what: probability}}.
USUAL = {'arp': 0.1, 'pieces': 0.14, 'opts': 0.15, 'ours': 0.0, 'change': 0.25, 'l2': 0.1, 'long': 0.0, 'wait': 0.0}
MOODS = [{}, {}, {}, {'opts': 0.9, 'wait': 0.1}, {'pieces': 0.7, 'ours': 0.8}, {'pieces': 0.4, 'long': 0.5, 'ours': 0.3}, {'arp': 0.5, 'wait': 0.3},
         {'wait': 0.6, 'arp': 0.2, 'change': 0.6}, {'l2': 0.6, 'ours': 0.5}, {'ours': 0.9}, {'change': 0.9}, {'long': 0.7}]
HOSTS = ['10.0.0.3', '10.0.1.2', '10.0.1.3', '10.0.2.2']
ODD_TARGETS = ['0.0.0.0', '0.1.2.3', '127.0.0.1', '127.1.2.3', '224.0.0.1', '224.0.0.5', '224.0.1.1', '239.8.8.8', '240.0.0.1',
               '255.255.255.254', '255.255.255.255', '10.0.0.255', '10.0.1.255', '10.101.255.255', '10.0.1.0', '169.254.1.1', '99.0.0.1',
               '172.20.0.255', '172.20.0.0', '172.20.0.77', '172.20.9.9', '172.31.9.9', '$a', '$b']
ODD_SOURCES = ['0.0.0.0', '0.1.2.3', '127.0.0.1', '224.0.0.1', '239.1.1.1', '255.255.255.255', '10.0.0.255', '$a', '$b', '!', '!']
POOL = ['%d.%d.0.0' % (n, m) for n in range(40, 44) for m in (0, 1, 128)]
SIZES = [0, 1, 7, 8, 9, 18, 28, 100, 520, 528, 600, 872, 873, 1000, 1252, 1400, 1472]
ODD_MACS = [BROADCAST, '01:00:5e:00:00:01', '01:00:5e:08:08:08', '33:33:00:00:00:01', '01:80:c2:00:00:00', '00:00:00:00:00:00',
            '02:00:00:00:99:99'] + ROUTER_MAC


class Dice(random.Random):
    """Random numbers, and what the round is about."""

    def __init__(self, seed):
        super().__init__(seed)
        self.mood = {**USUAL, **self.choice(MOODS)}


def random_target(rng):
    if rng.random() < rng.mood['ours']:
        return rng.choice(OWN)
    if rng.random() < rng.mood['wait']:
        return rng.choice(['%0', '%1', '%2', '%0a', '%1a', '%1a', '%1b', '%2a', rng.choice(ABSENT)[0], '4%d.1.2.3' % rng.randrange(4)])
    return rng.choice([rng.choice(HOSTS), rng.choice(OWN), rng.choice(OWN[:3]), rng.choice(ODD_TARGETS), '20.%d.0.1' % rng.randrange(256),
                       '30.0.%d.1' % rng.randrange(256), rng.choice(POOL)[:-3] + '%d.%d' % (rng.choice([0, 2]), rng.choice([1, 3, 127, 128])),
                       '4%d.1.2.%d' % (rng.randrange(4), rng.choice([3, 127, 129])), '172.20.0.%d' % rng.choice([1, 1, 1, 2, 3, 9]),
                       rng.choice(['@', '@0', '@1', '@2', '%0', '%1', '%2', '%0a', '%1a', '%1b', '%2a', rng.choice(ABSENT)[0]])])


def random_options(rng):
    """Mostly well-formed options, then some bytes changed."""
    def slots(n):
        return b''.join(addr(rng.choice(OWN + HOSTS + ['20.0.0.1', '99.0.0.1', '0.0.0.0', '224.0.0.1', '255.255.255.255', '10.0.1.255', '127.0.0.1', '10.0.1.77'])) for _ in range(n))
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
    fields = {'src': rng.choice(['@', '@', '@', '@%d' % port]) if rng.random() < 0.9 else rng.choice(ODD_SOURCES + ['@0', '@1', '@2', '%%%d' % port]),
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
    sometimes(rng, rng.mood['opts'], fields, 'opts', lambda: random_options(rng).hex())
    return fields


def random_body(rng, kind):
    fields = {'size': rng.choice(SIZES)} if rng.random() < 0.6 else {}
    sometimes(rng, rng.mood['long'], fields, 'size', lambda: rng.choice(SIZES[8:]))
    if kind == 'icmp':
        sometimes(rng, 0.4, fields, 'type', lambda: rng.choice([0, 3, 4, 5, 11, 12, 13, 17, rng.randrange(256)]))
        sometimes(rng, 0.2, fields, 'code', lambda: rng.choice([1, 3, 4, rng.randrange(256)]))
        if fields.get('type') in (3, 4, 5, 11, 12):
            sometimes(rng, 0.4, fields, 'inner', lambda: random_inner(rng))
        sometimes(rng, 0.2, fields, 'rest', lambda: bytes(rng.choice([0, 2, 5, 68, 200, 255]) for _ in range(4)).hex())
    elif kind == 'tcp':
        fields['flags'] = ''.join(f for f in 'FSRPAU' if rng.random() < 0.35)
        sometimes(rng, 0.3, fields, 'seq', lambda: rng.choice([0, 1, 0xffffffff, rng.randrange(1 << 32)]))
        sometimes(rng, 0.3, fields, 'ack', lambda: rng.choice([0, 1, 0xffffffff, rng.randrange(1 << 32)]))
        sometimes(rng, 0.05, fields, 'doff', lambda: rng.randrange(12))
        sometimes(rng, 0.1, fields, 'opts', lambda: rng.choice(['020405b4', '0101080a0000000100000000', '01010101']))
    elif kind == 'udp':
        sometimes(rng, 0.1, fields, 'len_', lambda: rng.choice([0, 7, 8, 9, 15, 16, 2000]))
        sometimes(rng, 0.1, fields, 'dport', lambda: rng.choice([0, 7, 68, 33434]))
    if kind != 'raw':
        sometimes(rng, 0.05, fields, 'csum', lambda: rng.choice([0, 1, 0xffff]))
    return fields


def random_inner(rng):
    """Of the packet that an ICMP error speaks of."""
    fields = {}
    sometimes(rng, 0.3, fields, 'src', lambda: rng.choice(OWN + HOSTS + ['224.0.0.1']))
    sometimes(rng, 0.2, fields, 'proto', lambda: rng.choice([4, 6, 17, 47, 253]))
    sometimes(rng, 0.2, fields, 'df', lambda: 1)
    sometimes(rng, 0.2, fields, 'ihl', lambda: rng.randrange(16))
    sometimes(rng, 0.2, fields, 'off', lambda: rng.choice([8, 800]))
    sometimes(rng, 0.2, fields, 'len_', lambda: rng.choice([0, 20, 28, 1500]))
    return fields


def random_eth(rng):
    fields = {}
    sometimes(rng, rng.mood['l2'], fields, 'dst', lambda: rng.choice(ODD_MACS[:2] + ODD_MACS))
    sometimes(rng, rng.mood['l2'] / 5, fields, 'src', lambda: rng.choice(ODD_MACS))
    sometimes(rng, 0.1, fields, 'pad', lambda: 60)
    sometimes(rng, 0.1, fields, 'tail', lambda: pattern(rng.randrange(1, 60)).hex())
    sometimes(rng, rng.mood['l2'] / 2, fields, 'tags', lambda: random_tags(rng))
    sometimes(rng, 0.02, fields, 'cut', lambda: rng.randrange(14, 50))
    sometimes(rng, 0.02, fields, 'type', lambda: rng.choice([0x0806, 0x86dd, 0x8035, 0x0000, 0x0028, 0x05dc, 0x05ff, 0x8847, 0x8808, 0xffff]))
    return fields


def random_tags(rng):
    return [[rng.choice([0x8100, 0x8100, 0x88a8]), rng.choice([0, 0, 0, 0xe000, 0x1000, 5, 0xfff])] for _ in range(rng.choice([1, 1, 1, 2, 3]))]


def random_arp(rng, port):
    asking = ['%%%d' % port, '%%%d' % port, '%%%da' % port, '%%%db' % port, '@%d' % port, '10.0.%d.77' % port, '0.0.0.0', '%1', rng.choice(ODD_SOURCES),
              rng.choice(HOSTS + OWN), rng.choice(['172.31.9.9', '172.20.0.2', '41.1.2.3', '20.0.0.1'])]
    fields = {'spa': rng.choice(asking),
              'tpa': rng.choice(OWN + ['10.0.%d.1' % port] * 4 + HOSTS + ['20.0.0.1', '99.0.0.1', '40.1.2.3', '172.20.0.1', '127.0.0.1', '224.0.0.1',
                                       '255.255.255.255', '0.0.0.0', '10.0.1.255', '%1', '@1', '$a'])}
    sometimes(rng, 0.1, fields, 'tpa', lambda: fields['spa'])
    sometimes(rng, 0.35, fields, 'op', lambda: rng.choice([0, 2, 2, 2, 2, 2, 3, 9]))
    if fields.get('op') == 2:
        sometimes(rng, 0.6, fields, 'dst', lambda: ROUTER_MAC[port])
        sometimes(rng, 0.6, fields, 'tha', lambda: rng.choice([ROUTER_MAC[port], '02:00:00:00:99:99', PEER_MAC[port]]))
    sometimes(rng, 0.1, fields, 'dst', lambda: rng.choice([ROUTER_MAC[port]] + ODD_MACS))
    sometimes(rng, 0.1, fields, 'sha', lambda: rng.choice(['00:00:00:00:00:00', BROADCAST, '02:00:00:00:77:77', ROUTER_MAC[port]]))
    for key, values in (('hw', (6, 7)), ('pro', (0x86dd, 0)), ('hlen', (5, 8)), ('plen', (0, 16)), ('pad', (60,)), ('cut', (10, 27))):
        sometimes(rng, 0.04, fields, key, lambda: rng.choice(values))
    made = {'port': port, 'kind': 'arp', 'ip': fields}
    sometimes(rng, 0.05, made, 'eth', lambda: {'tags': random_tags(rng)})
    return made


def random_frames(rng, port):
    """One frame, or the fragments of one datagram, somewhat disturbed."""
    if rng.random() < rng.mood['arp']:
        return [random_arp(rng, port)]
    kind = rng.choice(['udp', 'udp', 'icmp', 'icmp', 'icmp', 'tcp', 'raw'])
    made = {'port': port, 'kind': kind, 'eth': random_eth(rng), 'ip': random_ip(rng, port), 'body': random_body(rng, kind)}
    if kind == 'raw':
        made['ip']['proto'] = rng.choice([0, 1, 2, 4, 6, 17, 47, 50, 51, 94, 108, 132, 253, 255])
    if made['ip']['dst'] in ('255.255.255.255', '10.0.1.255', '224.0.0.1') and rng.random() < 0.5:
        made['eth']['dst'] = BROADCAST
        sometimes(rng, 0.2, made['ip'], 'src', lambda: '0.0.0.0')
    if rng.random() < rng.mood['pieces']:
        return random_pieces(rng, made)
    if port == 2:                                            # whose MTU is smaller
        made['body']['size'] = min(made['body'].get('size', 8), 840)
    return [made]


def random_pieces(rng, made):
    """The fragments of a datagram; no limit on redirects applies to them, for that would depend on time."""
    made['ip'] = {k: v for k, v in made['ip'].items() if k in ('src', 'dst', 'tos', 'opts', 'proto', 'ttl')}
    if made['ip']['src'][:1] in '@%' and made['ip']['dst'] not in OWN:
        made['ip']['src'] = '@'
    sometimes(rng, 0.1, made['ip'], 'df', lambda: 1)
    made['ip']['id'] = rng.randrange(65536)
    size = made['body']['size'] = rng.choice([0, 8, 16, 100, 1000, 1400, 1400, 3000, 3000, 9000] + [65527, 65540] * (rng.random() < 0.05))
    total = max(9, size + {'udp': 8, 'icmp': 8, 'tcp': 20, 'raw': 0}[made['kind']])
    cuts = sorted(set(rng.randrange(8, total, 8) for _ in range(rng.randrange(1, 5))))
    cuts = [0] + [c for c in cuts if c < total] + [total]
    limit = 840 if made['port'] == 2 else 1400
    parts = []
    for start, end in zip(cuts, cuts[1:]):
        for at in range(start, end, limit - limit % 8):
            stop = min(end, at + limit - limit % 8)
            parts.append({**made, 'ip': {**made['ip'], 'part': [at, stop], 'mf': int(stop < total)}})
    for _ in range(rng.choice([0, 1, 1, 1, 2])):
        disturb(rng, parts, total)
    return parts


def disturb(rng, parts, total):
    """One thing that goes wrong with fragments on the way, or that somebody does to them."""
    at = rng.randrange(len(parts))
    chosen, fields = parts[at], dict(parts[at]['ip'])
    start, end = fields['part']
    roll = rng.randrange(11)
    if roll < 3:
        rng.shuffle(parts)
    elif roll < 5:
        parts.insert(rng.randrange(len(parts) + 1), chosen)
    elif roll == 5 and len(parts) > 1:
        parts.pop(at)
    elif roll < 8:                                           # overlap or a gap
        moved = max(0, start + rng.choice([-16, -8, 0, 8])), min(total, end + rng.choice([-8, -1, 0, 8, 16]))
        if moved[0] < moved[1]:
            fields['part'] = list(moved)
    elif roll == 8:                                          # some of the same bytes again, inside or across
        again = sorted([rng.randrange(0, total, 8), min(total, rng.randrange(0, total, 8) + 8)])
        if again[0] < again[1]:
            parts.insert(rng.randrange(len(parts) + 1), {**chosen, 'ip': {**fields, 'part': again, 'mf': 1}})
    else:                                                    # one that is not like the others
        key, value = rng.choice([('tos', rng.randrange(256)), ('ttl', rng.choice([1, 2, 255])), ('mf', 1 - fields['mf']), ('df', 1), ('proto', 17),
                                 ('opts', '94040000'), ('opts', '0101010744' if rng.random() < 0.5 else '07070400000000'),
                                 ('off', rng.choice([0, 8, 65000, 65528]))])
        fields[key] = value
    if at < len(parts) and parts[at] is chosen:
        parts[at] = {**chosen, 'ip': fields}


class Fresh:
    """Turns symbols into addresses that no frame has used before; all of one run agree on a symbol."""
    used = 0

    def __init__(self):
        self.known, self.neighbours = {}, []

    def address(self, symbol, group):
        """group: frames of one datagram share their symbols' addresses."""
        if symbol[:1] not in '@%!$':
            return symbol
        key = symbol if symbol[-1].isalpha() else (symbol, group)
        if key not in self.known:
            Fresh.used += 1
            self.known[key] = self.make(symbol, Fresh.used)
        return self.known[key]

    def make(self, symbol, n):
        if symbol == '@':
            return '10.%d.%d.%d' % (64 + (n >> 16) % 32, n >> 8 & 255, n & 255)
        if symbol[0] == '!':
            return '99.%d.%d.%d' % (1 + (n >> 16) % 200, n >> 8 & 255, n & 255)
        if symbol[0] == '$':
            return '11.%d.%d.1' % (n >> 8 & 255, n & 255)
        port = int(symbol[1])
        found = '10.%d.%d.%d' % (100 + port, n // 250 % 255 + 1, n % 250 + 2)
        if symbol[0] == '@':
            self.neighbours.append('neigh add %s lladdr 02:00:00:01:%02x:%02x dev p%d' % (found, n >> 8 & 255, n & 255, port))
        return found

    def line(self, line):
        """A configuration line with the addresses in it."""
        return re.sub(r'\$[a-z]', lambda found: self.address(found[0], None), line)


def build(made, fresh, group):
    """The bytes of a frame description."""
    context = Context('0.0.0.0', made['port'])
    fields = dict(made.get('ip', {}))
    for key in ('src', 'dst', 'spa', 'tpa'):
        if (key in fields and ':' not in fields[key]) or (key == 'src' and made['kind'] != 'arp'):
            fields[key] = fresh.address(fields.get(key, '@'), group)
    if made['kind'] == 'arp':
        return tagged(arp(**fields).build(context), made.get('eth', {}).get('tags', ()))
    if 'opts' in fields:
        fields['opts'] = bytes.fromhex(fields['opts'])
    frame = dict(made.get('eth', {}))
    cut = frame.pop('cut', None)
    if 'tail' in frame:
        frame['tail'] = bytes.fromhex(frame['tail'])
    return eth(ip(payload(made, fields), **fields), **frame).build(context)[:cut]


def tagged(raw, tags):
    return raw[:12] + b''.join(tpid.to_bytes(2, 'big') + tci.to_bytes(2, 'big') for tpid, tci in tags) + raw[12:]


def payload(made, fields):
    """What stands behind the IP header with these fields."""
    body = dict(made.get('body', {}))
    data = pattern(body.pop('size', 8))
    for key in ('rest', 'opts'):
        if key in body:
            body[key] = bytes.fromhex(body[key])
    inner = body.pop('inner', {})
    if made['kind'] == 'raw':
        return data
    if made['kind'] == 'icmp' and body.get('type', 8) in (3, 4, 5, 11, 12):
        about = {'src': fields.get('dst', '10.0.1.2'), 'dst': fields['src'], **inner}
        return icmp(data=ip(icmp(0, data=data[:64]), **about), **body)
    return {'udp': udp, 'icmp': icmp, 'tcp': tcp}[made['kind']](data=data, **body)


def last_fragments(made):
    """Frames that end the wait for the rest of a frame's datagram, if it is a fragment: two last fragments that contradict
    each other and what came before. None of them is a first one, so no timeout is reported of what is left."""
    fields = {k: v for k, v in made.get('ip', {}).items() if k not in ('part', 'mf', 'off', 'len_', 'csum', 'ver', 'ihl')}
    if not {'part', 'mf', 'off'} & set(made.get('ip', {})):
        return []
    kind = {'udp': 17, 'icmp': 1, 'tcp': 6}.get(made['kind'])
    if kind and 'proto' not in fields:
        fields['proto'] = kind
    eth_fields = {k: v for k, v in made.get('eth', {}).items() if k not in ('cut', 'type')}
    return [{'port': made['port'], 'kind': 'raw', 'eth': eth_fields, 'ip': {**fields, 'off': off}, 'body': {'size': 8}} for off in (16, 24)]


def random_round(seed, count):
    """(configuration, items). An item is the frames of one datagram, or [{'line': a configuration line}]."""
    rng = Dice(seed)
    config, items = random_config(rng), []
    for _ in range(count // BATCH):
        port = rng.choice([0, 0, 0, 1, 2])
        items += [random_frames(rng, port) for _ in range(BATCH)]
        if rng.random() < rng.mood['change']:
            items += [[{'line': random_line(rng)}] for _ in range(rng.choice([1, 1, 2]))]
        elif rng.random() < 0.1 and config:
            items.append([{'undo': rng.choice(config)}])
    return config, items
