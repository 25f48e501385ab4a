#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The oracle: the same configuration and the same frames through the Linux kernel and through Flyover.

Every case (test/oracle/cases) is run live on both; their outputs must be equal frame by frame, and Linux's must be what
is stored in test/oracle/expected, so that a kernel which behaves differently is noticed. A failing case prints what
differs; the last line is "N passed, N failed". Needs root.
"""
import argparse
import json
import os
import re
import sys
import threading
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)

import cases  # noqa: E402
from engine import compare, kind_of, run_groups  # noqa: E402
from router import FlyoverRouter, LinuxRouter, not_built  # noqa: E402


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--linux-only', action='store_true', help='run the kernel only, against the stored answers')
    parser.add_argument('--flyover-only', action='store_true', help='run Flyover only, against the stored answers')
    parser.add_argument('-k', metavar='PATTERN', help='only cases whose group or name matches (regular expression)')
    parser.add_argument('--list', action='store_true', help='list the cases')
    parser.add_argument('--record', action='store_true', help='store what Linux answers')
    parser.add_argument('--show', action='store_true', help='print the answers, too')
    parser.add_argument('--fuzz', type=float, metavar='SECONDS', help='random configurations and frames through both')
    parser.add_argument('--seed', type=int, help='where the fuzzer starts; 0, or none: by the clock')
    parser.add_argument('--cores', default='0', help="flyoverd's EAL core list")
    parser.add_argument('--failures', metavar='FILE', help='write the failing cases there as JSON')
    for name in ('flyoverd', 'flyover'):
        built = os.path.join(ROOT, 'build', 'app', name, name)
        parser.add_argument('--' + name, default=os.environ.get(name.upper(), built), metavar='PATH')
    return parser.parse_args()


def selected(options):
    """[(group, its cases)] that match -k."""
    chosen = []
    for group in cases.load():
        found = [c for c in group.cases if not options.k or re.search(options.k, group.name + ': ' + c.name)]
        if found:
            chosen.append((group, found))
    return chosen


def stored_path(group):
    return os.path.join(HERE, 'expected', group.name + '.json')


def load_stored(group):
    if not os.path.exists(stored_path(group)):
        return {}
    with open(stored_path(group)) as file:
        return json.load(file)['answers']


def save_stored(group, answers):
    kept = load_stored(group)
    names = [c.name for c in group.cases]
    merged = {n: answers.get(n, kept.get(n)) for n in names if n in answers or n in kept}
    for case in group.cases:
        if case.name in merged and case.shares:
            merged[case.name] = [[] for _ in merged[case.name]]     # others each time
        if case.name in merged and not case.timed:
            merged[case.name] = [[[0, kind_of(text) if case.loose else text] for _, text in step] for step in merged[case.name]]
    with open(stored_path(group), 'w') as file:
        json.dump({'kernel': os.uname().release, 'answers': merged}, file, indent=0)
        file.write('\n')


def recorded_here(group):
    """Whether the stored answers come from a kernel of the running version."""
    if not os.path.exists(stored_path(group)):
        return True
    with open(stored_path(group)) as file:
        kernel = json.load(file)['kernel']
    return kernel.split('.')[:2] == os.uname().release.split('.')[:2]


class Side(threading.Thread):
    """One group after another on one kind of router; a thread, since both kinds (and slow groups) run at once."""

    def __init__(self, make_router, work, cpu):
        super().__init__()
        self.make_router, self.work, self.cpu = make_router, work, cpu
        self.answers, self.trouble = {}, None

    def run(self):
        try:
            work = [(group, chosen, load_stored(group)) for group, chosen in self.work]
            self.answers = run_groups(self.make_router, work, self.cpu)
        except Exception:                       # the thread's end must not hide why
            self.trouble = traceback.format_exc()


def run_sides(options, chosen):
    """({group: answers} of Linux, the same of Flyover)."""
    cpus = sorted(os.sched_getaffinity(0))
    slow = [pair for pair in chosen if pair[0].together]
    quick = [pair for pair in chosen if not pair[0].together]
    linux, flyover = [], []
    if not options.flyover_only:
        linux = [Side(LinuxRouter, [pair], cpus[-1]) for pair in slow] + [Side(LinuxRouter, quick, cpus[-1])]
    if not options.linux_only:
        def make():
            return FlyoverRouter(options.flyoverd, options.flyover, options.cores)
        flyover = [Side(make, quick, None), Side(make, slow, None)]
    for side in linux + flyover:
        side.start()
    for side in linux + flyover:
        side.join()
    for side in linux + flyover:
        if side.trouble:
            print(side.trouble, file=sys.stderr)
    return tuple({n: a for side in sides for n, a in side.answers.items()} for sides in (linux, flyover))


def documented():
    """The ids of docs/differences.md."""
    with open(os.path.join(ROOT, 'docs', 'differences.md')) as file:
        return set(re.findall(r'^\| ([a-z][a-z0-9-]+) \|', file.read(), re.M))


class Report:
    def __init__(self, options):
        self.options, self.ids = options, documented()
        self.passed, self.failures = 0, []

    def judge(self, group, case, linux, flyover, stored):
        lines = self.differences(group, case, linux, flyover, stored)
        if lines:
            self.failures.append({'group': group.name, 'name': case.name, 'ref': case.ref, 'diff': lines})
            print('FAIL %s: %s (%s)' % (group.name, case.name, case.ref), *lines, sep='\n')
        else:
            self.passed += 1

    def differences(self, group, case, linux, flyover, stored):
        """What is wrong, in lines. linux, flyover, stored: answers or None where that side was not run or not stored."""
        lines = []
        if linux is not None and stored is not None and recorded_here(group):
            lines += self.side('linux, against the stored answer', compare(case, stored, linux))
        reference = linux if linux is not None else stored
        if reference is None:
            lines.append('  nothing to compare with: record it first')
        elif not self.options.linux_only:
            found = compare(case, reference, flyover) if flyover is not None else ['no answer']
            lines += self.excused(case, found) if case.differs else self.side('flyover, against linux', found)
        return lines

    @staticmethod
    def side(title, found):
        return ['  %s:' % title] + ['    ' + line for line in found] if found else []

    def excused(self, case, found):
        if case.differs not in self.ids:
            return ['  excused by %s, which docs/differences.md does not have' % case.differs]
        return [] if found else ['  excused by %s, but nothing differs' % case.differs]

    def finish(self):
        if self.options.failures:
            with open(self.options.failures, 'w') as file:
                json.dump(self.failures, file, indent=1)
        print('%d passed, %d failed' % (self.passed, len(self.failures)))
        return 1 if self.failures or not self.passed else 0


def show(name, answers):
    for index, step in enumerate(answers or []):
        for when, text in step:
            print('%s step %d %7.3f %s' % (name, index + 1, when, text))


def main():
    options = arguments()
    if options.fuzz:
        import fuzz
        options.case, options.most, options.shrinking = None, 10, 30
        return fuzz.main(options)
    chosen = selected(options)
    if options.list:
        for group, found in chosen:
            for case in found:
                print('%-10s %-75s %s' % (group.name, case.name, case.ref))
        return 0
    options.linux_only = options.linux_only or options.record
    missing = not_built(options)
    if missing and not options.linux_only:
        if options.flyover_only or os.path.isdir(os.path.join(ROOT, 'build')):
            sys.exit('not built: ' + ', '.join(missing))
        print('Flyover is not built; only the kernel is compared, with its stored answers')
        options.linux_only = True
    sides = run_sides(options, chosen)
    if options.record:
        for group, _ in chosen:
            save_stored(group, sides[0].get(group.name, {}))
    report = Report(options)
    run_late_ones_again(options, report, chosen, sides)
    for group, found in chosen:
        stored = load_stored(group)
        for case in found:
            answers = answers_of(sides, group, case)
            if options.show:
                print('--- %s: %s' % (group.name, case.name))
                show('linux', answers[0])
                show('flyover', answers[1])
            report.judge(group, case, *answers, stored.get(case.name))
    return report.finish()


def answers_of(sides, group, case):
    return [side.get(group.name, {}).get(case.name) if side else None for side in sides]


def run_late_ones_again(options, report, chosen, sides):
    """Cases that depend on time get two more chances, each: other work on this machine may have held up a router or us."""
    for _ in range(2):
        late = []
        for group, found in chosen:
            stored = load_stored(group)
            again = [case for case in found if case.takes_time() and
                     report.differences(group, case, *answers_of(sides, group, case), stored.get(case.name))]
            late += [(group, again)] if again else []
        if not late or options.record:
            return
        print('once more, since time counts: ' + ', '.join(case.name for _, found in late for case in found), flush=True)
        for side, newer in zip(sides, run_sides(options, late)):
            for name, answers in newer.items():
                side[name].update(answers)


if __name__ == '__main__':
    sys.exit(main())
