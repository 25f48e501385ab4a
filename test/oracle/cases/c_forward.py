# SPDX-License-Identifier: BSD-3-Clause
"""ip_forward and ip_output: TTL, DF against the MTU, fragments, redirects (LINUX 6 and 3)."""
from case import Group, config, send
from frames import eth, icmp, ip, pattern, pieces, tcp, udp

ORDER = '6 ip_forward order'
MTU = '5 MTU/DF'
FRAGMENT = '6 ip_fragment'
REDIRECT = '3 redirects'

G = Group('forward')


def row(name, ref, *frames, port=0, **fields):
    G.case(name, ref, send(port, *frames), **fields)


for ttl in (0, 1, 2, 3, 64, 128, 255):
    row('ttl %d' % ttl, ORDER, ip(udp(), ttl=ttl))
    row('ttl %d to us' % ttl, ORDER, ip(icmp(), ttl=ttl, dst='10.0.0.1'))
row('ttl 1 comes before no route', ORDER, ip(udp(), ttl=1, dst='99.0.0.1'))
row('ttl 1 comes before too long', ORDER, ip(udp(pattern(1000)), ttl=1, df=1, dst='30.0.0.1'))
row('ttl 1 comes before the redirect', ORDER, ip(udp(), ttl=1, src='10.0.0.2', dst='10.0.0.3'))
row('ttl 1 in a later fragment', ORDER, ip(pattern(40), ttl=1, off=800))
row('ttl 1 in a first fragment', ORDER, ip(udp(pattern(40)), ttl=1, mf=1))
row('ttl 1 in a TCP segment', ORDER, ip(tcp('A', data=pattern(600)), ttl=1))
row('ttl 1 in a long datagram', ORDER, ip(udp(pattern(1400)), ttl=1))
row('ttl 1 towards an unreachable route', ORDER, ip(udp(), ttl=1, dst='40.0.0.1'), config=['route add unreachable 40.0.0.0/8'])
row('ttl 1 towards a blackhole', ORDER, ip(udp(), ttl=1, dst='40.0.0.1'), config=['route add blackhole 40.0.0.0/8'])
row('ttl 1 to an unresolved neighbour', ORDER, ip(udp(), ttl=1, dst='10.0.1.77'))
row('ttl 2 too long with DF quotes ttl 2', ORDER, ip(udp(pattern(1000)), ttl=2, df=1, dst='30.0.0.1'))
row('default ttl of our own packets', '5 ICMP error format', ip(udp(), ttl=1), ip(icmp(), dst='10.0.0.1'),
    config=['set net.ipv4.ip_default_ttl 77'])

for size in (871, 872, 873, 1000, 1472):
    row('DF, %d bytes of UDP to mtu 900' % size, MTU, ip(udp(pattern(size)), df=1, dst='30.0.0.1'))
    row('no DF, %d bytes of UDP to mtu 900' % size, FRAGMENT, ip(udp(pattern(size)), dst='30.0.0.1'))
row('DF, too long for the next hop on link', MTU, ip(udp(pattern(1000)), df=1, dst='10.0.2.2'))
row('DF in a TCP segment', MTU, ip(tcp('A', data=pattern(1000)), df=1, dst='30.0.0.1'))
row('DF in a first fragment', MTU, ip(udp(pattern(992)), df=1, mf=1, dst='30.0.0.1'))
row('DF in a later fragment', MTU, ip(pattern(1000), df=1, off=1000, dst='30.0.0.1'))
row('DF in an ICMP error is not answered', MTU, ip(icmp(3, 1, bytes(4), pattern(1000)), df=1, dst='30.0.0.1'))
row('DF in a long echo', MTU, ip(icmp(data=pattern(1000)), df=1, dst='30.0.0.1'))
row('type of service of frag needed', MTU, ip(udp(pattern(1000)), df=1, dst='30.0.0.1', tos=0x28))
for mtu in (68, 552, 576, 1000, 1200, 1499):
    with_mtu = dict(config=['route add 40.0.0.0/8 via 10.0.1.2 dev p1 mtu %d' % mtu])
    row('DF, route with mtu %d' % mtu, MTU, ip(udp(pattern(1472)), df=1, dst='40.0.0.1'), **with_mtu)
    row('no DF, route with mtu %d' % mtu, FRAGMENT, ip(udp(pattern(1472)), dst='40.0.0.1'), **with_mtu)
row('route with mtu above the port', MTU, ip(udp(pattern(1000)), df=1, dst='40.0.0.1'),
    config=['route add 40.0.0.0/8 via 10.0.2.2 dev p2 mtu 1400'])
row('route with mtu above the port, no DF', FRAGMENT, ip(udp(pattern(1000)), dst='40.0.0.1'),
    config=['route add 40.0.0.0/8 via 10.0.2.2 dev p2 mtu 1400'])
row('route with locked mtu', MTU, ip(udp(pattern(1000)), df=1, dst='40.0.0.1'), ip(udp(pattern(1000)), dst='40.0.0.1'),
    config=['route add 40.0.0.0/8 via 10.0.1.2 dev p1 mtu lock 800'])
G.case('port mtu lowered, then raised', MTU, send(0, ip(udp(pattern(1300)), df=1)), config('link set p1 mtu 1280'),
       send(0, ip(udp(pattern(1300)), df=1), ip(udp(pattern(1300)))), config('link set p1 mtu 1500'),
       send(0, ip(udp(pattern(1300)), df=1)))

row('two fragments to mtu 900', FRAGMENT, ip(udp(pattern(972)), dst='30.0.0.1'))
row('to mtu 1200', FRAGMENT, ip(udp(pattern(1372)), dst='40.0.0.1'), config=['route add 40.0.0.0/8 via 10.0.1.2 dev p1 mtu 1200'])
row('middle fragment is fragmented again', FRAGMENT, ip(pattern(980), off=1000, mf=1, dst='30.0.0.1'))
row('last fragment is fragmented again', FRAGMENT, ip(pattern(985), off=1000, dst='30.0.0.1'))
row('first fragment is fragmented again', FRAGMENT, ip(udp(pattern(992)), mf=1, dst='30.0.0.1'))
row('fragment at the last offset', FRAGMENT, ip(pattern(1000), off=65528 - 1000, dst='30.0.0.1'))
row('fragment that ends beyond 64 KiB', FRAGMENT, ip(pattern(1000), off=65000, dst='30.0.0.1'))
row('more-fragments with a length not divisible by eight', FRAGMENT, ip(pattern(985), mf=1, dst='30.0.0.1'))
row('short more-fragments with a length not divisible by eight', FRAGMENT, ip(pattern(13), mf=1, dst='30.0.0.1'))
row('empty fragment', FRAGMENT, ip(b'', mf=1, off=800, dst='30.0.0.1'))
row('fragments that fit pass unchanged', FRAGMENT, pieces(udp(pattern(2000)), [0, 800, 1600, 2008], dst='30.0.0.1'))
row('type of service and reserved flag in fragments', FRAGMENT, ip(udp(pattern(1000)), tos=0xb9, evil=1, dst='30.0.0.1'))
row('TCP segment in fragments', FRAGMENT, ip(tcp('A', data=pattern(1200)), dst='30.0.0.1'))
row('ttl of fragments', FRAGMENT, ip(udp(pattern(1000)), ttl=2, dst='30.0.0.1'))
row('trailer is not fragmented', FRAGMENT, eth(ip(udp(pattern(800)), dst='30.0.0.1'), tail=pattern(300)))
for mtu in (69, 70, 75, 900, 901, 903, 907):
    row('payload cut at eight bytes under mtu %d' % mtu, FRAGMENT, ip(udp(pattern(1100)), dst='40.0.0.1'),
        config=['route add 40.0.0.0/8 via 10.0.1.2 dev p1 mtu %d' % mtu])
COPIED, PLAIN, ALERT = b'\x9e\x06abcd', b'\x1e\x06abcd', b'\x94\x04\0\0'
for title, options in {'copied': COPIED, 'not copied': PLAIN, 'both': COPIED + PLAIN, 'not copied, then copied': PLAIN + ALERT,
                       'forty bytes': COPIED * 3 + PLAIN * 3 + b'\1\1\1\0', 'a record route': b'\x07\x0b\x04' + bytes(8)}.items():
    row('options in fragments: ' + title, FRAGMENT, ip(udp(pattern(1000)), dst='30.0.0.1', opts=options))
    row('options in three fragments: ' + title, FRAGMENT, ip(udp(pattern(1400)), dst='40.0.0.1', opts=options),
        config=['route add 40.0.0.0/8 via 10.0.1.2 dev p1 mtu 576'])
    row('options in a fragment fragmented again: ' + title, FRAGMENT, ip(pattern(1000), off=1480, mf=1, dst='30.0.0.1', opts=options))

ON_LINK = 'neigh add 10.0.0.%d lladdr 02:00:00:00:0a:%02x dev p0'


def redirect(name, number, *frames, more=(), steps=()):
    """A case whose sender is an on-link host of its own, since redirects are remembered by sender."""
    sent = [ip(udp(), src='10.0.0.%d' % number, dst='40.0.0.1')] if not frames else list(frames)
    G.case(name, REDIRECT, send(0, *sent), *steps, mine=['10.0.0.%d' % number], config=[
        ON_LINK % (number, number), 'route add 40.0.0.0/8 via 10.0.0.3 dev p0'] + list(more))


redirect('redirect to the gateway, and forwarded', 100)
redirect('redirect to the host itself', 101, ip(udp(), src='10.0.0.101', dst='10.0.0.3'))
redirect('redirect quotes and keeps the type of service', 102, ip(udp(), src='10.0.0.102', dst='40.0.0.1', tos=0x28))
redirect('redirect off on the port', 103, more=['set net.ipv4.conf.all.send_redirects 0', 'set net.ipv4.conf.p0.send_redirects 0'])
redirect('redirect off on the port, on for all', 104, more=['set net.ipv4.conf.p0.send_redirects 0'])
redirect('redirect on for the port, off for all', 105, more=['set net.ipv4.conf.all.send_redirects 0'])
redirect('redirect about an echo', 106, ip(icmp(), src='10.0.0.106', dst='40.0.0.1'))
redirect('no redirect about an ICMP error', 107, ip(icmp(3, 1, bytes(4), pattern(28)), src='10.0.0.107', dst='40.0.0.1'))
redirect('redirect about a TCP segment', 108, ip(tcp('A', data=pattern(800)), src='10.0.0.108', dst='40.0.0.1'))
redirect('no redirect about a later fragment', 109, ip(pattern(80), off=800, src='10.0.0.109', dst='40.0.0.1'))
redirect('twelve packets at once bring one redirect', 110, [ip(udp(), src='10.0.0.110', dst='40.0.0.1')] * 12)
redirect('redirects to two gateways from one sender', 111, ip(udp(), src='10.0.0.111', dst='40.0.0.1'),
         ip(udp(), src='10.0.0.111', dst='10.0.0.3'))
redirect('redirect of a source outside the subnet', 112, ip(udp(), dst='40.0.0.1'))
redirect('redirect without shared media', 113, more=['set net.ipv4.conf.p0.shared_media 0', 'set net.ipv4.conf.all.shared_media 0'])
redirect('redirect to another subnet of the wire without shared media', 121, ip(udp(), src='10.0.0.121', dst='10.5.0.9'),
         more=['addr add 10.5.0.1/24 dev p0', 'neigh add 10.5.0.9 lladdr 02:00:00:00:0a:99 dev p0',
               'set net.ipv4.conf.p0.shared_media 0', 'set net.ipv4.conf.all.shared_media 0'])
redirect('redirect to a neighbour whose own route leads elsewhere', 122, ip(udp(), src='10.0.0.122', dst='10.0.0.3'),
         more=['route add 10.0.0.122/32 dev p1', 'neigh add 10.0.0.122 lladdr 02:00:00:00:0a:55 dev p1'])
redirect('redirect with strict reverse path filter', 114, more=['set net.ipv4.conf.p0.rp_filter 1'])
redirect('redirect of a record-route packet', 115, ip(udp(), src='10.0.0.115', dst='40.0.0.1', opts=b'\x07\x07\4' + bytes(4)))
redirect('redirect of a long packet quotes 548 bytes', 116, ip(udp(pattern(1400)), src='10.0.0.116', dst='40.0.0.1'))
redirect('redirect with the inbound address', 117, more=['set net.ipv4.icmp_errors_use_inbound_ifaddr 1'])
redirect('too long with DF brings no redirect', 118, ip(udp(pattern(1000)), df=1, src='10.0.0.118', dst='41.0.0.1'),
         more=['route add 41.0.0.0/8 via 10.0.0.3 dev p0 mtu 800'])
redirect('redirect and fragments', 119, ip(udp(pattern(1000)), src='10.0.0.119', dst='41.0.0.1'),
         more=['route add 41.0.0.0/8 via 10.0.0.3 dev p0 mtu 800'])
G.case('redirect by a second route to the sender', REDIRECT, send(1, ip(udp())), config=['route add 0.0.0.0/0 dev p1 metric 100'])
redirect('redirect with a gateway outside the subnet', 120, ip(udp(), src='10.0.0.120', dst='41.0.0.1'),
         more=['neigh add 172.16.0.9 lladdr 02:00:00:00:0a:99 dev p0', 'route add 41.0.0.0/8 via 172.16.0.9 dev p0 onlink'])

OFF = ['set net.ipv4.ip_forward 0']
row('forwarding off: transit', '5 ip_error', ip(udp()), config=OFF)
row('forwarding off: no route', '5 ip_error', ip(udp(), dst='99.0.0.1'), config=OFF)
row('forwarding off: ttl 1', '5 ip_error', ip(udp(), ttl=1), config=OFF)
row('forwarding off: unreachable route', '5 ip_error', ip(udp(), dst='40.0.0.1'), config=OFF + ['route add unreachable 40.0.0.0/8'])
row('forwarding off: echo to us', '5 ip_error', ip(icmp(), dst='10.0.0.1'), ip(icmp(), dst='10.0.1.1'), config=OFF)
row('forwarding off: UDP to us', '5 ip_error', ip(udp(), dst='10.0.0.1'), config=OFF)
row('forwarding off on the port of arrival', '5 ip_error', ip(udp()), config=['set net.ipv4.conf.p0.forwarding 0'])
row('forwarding off on the port of departure', '5 ip_error', ip(udp()), config=['set net.ipv4.conf.p1.forwarding 0'])
row('forwarding off on the port of arrival: no route', '5 ip_error', ip(udp(), dst='99.0.0.1'),
    config=['set net.ipv4.conf.p0.forwarding 0'])
