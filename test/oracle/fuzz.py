#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The differential fuzzer: random configurations and frames through the kernel and through Flyover.

When they differ it prints the seed of the round and a minimal case, which --case runs again. With --linux-only both
sides are the kernel, which shows that the comparison itself is steady.
"""
import argparse
import json
import os
import re
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)

from fuzz_found import FOUND  # noqa: E402
from fuzz_make import Fresh, random_round  # noqa: E402
from fuzz_pair import MTU, Case, Pair, without_requests  # noqa: E402
from fuzz_routes import random_routes_round  # noqa: E402
from fuzz_shrink import Shrinker  # noqa: E402
from router import FlyoverRouter, LinuxRouter, not_built  # noqa: E402

ROUND = 120         # datagrams per configuration
FRESH = 500         # at most so many fresh addresses in a round about routes
MANY = 20           # answers of which only those that differ are printed
LATEST = 15        # seconds behind the end for the last one


def lines_of(case):
    return case.config + [line for item in case.items for line in item[0].values() if isinstance(line, str)]


def longer_than_port(case, wanted, seen):
    """Does only that miss what is longer than its port's MTU?"""
    mtu = dict(MTU)
    for words in (line.split() for line in lines_of(case)):
        if words[:2] == ['link', 'set'] and words[3] == 'mtu':
            mtu[words[2]] = min(mtu[words[2]], int(words[4]))

    def too_long(text):
        found = re.match(r'(p\d) .* len=(\d+) ', text)
        return found and int(found[2]) > mtu[found[1]]
    return seen == [text for text in wanted if text in seen or not too_long(text)]


def held_when_route_went(case, wanted, seen):
    """Does a packet's sender hear that the next hop did not answer, although the route there has gone since?"""
    taking = r'route (replace|change)|.*\b(del|down|off|flush)\b'
    goes = any('undo' in item[0] or re.match(taking, item[0].get('line', '')) for item in case.items)
    return goes and wanted == [text for text in seen if text in wanted or ' icmp=3/1 ' not in text]


def redirect_by_second_route(case, wanted, seen):
    """Does Linux alone send a redirect, and is there another route without a gateway?"""
    more = any(re.match(r'addr add |(route|nexthop) .*\bdev ', line) and 'via' not in line for line in lines_of(case))
    return more and seen == [text for text in wanted if text in seen or ' icmp=5/1 ' not in text]


def held_by_the_same(case, wanted, seen):
    """Do more senders hear that the next hop did not answer, while it is asked again to tell one of them?"""
    kept = [text for text in seen if text in wanted or ' icmp=3/1 ' not in text]
    more = kept != seen and any(' arp=1 ' in text for text in wanted)
    other = any(' icmp=3/1 ' in text for text in wanted)                        # or for another of them
    return (more and without_requests(wanted) == without_requests(kept)) or (other and without_requests(wanted) == without_requests(seen))


def sent_without_carrier(case, wanted, seen):
    """Does only Flyover send more, where a cable has been plugged in again?"""
    return 'carrier' in ' '.join(lines_of(case)) and wanted == [text for text in seen if text in wanted]


def asked_for_another(case, wanted, seen):
    """Do only ARP requests differ, and these in which of the router's addresses they name, where packets were sent together?"""
    def nameless(texts):
        return sorted(re.sub(r' arp=1 (.*) sender=[\d.]+\(', r' arp=1 \1 sender=(', text) for text in texts)
    return case.batch > 1 and nameless(wanted) == nameless(seen)


def redirect_by_a_twin(case, wanted, seen):
    """Is something learned of a redirect, and does a route have one next hop twice?"""
    taught = any(one.get('body', {}).get('type') == 5 for item in case.items for one in item)
    return taught and any(re.search(r'nexthop.* via ([\d.]+).* via \1\b', line) for line in lines_of(case))


def source_routed_to_many(case, wanted, seen):
    """Does only that miss which goes to everybody along a source route?"""
    return seen == [text for text in wanted if text in seen or not re.search(r'>(2(2[4-9]|3\d)\.|255\.255\.255\.255 ).* opts=\w*8[39]', text)]


def source_routed_by_ourselves(case, wanted, seen):
    """Does only that miss which the router sent to itself first, as a source route said?"""
    local = any(re.search(r'accept_local 1', line) for line in lines_of(case))
    return local and seen == [text for text in wanted if text in seen or not re.search(r' ttl=63 .* opts=\w*8[39]', text)]


# Differences that docs/differences.md explains: {id: test(case, wanted texts, seen texts)}.
EXCUSES = {'route-mtu-above-port': longer_than_port,
           'sent-without-carrier': sent_without_carrier,
           'redirect-by-second-route': redirect_by_second_route,
           'answers-behind': asked_for_another,
           'twin-legs': redirect_by_a_twin,
           'source-route-from-many': source_routed_to_many,
           'source-route-by-ourselves': source_routed_by_ourselves,
           'held-by-the-same': held_by_the_same,
           'held-when-route-goes': held_when_route_went}


def report(seed, case, found, again):
    wanted, seen, _ = found
    print('DIFFERENCE, seed %s' % seed)
    for line in case.config:
        print('  config  ' + line)
    for one in (one for item in case.items for one in item):
        print('  frame   ' + json.dumps(one) if 'port' in one else '  then    %s: %s' % next(iter(one.items())))
    for name, texts, others in (('linux  ', wanted, seen), ('flyover', seen, wanted)):
        for text in texts:
            if text not in others or len(texts) < MANY:
                print('  %s %s%s' % (name, text, '' if text in others else '   <--'))
    print('  again:  test/oracle/fuzz.py ' + again, flush=True)


def examine(seed, pair, case, found, until):
    """Make a difference small, and print it as it shows on routers that have seen nothing else."""
    pair.renew()
    shrinker = Shrinker(pair, min(time.monotonic() + pair.shrinking, until))
    small = shrinker.start(case, found[2])
    if small:
        small = shrinker.shrink(small)
        pair.renew()
        again = pair.differs(small)
        if again:
            text = json.dumps(vars(small))
            return report(seed, small, again, "--case '%s'" % text)
    report(seed, case.but(items=[]), found, '--seconds 1 --seed %s   (no smaller case shows it)' % seed)


def round_of(seed):
    """Eight rounds of one kind, eight of the other. Where it is about routes the fresh addresses depend on the seed alone, for so
    does the way that flows take."""
    if seed // 8 % 2 == 0:
        return Case(*random_round(seed, ROUND))
    Fresh.used = seed * FRESH
    return Case(*random_routes_round(seed, ROUND), routes=True)


def found_before(pair):
    """What was found before; (cases that agreed, differences)."""
    failures = 0
    for name, case in FOUND.items():
        found = pair.differs(case)
        if found:
            failures += 1
            report(name, case, found, "--case '%s'" % json.dumps(vars(case)))
    return len(FOUND) - failures, failures


def fuzz(options, pair):
    """Rounds until the time is over; (datagrams that agreed, differences)."""
    began = time.monotonic()
    agreed, failures = found_before(pair)
    seed = options.seed or int(time.time()) % 1000000
    print('first seed %d' % seed, flush=True)
    while time.monotonic() < began + options.fuzz and failures < options.most:
        case = round_of(seed)
        found = pair.differs(case)
        if found is None:
            agreed += sum('port' in item[0] for item in case.items)
        else:
            failures += 1
            examine(seed, pair, case, found, began + options.fuzz + LATEST)
        seed += 1
    return agreed, failures


def once(options, pair):
    given = json.loads(options.case)
    case = Case(**given)
    found = pair.differs(case)
    if found:
        report('given', case, found, "--case '%s'" % options.case)
    return (0, 1) if found else (max(1, len(case.items)), 0)


def main(options):
    if not options.linux_only and not_built(options):
        sys.exit('not built: ' + ', '.join(not_built(options)))
    flyover = LinuxRouter if options.linux_only else (lambda: FlyoverRouter(options.flyoverd, options.flyover, options.cores))
    pair = Pair(LinuxRouter, flyover, EXCUSES, options.shrinking)
    if options.linux_only:                      # a dead route is forgotten some time after it was taken away
        pair.excuses = {**EXCUSES, 'other way round': lambda case, wanted, seen: held_when_route_went(case, seen, wanted)}
    try:
        agreed, failures = (once if options.case else fuzz)(options, pair)
    finally:
        pair.close()
    print('%d passed, %d failed' % (agreed, failures))
    return 1 if failures or not agreed else 0


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--seconds', dest='fuzz', type=float, default=60, help='how long (60)')
    parser.add_argument('--seed', type=int, help='of the first round; 0, or none: by the clock')
    parser.add_argument('--linux-only', action='store_true', help='the kernel against itself')
    parser.add_argument('--most', type=int, default=10, help='stop after so many differences (10)')
    parser.add_argument('--shrinking', type=float, default=30, help='seconds for making a difference small (30)')
    parser.add_argument('--case', help='run one case as printed')
    parser.add_argument('--cores', default='0', help="flyoverd's EAL core list")
    for name in ('flyoverd', 'flyover'):
        built = os.path.join(ROOT, 'build', 'app', name, name)
        parser.add_argument('--' + name, default=os.environ.get(name.upper(), built), metavar='PATH')
    return parser.parse_args()


if __name__ == '__main__':
    sys.exit(main(arguments()))
