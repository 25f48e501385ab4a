# SPDX-License-Identifier: BSD-3-Clause
"""The rows of the oracle: what a case is made of, and the groups that collect them.

A group is one base configuration whose cases run one after another on one router (or all at once when `together`, each
seeing only the frames that carry one of its addresses). Configuration lines are valid for `ip` and `flyover` alike.
"""
import re

from frames import own_source

# The router that every group starts from unless it says otherwise, with no limit on ICMP.
BASE = '''
set net.ipv4.ip_forward 1
set net.ipv4.icmp_ratemask 0
link set p2 mtu 900
addr add 10.0.0.1/24 dev p0
addr add 10.0.1.1/24 dev p1
addr add 10.0.2.1/24 dev p2
neigh add 10.0.0.2 lladdr 02:00:00:00:0a:02 dev p0
neigh add 10.0.0.3 lladdr 02:00:00:00:0a:03 dev p0
neigh add 10.0.0.250 lladdr 02:00:00:00:0a:fa dev p0
neigh add 10.0.1.2 lladdr 02:00:00:00:0b:02 dev p1
neigh add 10.0.1.3 lladdr 02:00:00:00:0b:03 dev p1
neigh add 10.0.2.2 lladdr 02:00:00:00:0c:02 dev p2
route add 10.64.0.0/10 via 10.0.0.2 dev p0
route add 10.10.0.0/16 via 10.0.0.2 dev p0
route add 20.0.0.0/8 via 10.0.1.2 dev p1
route add 30.0.0.0/8 via 10.0.2.2 dev p2
'''.strip().splitlines()

# The same with the kernel's limits.
LIMITED = [line for line in BASE if 'icmp_ratemask' not in line]

# What a port or a sysctl falls back to when a case's own setting is undone; also what the Linux router is started with,
# since a namespace inherits some of these from its host. These are the kernel's defaults, so Flyover's too.
CONF_DEFAULTS = dict(rp_filter=0, send_redirects=1, accept_redirects=1, secure_redirects=1, shared_media=1, proxy_arp=0,
                     accept_source_route=1, bc_forwarding=0, arp_ignore=0, arp_announce=0, arp_accept=0, arp_filter=0,
                     accept_local=0, route_localnet=0, drop_unicast_in_l2_multicast=0, log_martians=0, src_valid_mark=0,
                     proxy_arp_pvlan=0, ignore_routes_with_linkdown=0, drop_gratuitous_arp=0, arp_notify=0, arp_evict_nocarrier=1)
ALL_DEFAULTS = dict(CONF_DEFAULTS, accept_source_route=0, accept_redirects=0, forwarding=1)
PLAIN_DEFAULTS = dict(ip_forward=1, ip_default_ttl=64, icmp_ratelimit=1000, icmp_ratemask=6168, icmp_msgs_per_sec=1000,
                      icmp_msgs_burst=50, icmp_echo_ignore_all=0, icmp_echo_ignore_broadcasts=1, ip_no_pmtu_disc=0,
                      icmp_errors_use_inbound_ifaddr=0, icmp_ignore_bogus_error_responses=1, ip_forward_use_pmtu=0,
                      ip_forward_update_priority=1, ipfrag_time=30, ipfrag_max_dist=64,
                      fib_multipath_hash_policy=0, **{'route.min_pmtu': 552}, fib_multipath_hash_seed=0, fib_multipath_use_neigh=0)
NEIGH_DEFAULTS = dict(proxy_delay=80, unres_qlen_bytes=212992, unres_qlen=101, mcast_solicit=3, ucast_solicit=3,
                      retrans_time_ms=1000, delay_first_probe_time=5, base_reachable_time_ms=30000, gc_stale_time=60,
                      locktime=100, app_solicit=0, mcast_resolicit=0, anycast_delay=100, proxy_qlen=64)


def full_name(key):
    """A sysctl may be named by its last word alone."""
    if '.' in key:
        return key
    return ('net.ipv4.conf.all.' if key in CONF_DEFAULTS else 'net.ipv4.') + key


def default_of(key):
    """The kernel's default of a sysctl named as in `set KEY VALUE`."""
    key = full_name(key)
    match = re.fullmatch(r'net\.ipv4\.(conf|neigh)\.(\w+)\.(\w+)', key)
    if match and match[1] == 'neigh':
        return NEIGH_DEFAULTS[match[3]]
    if match:
        return (ALL_DEFAULTS if match[2] in ('all', 'default') else CONF_DEFAULTS | {'forwarding': 1})[match[3]]
    return PLAIN_DEFAULTS[key.removeprefix('net.ipv4.')]


def undo_of(line):
    """The line that takes a configuration line back."""
    words = line.split()
    if words[0] == 'set':
        return 'set %s %s' % (words[1], default_of(words[1]))
    if words[:2] == ['link', 'set'] and words[3] == 'promisc':
        return 'link set %s promisc off' % words[2]
    if words[:2] == ['link', 'set'] and words[3] == 'mtu':
        return 'link set %s mtu %d' % (words[2], 900 if words[2] == 'p2' else 1500)
    if words[:2] == ['rule', 'del']:
        return ' '.join(['rule', 'add'] + words[2:])
    if words[:2] == ['route', 'flush']:
        return line  # what is forgotten does not come back
    if words[0] == 'carrier':
        return 'carrier %s on' % words[1]
    if words[0] == 'nexthop':
        return 'nexthop del id %s' % words[words.index('id') + 1]
    if words[1] in ('add', 'append', 'prepend', 'replace', 'change'):
        short = words if words[0] != 'neigh' else ['neigh', 'add', words[2], 'dev', words[words.index('dev') + 1]]
        return ' '.join([short[0], 'del'] + short[2:])
    raise ValueError('no way to undo: ' + line)


class Step:
    """frames sent at once on a port, or a configuration change, or time passing; then what comes out is collected."""

    def __init__(self, port=None, frames=(), gap=0.0, wait=0.0, config=(), ignore=False):
        self.port, self.frames, self.gap, self.wait, self.config = port, list(frames), gap, wait, list(config)
        self.ignore = ignore


def send(port, *frames, gap=0.0, wait=0.0, ignore=False):
    """Send frames (lists are flattened) back to back, or with a gap in seconds; wait: collect for at least so long;
    ignore: what comes out is not looked at."""
    flat = []
    for one in frames:
        flat += one if isinstance(one, list) else [one]
    return Step(port, flat, gap, wait, ignore=ignore)


def wait(seconds):
    return Step(wait=seconds)


def config(*lines):
    """Configuration that changes in the middle of a case; it is undone like the rest."""
    return Step(config=lines)


class Case:
    def __init__(self, name, ref, steps, config=(), cleanup=(), mine=(), timed=0.0, loose=0.0, differs=None, keep=False,
                 shares=None):
        self.name, self.ref, self.steps = name, ref, steps
        self.config, self.cleanup = list(config), list(cleanup)
        self.mine = [own_source(name)] + list(mine)   # addresses by which frames are told apart in a `together` group
        self.timed, self.loose, self.differs, self.keep = timed, loose, differs, keep
        self.shares = shares
        self.source = own_source(name)

    def takes_time(self):
        """Whether the answer depends on when things happen, which on a busy machine may be too late."""
        return bool(self.timed or self.loose or any(step.wait or step.gap for step in self.steps))


class Group:
    """Cases over one base configuration."""
    known = []

    def __init__(self, name, base=BASE, together=False, linux_only=False):
        self.name, self.base, self.together = name, list(base), together
        self.cases = []
        Group.known.append(self)

    def case(self, name, ref, *steps, **fields):
        """ref: section and row of the behaviour in words. See Case for the fields:
        config: lines before the steps, undone after them; cleanup: lines tried after that (failures are ignored);
        mine: further addresses of the case; timed: frames' times are compared too, to so many seconds;
        shares: only how many frames have each destination MAC is looked at, by a chi-square test against these weights;
        loose: only kinds of frames and their number are compared, to this relative tolerance;
        differs: the id in docs/differences.md by which Flyover's answer may differ."""
        self.cases.append(Case(name, ref, list(steps), **fields))
