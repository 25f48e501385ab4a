# SPDX-License-Identifier: BSD-3-Clause
"""Random rounds about routes: policy rules, tables, kinds of routes, next-hop objects and groups, and what happens to links and
addresses meanwhile. Beside frames there are questions ({'ask': a command that shows something}) whose answers are compared.

p0 stays as it is, for the sentinels of Router.drain; p1 and p2 lose addresses, carrier and whatever else there is to lose.
"""
import random

from fuzz_config import OWN

BATCH = 12
SEED = 'set net.ipv4.fib_multipath_hash_seed %d'
# In force before every other rule, where there are any.
KEEP = ['rule add to 10.0.%d.250 table main pref 1' % i for i in range(3)]
NEIGHBOURS = {'p0': ['10.0.0.2', '10.0.0.3'], 'p1': ['10.0.1.2', '10.0.1.3', '10.0.1.4', '10.0.1.5'], 'p2': ['10.0.2.2', '10.0.2.3', '10.0.2.4']}
MAC = {'10.0.%d.%d' % (i, n): '02:00:00:00:0%s:%02x' % ('abc'[i], n) for i in range(3) for n in range(2, 6)}
MORE = ['neigh replace %s lladdr %s dev %s' % (one, MAC[one], port) for port, found in NEIGHBOURS.items() for one in found]
SHOWS = ['route show table all', 'rule show', 'nexthop show']

TABLES = ['main'] * 6 + ['100'] * 3 + ['101'] * 2 + ['200', 'default']
PREFIXES = ['40.0.0.0/8'] * 3 + ['40.1.0.0/16'] * 2 + ['40.1.2.0/24', '40.1.2.128/25', '40.1.2.3/32', '41.0.0.0/8', '42.0.0.0/7', 'default', 'default',
                                 '20.0.0.0/8', '30.0.0.0/8', '10.0.1.128/25', '10.64.0.0/11']
HOSTS = ['40.1.2.3', '40.1.2.129', '40.1.2.4', '40.1.9.9', '40.9.9.9', '41.1.1.1', '42.1.1.1', '43.1.1.1', '20.1.1.1', '30.1.1.1', '99.1.1.1',
         '10.0.1.130', '10.0.1.2', '10.0.2.2']
TOS = [0x04, 0x08, 0x10, 0x10, 0x1c]
ODD_TOS = TOS + [0, 1, 2, 3, 0x12, 0x20, 0x28, 0x30, 0xb8, 0xe0, 0xff]
PROTOCOLS = ['udp', 'tcp', 'icmp']
SPORTS, DPORTS = [1000, 1001, 53], [2000, 2001, 53]
METRICS = [1, 10, 100]
IDS, GROUPS = [1, 2, 3, 4, 5], [11, 12, 13]


class Maker:
    """The lines of one round; it remembers what it has said, to change it later."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.routes, self.rules, self.ids, self.groups = [], [], [], []
        choose = self.rng.random
        self.with_rules, self.with_objects, self.with_events = choose() < 0.6, choose() < 0.6, choose() < 0.5
        self.wild = choose() < 0.3                          # things that are refused, mostly
        self.teacher = random.Random(-seed)
        self.with_lessons = self.teacher.random() < 0.3

    def some(self, chance):
        return self.rng.random() < chance

    def pick(self, things):
        return self.rng.choice(things)

    # Routes

    def hop(self):
        port = self.pick(['p0', 'p1', 'p1', 'p2', 'p2'])
        if self.some(0.05):
            return ['via', '172.31.9.9', 'dev', port] + (['onlink'] if self.some(0.8) else [])
        if self.wild and self.some(0.1):
            return ['via', self.pick(HOSTS + OWN[:3])] + (['dev', port] if self.some(0.5) else [])
        return ['via', self.pick(NEIGHBOURS[port])] + (['dev', port] if self.some(0.7) else [])

    def leg(self):
        return ['nexthop'] + self.hop() + (['weight', str(self.pick([1, 2, 3, 7, 100, 256]))] if self.some(0.5) else [])

    def route_key(self, prefix=None):
        words = [prefix or self.pick(PREFIXES)]
        table = self.pick(TABLES)
        if table != 'main' or self.some(0.05):
            words += ['table', table]
        if self.some(0.25):
            words += ['tos', '%#x' % self.pick(ODD_TOS if self.wild else TOS)]
        if self.some(0.35):
            words += ['metric', str(self.pick(METRICS))]
        return words

    def route_way(self):
        """(type or nothing, words behind the key)"""
        roll = self.rng.random()
        if roll < 0.16:
            return [self.pick(['unreachable', 'prohibit', 'blackhole', 'throw', 'throw'])], []
        if roll < 0.20:
            return [], ['dev', self.pick(['p0', 'p1', 'p2'])]
        if roll < 0.22:
            return [self.pick(['local', 'broadcast'])] if self.wild else [], ['dev', self.pick(['p1', 'p2'])]
        more = ['mtu', str(self.pick([600, 800, 1000]))] if self.some(0.1) else []
        more += ['src', self.pick(OWN + ['9.9.9.9'] * self.wild)] if self.some(0.15) else []
        # By name: an `ip -batch` that has read a number takes the name that it has looked up before for that number.
        more += ['proto', self.pick(['static', 'bgp', 'isis'])] if self.some(0.1) else []
        more += ['scope', self.pick(['link', 'host', 'global'])] if self.some(0.03) else []
        if self.with_objects and roll < 0.55:
            return [], more + ['nhid', str(self.pick((self.ids + self.groups) or IDS) if self.some(0.9) else self.pick(IDS + GROUPS))]
        if roll < 0.75:
            return [], more + [word for _ in range(self.pick([1, 2, 2, 2, 3, 4])) for word in self.leg()]
        return [], more + self.hop()

    def new_route(self):
        verb = self.pick(['add'] * 6 + ['append', 'append', 'prepend', 'replace', 'replace', 'change'])
        known = verb in ('append', 'prepend', 'replace', 'change') and self.routes and self.some(0.7)
        key = self.pick(self.routes)[1] if known else self.route_key()
        if verb in ('append', 'prepend') and key[0] == 'default':       # docs/differences.md, default-routes-alike
            verb = 'replace'
        kind, way = self.route_way()
        self.routes.append((kind, key, way))
        return ' '.join(['route', verb] + kind + key + way)

    def old_route(self):
        kind, key, way = self.pick(self.routes)
        words = key[:1]
        for at in range(1, len(key), 2):                    # without its metric or type of service it may be another one
            words += key[at:at + 2] if self.some(0.85) else []
        return ' '.join(['route', 'del'] + (kind if self.some(0.7) else []) + words + (way if self.some(0.5) else []))

    def route(self):
        return self.old_route() if self.routes and self.some(0.25) else self.new_route()

    # Rules

    def selectors(self):
        rng, words = self.rng, []
        forms = [lambda: ['from', self.pick(['10.64.0.0/10', '10.64.0.0/9', '10.0.0.0/8', '40.0.0.0/8', '10.0.0.1', '0.0.0.0/0', '10.0.1.0/24'])],
                 lambda: ['to', self.pick([p for p in PREFIXES if p != 'default'] + ['10.64.0.0/10', '10.0.0.0/16'])],
                 lambda: ['iif', self.pick(['p0', 'p0', 'p0', 'p1', 'p2', 'lo', 'nowhere9'])],
                 lambda: ['oif', self.pick(['p1', 'p2'])],
                 lambda: ['fwmark', self.pick(['1', '2/3', '0/0xff', '0x10/0x10', '0'])],
                 lambda: ['tos', '%#x' % self.pick(ODD_TOS if self.wild else TOS)],
                 lambda: ['ipproto', self.pick(PROTOCOLS + ['47'])],
                 lambda: ['sport', self.pick(['1000', '1000-1001', '1-53'])],
                 lambda: ['dport', self.pick(['2000', '2000-2001', '53-2000', '1-65534'])]]
        for form in rng.sample(forms, self.pick([0, 1, 1, 1, 2, 2, 3])):
            words += form()
        return (['not'] if self.some(0.12) else []) + words

    def action(self):
        roll = self.rng.random()
        if roll < 0.15:
            return [self.pick(['unreachable', 'prohibit', 'blackhole'])]
        if roll < 0.25:
            return ['goto', str(self.pick([100, 110, 120, 130, 140, 32766, 999]))]
        if roll < 0.28:
            return ['nop']
        suppress = ['suppress_prefixlength', str(self.pick([0, 0, 7, 8, 16, 24, 31]))] if self.some(0.25) else []
        return ['table', self.pick(TABLES[6:] + ['main', '555'])] + suppress

    def new_rule(self):
        pref = ['pref', str(self.pick([90, 100, 110, 110, 120, 130, 140, 32766, 32767, 40000]))] if self.some(0.95) else []
        rule = self.selectors(), pref, self.action()
        self.rules.append(rule)
        return ' '.join(['rule', 'add'] + rule[0] + rule[1] + rule[2])

    def rule(self):
        if not self.rules or self.some(0.65):
            return self.new_rule()
        selectors, pref, action = self.pick(self.rules)
        kept = [part for part in (selectors, pref, action) if self.some(0.8)] or [selectors, pref, action]
        return ' '.join(['rule', 'del'] + [word for part in kept for word in part]) if any(kept) else self.new_rule()

    # Next hops

    def single(self):
        roll = self.rng.random()
        if roll < 0.06:
            return ['blackhole']
        if roll < 0.12:
            return ['dev', self.pick(['p1', 'p2'])]
        hop = self.hop()
        port = 'p' + hop[1].split('.')[2] if hop[1].startswith('10.0.') else 'p1'
        return hop if 'dev' in hop else hop + ['dev', port]

    def group(self):
        ids = self.ids or IDS
        members = [self.pick(ids) for _ in range(self.pick([1, 2, 2, 3]))]
        if not self.wild:
            members = list(dict.fromkeys(members))
        words = ['group', '/'.join('%d' % one if self.some(0.5) else '%d,%d' % (one, self.pick([1, 2, 3, 100])) for one in members)]
        return words + (['type', 'resilient', 'buckets', str(self.pick([4, 8, 16]))] if self.some(0.12) else [])

    def object(self):
        grouped = len(set(self.ids)) > 1 and self.some(0.4)
        known, numbers, make = (self.groups, GROUPS, self.group) if grouped else (self.ids, IDS, self.single)
        roll = self.rng.random()
        if known and roll < 0.2:
            return 'nexthop del id %d' % self.pick(known)
        if known and roll < 0.6:
            return ' '.join(['nexthop', 'replace', 'id', str(self.pick(known))] + make())
        new = [one for one in numbers if one not in known] or numbers
        number = self.pick(numbers if self.wild else new)
        line = ' '.join(['nexthop', 'replace' if self.some(0.3) else 'add', 'id', str(number)] + make())
        known.append(number)
        return line

    # What happens to links and addresses

    def event(self):
        """Lines that go together."""
        port, roll = self.pick(['p1', 'p2']), self.rng.random()
        number = int(port[1])
        if roll < 0.25:
            return ['link set %s down' % port]
        if roll < 0.5:
            return ['link set %s up' % port] + self.neighbours_of(port)
        if roll < 0.6:
            return ['link set %s mtu %d' % (port, self.pick([600, 800, 1000, 1500]))]
        if roll < 0.66:
            return ['carrier %s %s' % (port, self.pick(['off', 'on']))]
        address = self.pick(['10.0.%d.1/24' % number] * 2 + ['10.10%d.0.1/16' % number, '10.0.%d.9/24' % number, '172.20.%d.1/24' % number])
        return ['addr %s %s dev %s' % ('del' if roll < 0.83 else 'add', address, port)] + (self.neighbours_of(port) if roll >= 0.83 else [])

    def neighbours_of(self, port):
        return [line for line in MORE if line.endswith(port)] if self.some(0.9) else []

    def setting(self):
        return 'set net.ipv4.' + self.pick(['fib_multipath_hash_policy %d' % self.pick([0, 1, 1, 2]), 'fib_multipath_use_neigh %d' % self.pick([0, 1]),
                                            'conf.%s.ignore_routes_with_linkdown %d' % (self.pick(['all', 'p1', 'p2']), self.pick([0, 1, 1])),
                                            'conf.%s.rp_filter %d' % (self.pick(['all', 'p0', 'p1']), self.pick([0, 1, 2])),
                                            SEED.split('net.ipv4.')[1] % self.rng.randrange(1, 1 << 32)])

    def change(self):
        """Lines that change something."""
        kinds = [('route', 5), ('rule', 3 * self.with_rules), ('object', 4 * self.with_objects), ('event', 3 * self.with_events), ('setting', 0.5)]
        made = getattr(self, self.rng.choices([kind for kind, _ in kinds], [weight for _, weight in kinds])[0])()
        return made if isinstance(made, list) else [made]

    # Questions and frames

    def host(self):
        prefix = self.pick(['40.1.2.%d', '40.1.%d.9', '40.%d.9.9', '41.%d.1.1', '43.%d.1.1', '99.1.%d.1'])
        return self.pick(HOSTS) if self.some(0.5) else prefix % self.rng.randrange(256)

    def question(self):
        words = ['route', 'get', self.host() if self.some(0.9) else self.pick(OWN)]
        if self.some(0.5):
            words += ['from', '10.%d.%d.%d' % (self.rng.randrange(64, 128), self.rng.randrange(256), self.rng.randrange(256)), 'iif', 'p0']
        elif self.some(0.3):
            words += ['from', self.pick(OWN)]
        elif self.some(0.2):
            words += ['oif', self.pick(['p0', 'p1', 'p2'])]
        words += ['tos', '%#x' % self.pick(ODD_TOS if self.wild else TOS)] if self.some(0.25) else []
        words += ['mark', self.pick(['1', '2', '16', '0'])] if self.some(0.25) else []
        if self.some(0.3):
            proto = self.pick(PROTOCOLS)
            words += ['ipproto', proto] + (['sport', str(self.pick(SPORTS)), 'dport', str(self.pick(DPORTS))] if proto != 'icmp' else [])
        return ' '.join(words)

    def questions(self):
        return [[{'ask': line}] for line in SHOWS + [self.question() for _ in range(6)]]

    def frame(self, port):
        kind = self.pick(['udp', 'udp', 'tcp', 'icmp', 'icmp', 'raw'])
        fields = {'src': '@' if port == 0 else self.pick(['%d0.%d.%d.7' % (port + 1, self.rng.randrange(256), self.rng.randrange(256)), '@', self.host()]),
                  'dst': self.host() if self.some(0.85) else self.pick(OWN)}
        if self.some(0.3):
            fields['tos'] = self.pick(ODD_TOS)
        if self.some(0.05):
            fields['ttl'] = self.pick([1, 2])
        body = {}
        if self.some(0.1):
            body['size'], fields['df'] = self.pick([560, 700, 820]), self.pick([0, 1])
        if kind in ('udp', 'tcp'):
            body.update(sport=self.pick(SPORTS), dport=self.pick(DPORTS))
        elif kind == 'raw':
            fields['proto'] = self.pick([47, 50, 132, 253])
        if kind != 'icmp' and self.some(0.05):
            fields['mf'] = 1
        return [{'port': port, 'kind': kind, 'eth': {}, 'ip': fields, 'body': body}]


    # What ICMP errors say about single destinations

    def lesson(self):
        """An error about a packet of the router's own, and what the router makes of it."""
        pick, port = self.teacher.choice, self.teacher.choice([0, 0, 1, 2])
        own, host = pick(OWN[:3]), pick(HOSTS[:8])
        name = 'p%d' % port
        source = pick(NEIGHBOURS[name]) if port or self.teacher.random() < 0.8 else '@'
        if self.teacher.random() < 0.5:
            body = {'type': 3, 'code': 4, 'rest': '0000%04x' % pick([68, 500, 552, 600, 700, 900, 1400, 9000])}
        else:
            body = {'type': 5, 'code': pick([0, 1, 1, 1]), 'rest': ''.join('%02x' % int(n) for n in pick(NEIGHBOURS[name]).split('.'))}
        body.update(size=64, inner={'src': own, 'dst': host})
        error = {'port': port, 'kind': 'icmp', 'eth': {}, 'ip': {'src': source, 'dst': own}, 'body': body}
        asks = {'port': port, 'kind': 'icmp', 'eth': {}, 'ip': {'src': host, 'dst': own}, 'body': {'size': pick([8, 560, 720])}}
        passes = {'port': 0, 'kind': 'udp', 'eth': {}, 'ip': {'dst': host}, 'body': {'size': pick([8, 560, 720])}}
        # A question between two frames parts them: in one burst the router's own reply goes behind what is forwarded.
        return [[error], [{'ask': 'route get ' + host}], [asks], [{'ask': 'route get %s from 10.97.1.1 iif p0' % host}], [passes]]


def random_routes_round(seed, count):
    """(configuration, items), as random_round's."""
    make = Maker(seed)
    config = [SEED % make.rng.randrange(1, 1 << 32)] + (KEEP if make.with_rules else []) + MORE
    items = []
    if make.with_lessons:
        config.append('set net.ipv4.conf.all.accept_redirects 1')
    for _ in range(make.pick([2, 5, 8])):
        config += [line for line in make.change() if 'carrier' not in line]
    items += make.questions()
    for _ in range(count // BATCH):
        port = make.pick([0, 0, 0, 0, 1, 2])
        items += [make.frame(port) for _ in range(BATCH)]
        for _ in range(make.pick([1, 1, 2, 4])):
            items += [[{'line': line}] for line in make.change()]
        items += make.questions()
        if make.with_lessons:
            items += make.lesson()
    return config, items
