# SPDX-License-Identifier: BSD-3-Clause
"""What the fuzzer has found and what has been mended since: small cases that are run before anything random. {what was wrong: case}"""
from fuzz_pair import Case


def routes(*said):
    """A case about routes. Text that shows something is a question, other text a line; the rest are frames."""
    shows = ('route get', 'route show', 'rule show', 'nexthop show')
    return Case([], [[{'ask' if one.startswith(shows) else 'line': one} if isinstance(one, str) else one] for one in said], routes=True)


# Says that 600 bytes pass to 40.1.2.3.
TOO_LONG = {'port': 0, 'kind': 'icmp', 'eth': {}, 'ip': {'src': '10.0.0.2', 'dst': '10.0.1.1'},
            'body': {'type': 3, 'code': 4, 'rest': '00000258', 'size': 64, 'inner': {'src': '10.0.1.1', 'dst': '40.1.2.3'}}}
INPUT = ' from 10.97.253.196 iif p0'
FOUND = {
    'route get: from an address that is not ours': routes(
        'addr del 10.101.0.1/16 dev p1', 'route get 43.1.1.1 from 10.101.0.1', 'route get 20.1.1.1 from 224.0.0.1',
        'route get 20.1.1.1 from 255.255.255.255', 'route get 20.1.1.1 from 0.0.0.1', 'route get 20.1.1.1 from 240.1.1.1'),
    'route get: a device that a route refuses to take': routes(*[
        line for kind in ('unreachable', 'blackhole', 'prohibit', 'throw')
        for line in ('route replace %s 40.0.0.0/8' % kind, 'route get 40.1.2.3 oif p0', 'route get 40.1.2.3')]),
    'route get: a device that is down': routes('link set p1 down', 'route replace blackhole 40.0.0.0/8', 'route get 40.1.2.3 oif p1', 'route get 10.0.0.1 oif p1'),
    'route get: a redirect is due to neighbours only': routes(
        'route add 40.0.0.0/8 via 10.0.0.3 dev p0', 'route get 40.1.2.3 from 10.126.15.22 iif p0', 'route get 40.1.2.3 from 10.0.0.2 iif p0',
        'route get 40.1.2.3 from 10.0.0.2 iif p1'),
    'route get: a packet is hashed as such a packet is': routes(
        'set net.ipv4.fib_multipath_hash_seed 4711', *[
            line for policy in (0, 1, 2) for line in ['set net.ipv4.fib_multipath_hash_policy %d' % policy] + [
                'route replace 40.0.0.0/8 nexthop via 10.0.0.2 nexthop via 10.0.1.3 weight 7 nexthop via 10.0.2.3'] + [
                'route get 40.1.2.%d%s%s' % (n, where, ports) for n in range(4) for where in ('', INPUT)
                for ports in ('', ' ipproto udp sport 53 dport 2000', ' ipproto tcp sport 53 dport 2000', ' ipproto icmp')]]),
    'route get: a gateway that is an own address': routes('set net.ipv4.fib_multipath_hash_seed 4711', *[
        line for ways in ('via 10.0.1.1', 'nexthop via 10.0.1.1 nexthop via 10.0.0.1', 'via 10.0.1.1 dev p1 table 100', 'nhid 7')
        for line in ('nexthop add id 7 via 10.0.1.1 dev p1', 'route add 40.0.0.0/8 ' + ways, 'route get 40.1.2.3', 'route get 40.1.2.3 oif p1',
                     'route get 40.1.2.3' + INPUT, {'port': 0, 'kind': 'udp', 'eth': {}, 'ip': {'dst': '40.1.2.3'}, 'body': {}},
                     'route del 40.0.0.0/8')]),
    'route get: what was learned of an object': routes(
        'set net.ipv4.fib_multipath_hash_seed 4711', 'nexthop add id 4 via 10.0.1.5 dev p1', 'route add 40.0.0.0/8 nhid 4', TOO_LONG, 'route get 40.1.2.3', 'route get 40.1.2.3' + INPUT,
        'route get 40.1.2.3 oif p1', 'nexthop add id 11 group 4', 'route replace 40.0.0.0/8 nhid 11', TOO_LONG, 'route get 40.1.2.3',
        'nexthop add id 5 via 10.0.0.2 dev p0', 'nexthop replace id 11 group 4/5', TOO_LONG, *['route get 40.1.2.3%s' % way for way in (
            '', INPUT, ' oif p0', ' oif p1')]),
    'route get: the source is chosen by the gateway': routes(
        'addr add 172.20.1.1/24 dev p1', 'route add 172.20.1.128/25 dev p1', 'route get 172.20.1.130', 'route get 172.20.1.2',
        'route add 40.0.0.0/8 via 172.20.1.9', 'route get 40.1.2.3', 'route get 99.0.0.1 oif p1', 'route get 172.20.1.130 oif p1'),
    'route get: who may not send': routes(
        'route get 40.1.2.3 from 10.0.1.1 iif p0', 'route get 10.0.0.1 from 10.0.1.1 iif p0', 'route get 40.1.2.3 iif p0',
        'route get 20.1.2.3 from 127.0.0.1 iif p0', 'route get 20.1.2.3 from 224.0.0.1 iif p0', 'route get 127.0.0.1 from 10.0.0.2 iif p0',
        'route get 0.0.0.0 from 10.0.0.2 iif p0', 'route get 0.0.0.0 iif p0', 'route get 255.255.255.255 iif p0', 'route get 224.1.1.1 from 10.0.0.2 iif p0',
        'route get 10.0.1.255 from 10.0.0.2 iif p0', 'set net.ipv4.conf.p0.rp_filter 1', 'route get 20.1.2.3 from 99.0.0.1 iif p0',
        'route get 20.1.2.3 from 30.0.0.1 iif p0', 'set net.ipv4.conf.p0.rp_filter 2', 'route get 20.1.2.3 from 30.0.0.1 iif p0',
        'set net.ipv4.conf.p0.forwarding 0', 'route get 20.1.2.3 from 30.0.0.1 iif p0', 'route get 99.1.2.3 from 30.0.0.1 iif p0'),
    'route get: rules see a packet as such a packet is': routes(
        'rule add ipproto udp dport 53 table 100 pref 100', 'rule add to 40.0.0.0/8 ipproto tcp prohibit pref 101', 'route add 40.0.0.0/8 via 10.0.2.2 table 100',
        'route add 40.0.0.0/8 via 10.0.1.2', *['route get 40.1.2.3%s%s' % (where, ports) for where in ('', INPUT) for ports in (
            '', ' dport 53', ' ipproto udp dport 53', ' ipproto tcp dport 53', ' ipproto icmp')]),
    'a rule by the way out: where a gateway is': routes(
        'rule add oif p1 pref 90 unreachable', 'route add 40.0.0.0/8 via 10.0.1.5 dev p1', 'route add 40.0.0.0/8 via 10.0.1.5',
        'route append 30.0.0.0/8 nexthop via 10.0.1.5 nexthop via 10.0.1.3 dev p1', 'nexthop add id 4 via 10.0.1.5 dev p1', 'route show table all'),
    'a route of several next hops: whether it has carrier': routes(
        'route add 40.0.0.0/8 nexthop via 10.0.1.5 dev p1 nexthop via 10.0.1.4 dev p1', 'route add 41.0.0.0/8 nexthop via 10.0.1.5 nexthop via 10.0.2.4',
        'nexthop add id 4 via 10.0.1.5 dev p1', 'nexthop add id 5 via 10.0.1.4 dev p1', 'nexthop add id 11 group 4/5', 'route add 42.0.0.0/8 nhid 11',
        *[line for what in ('carrier p1 off', 'carrier p2 off', 'route add 43.0.0.0/8 nexthop via 10.0.1.5 nexthop via 10.0.2.4', 'link set p1 down',
                            'link set p1 up', 'carrier p1 on', 'carrier p2 on') for line in (what, 'route show table all', 'nexthop show')]),
    'a broadcast route in another table than local': routes(
        'route add broadcast 40.0.0.0/8 table default dev p1', {'port': 1, 'kind': 'udp', 'eth': {}, 'ip': {'src': '40.1.2.3', 'dst': '99.0.0.1'}, 'body': {}}),
    'route get: a device that an object does not lead to': routes(
        'nexthop add id 3 via 10.0.1.5 dev p1', 'route add 40.0.0.0/8 nhid 3', 'route add 40.0.0.0/8 metric 100 via 10.0.2.3', 'route get 40.1.2.3 oif p2',
        'route add default via 10.0.2.4', 'route get 40.1.2.3 oif p2', 'route add 40.1.0.0/16 via 10.0.2.2', 'route get 40.1.2.3 oif p2', 'route get 40.1.2.3 oif p1'),
    'a rule that suppresses: legs that are dead stay dead': routes(
        'route add 40.0.0.0/8 nexthop via 10.0.1.5 dev p1 weight 3 nexthop via 10.0.2.2 dev p2', 'link set p1 down',
        'rule add dport 7 pref 120 table main suppress_prefixlength 8', 'route show table all', *['route get 40.1.2.%d%s' % (n, INPUT) for n in range(6)]),
}
