# SPDX-License-Identifier: BSD-3-Clause
"""Runs cases on a router and compares what came out.

An answer is a list with one entry per step: the frames seen in that step, as [seconds since the step began, text].
"""
import collections
import math
import os
import re
import threading
import time

from case import undo_of
from decode import canonical, source_of
from frames import Context, addr, frame
from router import ConfigError


class CaseRun:
    """One case on one router; `link` sends and collects."""

    def __init__(self, router, case, link, hint=None):
        self.router, self.case, self.link, self.hint = router, case, link, hint
        self.undo, self.sent = [], set()

    def configure(self, lines):
        if not self.case.keep:
            self.undo += lines                              # before: of lines that are refused, the first may be in force
        self.router.configure(lines)

    def run(self):
        answer = []
        try:
            self.configure(self.case.config)
            for index, step in enumerate(self.case.steps):
                expected = len(self.hint[index]) if self.hint and index < len(self.hint) else None
                answer.append(self.step(step, expected))
        except ConfigError as error:
            answer.append([[0.0, 'refused: ' + str(error)]])
        finally:
            self.router.try_each([undo_of(line) for line in reversed(self.undo)])
            self.router.try_each(self.case.cleanup)
            if self.case.cleanup:
                self.link.settle()
        return answer

    def step(self, step, expected):
        self.configure(step.config)
        began, got = time.monotonic(), []
        for count, one in enumerate(step.frames, 1):
            raw = frame(one, Context(self.case.source, step.port))
            self.sent.add(source_of(raw))
            self.link.send(step.port, raw)
            if step.gap:
                got += self.link.collect(max(0, began + count * step.gap - time.monotonic()))
        if step.wait:
            got += self.link.collect(step.wait)
        got += self.link.settle(expected=None if expected is None else expected - len(got))
        if step.ignore:
            return []
        return [[round(when - began, 3), text] for when, text in canonical(got, self.sent)]


class DirectLink:
    """The router to ourselves: a sentinel tells when all output is there."""

    def __init__(self, router):
        self.send, self.collect, self.settle = router.wire.send, router.collect, router.settle


class SharedWire:
    """Lets several cases use one router at once: frames go to the case one of whose addresses they carry."""

    def __init__(self, router, cases):
        self.router, self.stopping = router, False
        self.strays = []
        self.links = [SharedLink(router, [addr(a) for a in case.mine]) for case in cases]
        self.thread = threading.Thread(target=self.pump)
        self.thread.start()

    def pump(self):
        while not self.stopping:
            for one in self.router.wire.receive(0.05):
                for link in self.links:
                    if any(a in one[2] for a in link.mine):
                        link.push(one)
                        break
                else:
                    self.strays.append(one)

    def stop(self):
        self.stopping = True
        self.thread.join()


class SharedLink:
    window = 0.15

    def __init__(self, router, mine):
        self.mine, self.send = mine, router.wire.send
        self.frames, self.lock = [], threading.Lock()

    def push(self, one):
        with self.lock:
            self.frames.append(one)

    def collect(self, seconds):
        time.sleep(seconds)
        with self.lock:
            got, self.frames = self.frames, []
        return got

    def settle(self, expected=None):
        return self.collect(self.window)


class Bench:
    """The router in use: replaced where the base configuration changes, or when it has died."""

    def __init__(self, make_router):
        self.make_router, self.router, self.base = make_router, None, None

    def get(self, base):
        if self.router is None or self.base != base or not self.router.alive():
            self.close()
            self.router, self.base = self.make_router(), base
            self.router.configure(base)
            self.router.await_ports()
        return self.router

    def close(self):
        if self.router:
            self.router.close()
        self.router = None


def run_groups(make_router, work, cpu=None):
    """Run [(group, cases, stored answers)] -> {group name: {case name: answer}}. Routers live in the calling thread; so do
    their processes."""
    if cpu is not None:
        os.sched_setaffinity(0, {cpu})     # frames sent from one CPU are handled in order, so the sentinel comes last
    bench, answers = Bench(make_router), {}
    try:
        for group, cases, stored in work:
            run = run_together if group.together else run_in_turn
            answers[group.name] = run(bench, group, cases, stored)
    finally:
        bench.close()
    return answers


def run_in_turn(bench, group, cases, stored):
    answers = {}
    for case in cases:
        router = bench.get(group.base)
        answers[case.name] = CaseRun(router, case, DirectLink(router), stored.get(case.name)).run()
        if not router.alive():
            answers[case.name].append([[0.0, 'died: ' + router.log_text()]])
    return answers


def run_together(bench, group, cases, stored):
    router = bench.get(group.base)
    answers, shared = {}, SharedWire(router, cases)
    lock = threading.Lock()

    def one(case, link):
        answer = CaseRun(Locked(router, lock), case, link).run()
        answers[case.name] = answer

    threads = [threading.Thread(target=one, args=pair) for pair in zip(cases, shared.links)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    shared.stop()
    return answers


class Locked:
    """A router whose configuration calls are made one at a time."""

    def __init__(self, router, lock):
        self.router, self.lock = router, lock

    def __getattr__(self, name):
        value = getattr(self.router, name)
        if not callable(value):
            return value

        def call(*args):
            with self.lock:
                return value(*args)
        return call


def kind_of(text):
    """A frame's kind, for cases whose count alone is compared."""
    text = re.sub(r'\[quote.*', '', text)
    return ' '.join(w for w in text.split() if re.match(r'p\d$|proto=|icmp=|arp=|ttl=|len=|tos=|flags=', w))


def compare_shares(shares, got):
    """Chi-square: are the frames' destination MACs as frequent as their weights say? Wrong once in 10000 times."""
    found = [re.match(r'p\d ([0-9a-f:]+)<', text) for step in got for _, text in step]
    counts = collections.Counter(m[1] for m in found if m)
    strange = set(counts) - set(shares)
    if strange or not counts:
        return ['frames to nobody of these: %s' % sorted(strange)] if strange else ['no frames']
    total, weights = sum(counts.values()), sum(shares.values())
    expected = {one: total * weight / weights for one, weight in shares.items()}
    square = sum((counts[one] - wanted) ** 2 / wanted for one, wanted in expected.items())
    free = len(shares) - 1
    limit = free * (1 - 2 / (9 * free) + 3.72 * math.sqrt(2 / (9 * free))) ** 3
    return [] if square <= limit else ['chi-square %.1f > %.1f: %s instead of %s' % (square, limit, dict(counts), expected)]


def compare(case, want, got):
    """Lines that tell how got differs from want; empty if it does not."""
    if case.shares:
        return compare_shares(case.shares, got)
    if len(want) != len(got):
        return ['%d steps answered, not %d' % (len(got), len(want))] + [t for s in got[-1:] for _, t in s]
    lines = []
    for index, (a, b) in enumerate(zip(want, got)):
        found = compare_loose(case, a, b) if case.loose else compare_step(case, a, b)
        lines += ['step %d: %s' % (index + 1, line) for line in found]
    return lines


def compare_loose(case, want, got):
    wanted, seen = (collections.Counter(kind_of(t) for _, t in side) for side in (want, got))
    return ['%d frames instead of %d: %s' % (seen[kind], wanted[kind], kind) for kind in sorted(wanted | seen)
            if abs(seen[kind] - wanted[kind]) > case.loose * max(1, wanted[kind])]


def compare_step(case, want, got):
    lines = []
    for index in range(max(len(want), len(got))):
        if index >= len(got):
            lines.append('missing: ' + want[index][1])
        elif index >= len(want):
            lines.append('extra:   ' + got[index][1])
        elif all(text.startswith('refused: ') for text in (want[index][1], got[index][1])):
            continue                                        # each in its own words
        elif want[index][1] != got[index][1]:
            lines += field_diff(want[index][1], got[index][1])
        elif case.timed and abs(want[index][0] - got[index][0]) > case.timed:
            lines.append('at %.2f s instead of %.2f s: %s' % (got[index][0], want[index][0], got[index][1]))
    return lines[:12] + (['... and %d more' % (len(lines) - 12)] if len(lines) > 12 else [])


def field_diff(want, got):
    """Two frames, with the fields that differ named first."""
    a, b = want.split(), got.split()
    names = [(x, y) for x, y in zip(a, b) if x != y] if len(a) == len(b) else []
    lines = ['%s instead of %s' % (y, x) for x, y in names]
    return lines + ['  expected ' + want, '  got      ' + got]
