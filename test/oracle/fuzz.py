#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The differential fuzzer: random configurations and frames through the kernel and through Flyover.

When they differ it prints the seed of the round and a minimal case, which --case runs again. With --linux-only both
sides are the kernel, which shows that the comparison itself is steady.
"""
import argparse
import json
import os
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)

from case import undo_of  # noqa: E402
from decode import canonical, source_of  # noqa: E402
from engine import Bench  # noqa: E402
from frames import addr  # noqa: E402
from fuzz_make import FUZZ_BASE, OWN, Fresh, build, random_round  # noqa: E402
from router import ConfigError, FlyoverRouter, LinuxRouter, not_built  # noqa: E402

BATCH = 12          # datagrams between two sentinels
ROUND = 120         # datagrams per configuration
# Differences that docs/differences.md explains: {id: test(configuration, datagrams, wanted texts, seen texts)}.
EXCUSES = {'route-mtu-above-port': lambda config, group, wanted, seen: route_above_port(config)}


def route_above_port(config):
    """Is there a route with an MTU above that of its port?"""
    mtu = {'p0': 1500, 'p1': 1500, 'p2': 900}
    words = [line.split() for line in config]
    mtu.update((w[2], int(w[4])) for w in words if w[:2] == ['link', 'set'] and w[3:4] == ['mtu'])
    return any(int(w[w.index('mtu') + 1]) > mtu.get(w[w.index('dev') + 1], 1500)
               for w in words if w[:1] == ['route'] and 'mtu' in w and 'dev' in w)


# Frames may be sent with these, but what comes from them was made by the router.
OWN_SOURCES = {addr(text) for text in OWN}


def run_side(router, config, batches, hints):
    """[texts of a batch]. A refused line stands for the whole answer."""
    answer = []
    try:
        router.configure(config)
        for index, batch in enumerate(batches):
            sources = set()
            for port, raw in batch:
                router.wire.send(port, raw)
                sources.add(source_of(raw))
            expected = len(hints[index]) if hints and index < len(hints) else None
            got = [f for f in router.settle(expected=expected, patience=0.5) if not leftover(f[2], sources)]
            answer.append([text for _, text in canonical(got, sources - OWN_SOURCES)])
        return answer
    except ConfigError as error:
        return [['refused: ' + str(error)]]


def leftover(raw, sources):
    """Whether a frame is the late end of an earlier batch: a reassembly timeout for somebody else."""
    return raw[12:14] == b'\x08\0' and raw[23:24] == b'\1' and raw[34:36] == b'\x0b\1' and raw[30:34] not in sources


class Pair:
    """Two routers that are given the same; the second is told how much the first has answered."""

    def __init__(self, first, second):
        self.benches = [Bench(first), Bench(second)]

    def run(self, config, datagrams, one_by_one=False):
        """[(wanted, seen, datagrams of the batch)], the configuration being undone afterwards."""
        fresh = Fresh()
        size = 1 if one_by_one else BATCH
        groups = [list(range(at, min(at + size, len(datagrams)))) for at in range(0, len(datagrams), size)]
        batches = [[(made['port'], build(made, fresh, n)) for n in group for made in datagrams[n]] for group in groups]
        lines = config + fresh.neighbours
        answers = []
        for bench in self.benches:
            router = bench.get(FUZZ_BASE)
            answers.append(run_side(router, lines, batches, answers[0] if answers else None))
            if router.alive():
                router.try_each([undo_of(line) for line in reversed(lines) if not line.startswith('neigh')])
                router.try_each([undo_of(line) for line in fresh.neighbours + fresh.learned])
                router.settle()
            else:
                answers[-1] = [['died: ' + router.log_text()]]
        wanted, seen = answers
        if len(seen) != len(wanted):
            return [(wanted[0], seen[-1], datagrams)]
        return [(w, s, [datagrams[n] for n in group]) for w, s, group in zip(wanted, seen, groups)]

    def differs(self, config, datagrams, one_by_one=False):
        """The first batch that differs and is not excused, or None."""
        for wanted, seen, group in self.run(config, datagrams, one_by_one):
            if wanted != seen and not any(test(config, group, wanted, seen) for test in EXCUSES.values()):
                return wanted, seen, group
        return None

    def close(self):
        for bench in self.benches:
            bench.close()


def acceptable(pair, config):
    """The lines of a configuration that the first router takes (a gateway may be out of reach, for example)."""
    router, kept = pair.benches[0].get(FUZZ_BASE), []
    for line in config:
        try:
            router.configure([line])
            kept.append(line)
        except ConfigError:
            pass
    router.try_each([undo_of(line) for line in reversed(kept)])
    return kept


def smaller(frame):
    """Simpler forms of a frame description: each with one field gone."""
    for part in ('eth', 'ip', 'body'):
        for key in frame.get(part, {}):
            if key not in ('part', 'spa', 'tpa'):
                yield {**frame, part: {k: v for k, v in frame[part].items() if k != key}}


def minimise(pair, config, datagrams, until):
    """Datagrams, configuration lines and fields that are not needed for the difference are taken away."""
    def still(config, datagrams):
        return time.monotonic() < until and pair.differs(config, datagrams, one_by_one=True) is not None

    if not still(config, datagrams):
        return config, datagrams
    for kept in ([d] for d in datagrams):
        if still(config, kept):
            datagrams = kept
            break
    at = 0
    while len(datagrams) > 1 and at < len(datagrams):
        left = datagrams[:at] + datagrams[at + 1:]
        if still(config, left):
            datagrams = left
        else:
            at += 1
    for line in list(config):
        left = [other for other in config if other is not line]
        if still(left, datagrams):
            config = left
    return config, shrink_fields(still, config, datagrams)


def shrink_fields(still, config, datagrams):
    for n, pieces in enumerate(datagrams):
        at = 0
        while len(pieces) > 1 and at < len(pieces):
            left = pieces[:at] + pieces[at + 1:]
            if still(config, datagrams[:n] + [left] + datagrams[n + 1:]):
                pieces = left
                datagrams = datagrams[:n] + [pieces] + datagrams[n + 1:]
            else:
                at += 1
        for at in range(len(pieces)):
            again = True
            while again:
                again = False
                for simpler in smaller(pieces[at]):
                    left = pieces[:at] + [simpler] + pieces[at + 1:]
                    if still(config, datagrams[:n] + [left] + datagrams[n + 1:]):
                        pieces, again = left, True
                        datagrams = datagrams[:n] + [pieces] + datagrams[n + 1:]
                        break
    return datagrams


def report(seed, pair, config, datagrams, first):
    found = pair.differs(config, datagrams, one_by_one=True) or first
    wanted, seen, _ = found
    print('DIFFERENCE, seed %s' % seed)
    for line in config:
        print('  config  ' + line)
    for made in (frame for pieces in datagrams for frame in pieces):
        print('  frame   ' + json.dumps(made))
    for text in wanted:
        print('  linux   ' + text + ('' if text in seen else '   <--'))
    for text in seen:
        print('  flyover ' + text + ('' if text in wanted else '   <--'))
    print("  again:  test/oracle/fuzz.py --case '%s'" % json.dumps({'config': config, 'datagrams': datagrams}), flush=True)


def fuzz(options, pair):
    """Rounds until the time is over; (datagrams that agreed, differences)."""
    until = time.monotonic() + options.fuzz
    seed = options.seed if options.seed is not None else int(time.time()) % 1000000
    print('first seed %d' % seed, flush=True)
    agreed = failures = 0
    while time.monotonic() < until and failures < options.most:
        config, datagrams = random_round(seed, ROUND)
        config = acceptable(pair, config)
        found = pair.differs(config, datagrams)
        if found is None:
            agreed += len(datagrams)
        else:
            failures += 1
            small = minimise(pair, config, found[2], time.monotonic() + 20)
            report(seed, pair, *small, found)
        seed += 1
    return agreed, failures


def main(options):
    if not options.linux_only and not_built(options):
        sys.exit('not built: ' + ', '.join(not_built(options)))
    flyover = LinuxRouter if options.linux_only else (lambda: FlyoverRouter(options.flyoverd, options.flyover, options.cores))
    pair = Pair(LinuxRouter, flyover)
    try:
        if options.case:
            case = json.loads(options.case)
            found = pair.differs(case['config'], case['datagrams'], one_by_one=True)
            if found:
                report('given', pair, case['config'], case['datagrams'], found)
            agreed, failures = (0, 1) if found else (len(case['datagrams']), 0)
        else:
            agreed, failures = fuzz(options, pair)
    finally:
        pair.close()
    print('%d passed, %d failed' % (agreed, failures))
    return 1 if failures else 0


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--seconds', dest='fuzz', type=float, default=60, help='how long (60)')
    parser.add_argument('--seed', type=int, help='of the first round; by the clock if not given')
    parser.add_argument('--linux-only', action='store_true', help='the kernel against itself')
    parser.add_argument('--most', type=int, default=10, help='stop after so many differences (10)')
    parser.add_argument('--case', help='run one case as printed')
    parser.add_argument('--cores', default='0', help="flyoverd's EAL core list")
    for name in ('flyoverd', 'flyover'):
        built = os.path.join(ROOT, 'build', 'app', name, name)
        parser.add_argument('--' + name, default=os.environ.get(name.upper(), built), metavar='PATH')
    return parser.parse_args()


if __name__ == '__main__':
    sys.exit(main(arguments()))
