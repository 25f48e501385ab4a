# SPDX-License-Identifier: BSD-3-Clause
"""A round of the differential fuzzer on two routers, and what differs.

Nothing of a round is left for the next: what was configured is undone, neighbours are flushed, waiting fragments are
ended, and a router whose tables are not what they were is replaced.
"""
import os
import re
import time

from case import undo_of
from decode import canonical, source_of
from engine import Bench
from frames import addr
from fuzz_config import FUZZ_BASE, OWN
from fuzz_make import BATCH, Fresh, build, last_fragments
from router import ALL_CPUS, PORTS, Silent

# Frames may be sent with these, and with the symbol $, but what comes from them was made by the router.
OWN_SOURCES = {addr(text) for text in OWN}
MTU = {'p0': 1500, 'p1': 1500, 'p2': 900}
ETHERNET = 14
LEARN = 0.05        # seconds; Flyover learns from an ICMP error in another thread than the one that answers


# To nothing but the ports themselves and the three rules.
RESET = ['carrier p%d on' % i for i in (1, 2)] + ['nexthop flush', 'route flush cache'] + [
    'route flush table ' + table for table in ('main', 'default', '100', '101', '200')] + [
    line % i for i in range(PORTS) for line in ('addr flush dev p%d', 'link set p%d mtu 1500', 'link set p%d up', 'neigh flush dev p%d',
                                                'neigh flush dev p%d nud noarp')]


RESET_RULES = ['rule flush', 'rule add pref 32766 table main', 'rule add pref 32767 table default']


def flush_lines():
    return ['neigh flush dev p%d' % i for i in range(PORTS)]


class Case:
    """What both routers are given. batch: how many datagrams are sent before the answers are collected; routes: it is
    about routes (fuzz_routes.py)."""

    def __init__(self, config, items, batch=BATCH, routes=False):
        self.config, self.items, self.batch, self.routes = config, items, batch, routes

    def but(self, **fields):
        """The same with other fields."""
        return Case(**{**vars(self), **fields})

    def parts(self):
        """Items that go together: configuration lines alone, questions, datagrams on one port up to the size of a batch. ARP is
        apart: Flyover's control thread handles it, which does not see it in order with what the workers do."""
        parts = []
        for item in self.items:
            last = parts[-1] if parts else None
            if last and self.routes and kind_of(item) == kind_of(last[0]) != 'port':
                last.append(item)
            elif last and len(last) < self.batch and is_frames(item) and path_of(item) == path_of(last[0]):
                last.append(item)
            else:
                parts.append([item])
        return parts


def kind_of(item):
    """Of an item: 'port' of frames, 'line', 'undo', 'ask'."""
    return next(iter(item[0]))


def is_frames(item):
    return 'port' in item[0]


def path_of(item):
    return is_frames(item) and (item[0]['port'], item[0]['kind'] == 'arp')


class Run:
    """A case with fresh addresses, as bytes."""

    def __init__(self, case):
        fresh, number = Fresh(), 0
        self.parts, self.routes = [], case.routes
        for part in case.parts():
            made = []
            for item in part:
                number += 1
                if 'ask' in item[0]:
                    made.append(item[0]['ask'])
                elif is_frames(item):
                    made.append(([bytes_of(one, fresh, number) for one in item],
                                 [bytes_of(one, fresh, number) for frame in item for one in last_fragments(frame)]))
                else:
                    made.append({verb: fresh.line(line) for verb, line in item[0].items()})
            self.parts.append(made)
        self.config = [fresh.line(line) for line in case.config]
        self.neighbours = fresh.neighbours
        self.own = OWN_SOURCES | {addr(found) for symbol, found in fresh.known.items() if symbol[0] == '$'}


def bytes_of(frame, fresh, number):
    return frame['port'], build(frame, fresh, number)


class Side:
    """A run on one router."""

    def __init__(self, router, run):
        self.router, self.run, self.mtu = router, run, dict(MTU)
        self.undo, self.was_local = [], False

    def answer(self):
        """Lists of texts: for the configuration, for each part, and for what the end of the round sets free on each port."""
        answer = []
        try:
            if not hasattr(self.router, 'at_first'):
                self.router.at_first = self.router.tables()
            answer.append(self.configure(self.run.neighbours + self.run.config))
            answer += [self.part(part) for part in self.run.parts]
            answer += [self.configure([line + ' nud incomplete'], undone=False) for line in flush_lines()]
            self.clean()
            # The kernel does not forget that there has been a local route of the user's.
            self.router.spoilt = self.was_local or self.router.tables() != self.router.at_first
        except Silent as silent:
            answer.append([str(silent)])
            self.router.spoilt = True
        if not self.router.alive():
            answer.append(['died: ' + self.router.log_text()])
        return answer

    def part(self, part):
        if isinstance(part[0], tuple):
            return self.frames(part)
        return self.router.show(part) if isinstance(part[0], str) else self.change(part)

    def clean(self):
        noarp = [line + ' nud noarp' for line in flush_lines()]
        self.router.apply_each(self.undo[::-1] + flush_lines() + noarp)
        for port in range(PORTS):
            self.router.drain(port)

    def configure(self, lines, undone=True):
        """Lines that may be refused, and what frames they cause."""
        refused = self.router.apply_each(lines)
        for index, line in enumerate(lines):
            words = line.split()
            if index in refused or not undone:
                continue
            self.undo.append(undo_of(line))
            self.was_local |= words[0] == 'route' and words[2] == 'local'
            if words[0] == 'link' and words[3] == 'mtu':
                self.mtu[words[2]] = int(words[4])
        return ['refused: ' + lines[index] for index in sorted(refused)] + self.texts([self.router.drain(0)], set())

    def change(self, part):
        """A line, or the undoing of one that was taken."""
        item = part[0]
        if 'line' in item:
            return self.configure([item['line']])
        undo = undo_of(item['undo'])
        if undo not in self.undo:
            return []
        self.undo.remove(undo)
        words = undo.split()
        if words[0] == 'link' and words[3] == 'mtu':
            self.mtu[words[2]] = int(words[4])
        return self.configure([undo], undone=False)

    def frames(self, part):
        sent, ending = [one for frames, _ in part for one in frames], [one for _, ends in part for one in ends]
        port = sent[0][0]
        for one in sent:
            self.send(*one)
        got = self.router.drain(port)
        for one in ending:
            self.send(*one)
        if ending:
            self.router.drain(port)
        return self.texts([got], {source_of(raw) for _, raw in sent})

    def send(self, port, raw):
        if len(raw) <= self.mtu['p%d' % port] + ETHERNET:   # a veth decides by itself what it does with longer ones
            self.router.wire.send(port, raw)

    def texts(self, got, sources):
        return [text for frames in got for _, text in canonical(frames, sources - self.run.own)]


class RouteSide(Side):
    """A run whose lines cannot be undone one by one, since more goes than they say."""

    def __init__(self, router, run):
        super().__init__(router, run)
        self.down = set()

    def configure(self, lines, undone=True):
        refused = self.router.apply_each(lines)
        for index, words in enumerate(line.split() for line in lines):
            if index not in refused:
                self.follow(words)
        if any(line.startswith('link ') for line in lines):
            self.router.await_links()
        return ['refused: ' + lines[index] for index in sorted(refused)] + self.texts([self.router.drain(0)], set())

    def change(self, part):
        return self.configure([item['line'] for item in part])

    def follow(self, words):
        if words[0] == 'set':
            self.undo.append(undo_of(' '.join(words)))
        elif words[:2] == ['link', 'set'] and words[3] == 'mtu':
            self.mtu[words[2]] = int(words[4])
        elif words[:2] == ['link', 'set'] or words[0] == 'carrier':
            where = (words[0], words[2] if words[0] == 'link' else words[1])
            (self.down.add if words[-1] in ('down', 'off') else self.down.discard)(where)
        self.was_local |= words[0] == 'route' and 'local' in words
        self.router.had_rules |= words[0] == 'rule'

    def send(self, port, raw):
        if not self.down & {('link', 'p%d' % port), ('carrier', 'p%d' % port)}:
            super().send(port, raw)

    def frames(self, part):
        """p0 is always there to tell when all have been dealt with."""
        for one in (one for frames, _ in part for one in frames):
            self.send(*one)
        got = self.router.drain(0)
        for one in (one for _, ends in part for one in ends):
            self.send(*one)
        self.router.drain(0)
        if any(raw[14:15] == b'\x45' and raw[23] == 1 and raw[34] in (3, 5) for frames, _ in part for _, raw in frames):
            time.sleep(LEARN)
        return self.texts([got], {source_of(raw) for frames, _ in part for _, raw in frames})

    def clean(self):
        self.router.apply_each(self.undo + RESET + (RESET_RULES if self.router.had_rules else []) + FUZZ_BASE)
        for port in range(PORTS):
            self.router.drain(port)


def without_requests(texts):
    """Without ARP requests. When neighbours of a port are given up together, one of them may be asked again for the sake of another;
    that depends on which comes first, which in Linux is up to a hash with a key of its own for each boot. So do identifications."""
    return sorted(re.sub(r' id=#\d+ ', ' id=# ', text) for text in texts if ' arp=1 ' not in text)


class Pair:
    """Two routers that are given the same."""

    def __init__(self, first, second, excuses=None, shrinking=30):
        self.shrinking = shrinking
        self.benches, self.excuses = [Bench(first), Bench(second)], excuses or {}
        os.sched_setaffinity(0, {max(ALL_CPUS)})            # frames sent from one CPU are handled by Linux in order

    def run(self, case):
        """[(wanted, seen)] as in Side.answer."""
        if any(getattr(bench.router, 'spoilt', False) for bench in self.benches):
            self.renew()                                    # both: the kernel remembers more than its tables show
        if not case.routes and any(bench.router and bench.router.had_rules for bench in self.benches):
            self.renew()                                    # such as that there were rules: local is apart from main then
        run = Run(case)
        side = RouteSide if case.routes else Side
        wanted, seen = [side(bench.get(FUZZ_BASE), run).answer() for bench in self.benches]
        size = max(len(wanted), len(seen))
        return list(zip(wanted + [['nothing']] * (size - len(wanted)), seen + [['nothing']] * (size - len(seen))))

    def differs(self, case):
        """(what the first says, what the second says, number of the part) where they differ first and are not excused."""
        answers = self.run(case)
        for number, (wanted, seen) in enumerate(answers):
            at_end = number >= len(answers) - PORTS
            same = wanted == seen or (at_end and without_requests(wanted) == without_requests(seen))
            if not same and not any(test(case, wanted, seen) for test in self.excuses.values()):
                return wanted, seen, number - 1
        return None

    def renew(self):
        """The next run finds routers that have seen nothing."""
        self.close()

    def close(self):
        for bench in self.benches:
            bench.close()
