# SPDX-License-Identifier: BSD-3-Clause
"""Random configurations: lines that `ip` and `flyover` both read, valid and not quite.

A word like $a is an address that no round has used before (fuzz_make.Fresh).
"""
from case import BASE

PORTS = ['p0', 'p1', 'p2']
# No limit that depends on time, no timer that goes off within a round, and subnets large enough for a fresh on-link host
# per frame. The .250 are for Router.drain.
FUZZ_BASE = BASE + [
    'addr add 10.%d.0.1/16 dev p%d' % (100 + i, i) for i in range(3)] + [
    'neigh add 10.0.%d.250 lladdr 02:00:00:00:0%s:fa dev p%d' % (i, 'abc'[i], i) for i in (1, 2)] + [
    'set net.ipv4.neigh.p%d.%s' % (i, setting) for i in range(3) for setting in (
        'proxy_delay 0', 'retrans_time_ms 100000000', 'base_reachable_time_ms 100000000', 'delay_first_probe_time 100000',
        'gc_stale_time 100000', 'locktime 10000000')]

OWN = ['10.0.0.1', '10.0.1.1', '10.0.2.1', '10.100.0.1', '10.101.0.1']
GATEWAYS = [('10.0.0.3', 'p0'), ('10.0.1.2', 'p1'), ('10.0.1.3', 'p1'), ('10.0.2.2', 'p2')]
ABSENT = [('10.0.%d.77' % i, 'p%d' % i) for i in range(3)]     # nobody has told their MAC; frames may
PREFIXES = ['40.0.0.0/8', '41.0.0.0/8', '42.0.0.0/7', '40.128.0.0/9', '40.1.0.0/16', '41.1.2.0/24', '41.1.2.128/25', '42.1.2.3/32',
            '43.0.0.0/8', '0.0.0.0/0']
SUBNETS = ['172.20.0.1/%d' % n for n in (16, 24, 29, 30, 31, 32)] + ['10.0.1.9/24', '10.0.2.129/30', '41.1.2.1/24', '10.101.7.7/24', '$a/32',
                                                                     '$b/32', '$a/24']
MTUS = [68, 300, 552, 576, 900, 901, 1000, 1280, 1499, 1500]

SETTINGS = [('conf.%s.rp_filter', (1, 2)), ('conf.%s.send_redirects', (0,)), ('conf.%s.accept_source_route', (0, 1)),
            ('conf.%s.proxy_arp', (1,)), ('conf.%s.proxy_arp_pvlan', (1,)), ('conf.%s.arp_ignore', (1, 2, 3, 4, 8)),
            ('conf.%s.bc_forwarding', (1,)), ('conf.%s.accept_local', (1,)), ('conf.%s.route_localnet', (1,)),
            ('conf.%s.drop_unicast_in_l2_multicast', (1,)), ('conf.%s.shared_media', (0,)), ('conf.%s.arp_accept', (1, 2)),
            ('conf.%s.arp_announce', (1, 2)), ('conf.%s.forwarding', (0, 1)), ('icmp_errors_use_inbound_ifaddr', (1,)),
            ('ip_default_ttl', (1, 77, 255)), ('icmp_echo_ignore_broadcasts', (0,)), ('icmp_echo_ignore_all', (1,)),
            ('ip_forward_use_pmtu', (1,)), ('ip_forward', (0,)), ('ipfrag_max_dist', (0, 1, 3)), ('neigh.%s.mcast_solicit', (0, 1)),
            ('neigh.%s.ucast_solicit', (0, 1)),
            ('conf.%s.arp_filter', (1,)), ('conf.%s.drop_gratuitous_arp', (1,)), ('neigh.%s.unres_qlen_bytes', (0,))]


def random_route(rng):
    prefix = rng.choice(PREFIXES)
    # Of several default routes Linux takes one whose gateway answers (docs/differences.md, default-routes-alike).
    verb = rng.choice(['add'] * 8 + (['append', 'prepend'] if prefix != '0.0.0.0/0' else []) + ['replace'])
    roll = rng.random()
    if roll < 0.2:
        line = 'route %s %s %s' % (verb, rng.choice(['unreachable', 'prohibit', 'blackhole', 'throw']), prefix)
    elif roll < 0.23:
        line = 'route %s broadcast %s dev %s' % (verb, prefix, rng.choice(PORTS))
    elif roll < 0.25:
        line = 'route %s local %s dev %s' % (verb, rng.choice(PREFIXES[5:8] + ['172.20.0.0/29', '10.0.1.77/32', '11.0.0.0/8']), rng.choice(PORTS))
    elif roll < 0.33:
        line = 'route %s %s dev %s' % (verb, prefix, rng.choice(PORTS))
    elif roll < 0.38:
        line = 'route %s %s via 172.31.9.9 dev %s%s' % (verb, prefix, rng.choice(PORTS), rng.choice([' onlink', ' onlink', '']))
    else:
        line = 'route %s %s via %s dev %s' % ((verb, prefix) + rng.choice(GATEWAYS * 3 + ABSENT + [('10.0.1.2', 'p2')]))
    if ' dev ' in line:
        if rng.random() < 0.3:
            line += ' mtu %s%d' % (rng.choice(['', '', 'lock ']), rng.choice(MTUS))
        if rng.random() < 0.2:
            line += ' src ' + rng.choice(OWN + ['172.20.0.1', '9.9.9.9'])
    if rng.random() < 0.08:
        line += ' table ' + rng.choice(['default', 'local', '100', 'main'])
    if rng.random() < 0.3:
        line += ' metric %d' % rng.choice([1, 10, 100])
    return line


def random_setting(rng):
    key, values = rng.choice(SETTINGS)
    where = rng.choice(PORTS if key.startswith('neigh') else ['all'] + PORTS)
    if key == 'ip_forward' and rng.random() < 0.8:
        return random_setting(rng)
    return 'set net.ipv4.%s %d' % (key % where if '%s' in key else key, rng.choice(values))


def random_link(rng):
    port = rng.choice(PORTS)
    if rng.random() < 0.15:
        return 'link set %s promisc on' % port
    return 'link set %s mtu %d' % (port, rng.choice([68, 296, 576, 700, 901, 1000, 1300, 1500]))


def random_address(rng):
    line = 'addr add %s' % rng.choice(SUBNETS)
    if rng.random() < 0.15:
        line = 'addr add %s peer %s' % (rng.choice(['172.20.0.1', '10.0.1.1', '$a']), rng.choice(['172.20.9.9', '172.20.9.0/24', '41.1.2.3']))
    if rng.random() < 0.3:
        line += ' broadcast ' + rng.choice(['+', '-', '172.20.0.77', '41.1.2.3'])
    if rng.random() < 0.15:
        line += ' scope ' + rng.choice(['link', 'host'])
    return line + ' dev ' + rng.choice(PORTS)


def random_neighbour(rng):
    host, port = rng.choice(GATEWAYS + ABSENT * 3 + [('172.31.9.9', 'p1'), ('172.20.0.2', 'p1'), ('41.1.2.3', 'p1'), ('10.0.1.1', 'p1'),
                                                     ('10.0.0.255', 'p0')])
    mac = rng.choice(['02:00:00:00:77:01'] * 4 + ['ff:ff:ff:ff:ff:ff', '01:00:5e:00:00:01', '00:00:00:00:00:00', '02:00:00:00:01:01'])
    # The kernel may have an entry of its own for a broadcast address.
    verb = rng.choice(['add', 'add', 'replace', 'change'] if (host, port) not in GATEWAYS else ['add']) if host != '10.0.0.255' else 'replace'
    return 'neigh %s %s lladdr %s dev %s%s' % (verb, host, mac, port, rng.choice(['', '', ' nud reachable', ' nud permanent']))


def random_line(rng):
    make = rng.choices([random_route, random_setting, random_link, random_address, random_neighbour], (8, 4, 1, 2, 2))[0]
    return make(rng)


def random_config(rng):
    """Lines on top of FUZZ_BASE, of which some will be refused: both routers have to agree in that, too."""
    lines = [random_route(rng) for _ in range(rng.randrange(0, 8))]
    lines += [random_setting(rng) for _ in range(rng.choice([0, 0, 1, 1, 2, 3, 8]))]
    if rng.random() < 0.15:
        lines.append('set net.ipv4.conf.all.accept_source_route 1')
    for make, chance in ((random_link, 0.3), (random_address, 0.4), (random_neighbour, 0.4)):
        while rng.random() < chance:
            lines.append(make(rng))
    rng.shuffle(lines)
    return lines
