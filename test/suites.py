#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Builds Flyover and runs its test suites.

  test/run [SUITE...] [--list] [--long]

Without SUITE all suites of the table below run that exist in this tree, but for those marked by hand.
One line per suite, the last line is the sum of all: "N passed, N failed". Exit status 0 if nothing failed.
The full output of each suite is in build/logs/SUITE.log; it is shown when the suite fails.

A suite's programs may be of any kind; how many cases they ran is read from their output: a last line
"N passed, N failed", or the closing lines of Catch2 or pytest. A program that says nothing of the kind is one case,
passed if its exit status is 0. A suite in which nothing ran has failed.
"""
import argparse
import dataclasses
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(ROOT, "build")
LOGS = os.path.join(BUILD, "logs")
SHOWN_ON_FAILURE = 100  # lines


@dataclasses.dataclass(frozen=True)
class Tree:
    """A build directory: where, and what distinguishes it."""
    path: str
    options: tuple = ()
    compiler: str = "g++"
    whole: bool = False  # build everything, not only what the tests of the suite need


# The sanitizers run with clang: it must build without a warning too, and g++ 12 warns falsely under them.
TREES = {
    "main": Tree("build", whole=True),
    "asan": Tree("build/asan", ("-Db_sanitize=address,undefined", "-Db_lundef=false", "-Doptimization=1",
                                "-Dfuzzers=true", "-Ddebug_checks=true"), compiler="clang++"),
    "tsan": Tree("build/tsan", ("-Db_sanitize=thread", "-Db_lundef=false", "-Doptimization=1"), compiler="clang++"),
}

SANITIZERS = {
    "ASAN_OPTIONS": "detect_stack_use_after_return=1:strict_string_checks=1",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
    "TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1",
}


@dataclasses.dataclass(frozen=True)
class Suite:
    """One row of the table: the tests of some meson suites in a build tree, or a command."""
    name: str
    needs: tuple                 # the suite exists when these files do
    limit: int                   # seconds for all of it without the build: only a hang may reach it
    tree: str = "main"
    meson: tuple = ()            # run the tests of these meson suites ...
    command: tuple = ()          # ... or this command in the root of the tree
    long: tuple = ()             # arguments added with --long
    by_hand: bool = False        # only when asked for by name


PYTHON = "/usr/bin/python3"
PYTEST = (PYTHON, "-m", "pytest", "-q", "-ra", "-p", "no:cacheprovider")
SUITES = (
    Suite("lint", ("test/lint/meson.build",), 600, meson=("lint",)),
    Suite("unit", ("test/unit/meson.build",), 600, meson=("unit",)),
    Suite("packet", ("test/packet/meson.build",), 600, meson=("packet",)),
    Suite("embed", ("app/embed/meson.build",), 600, meson=("embed",)),
    Suite("oracle", ("test/oracle/run.py", "app/flyoverd/meson.build"), 900, command=(PYTHON, "test/oracle/run.py")),
    Suite("oracle-fuzz", ("test/oracle/run.py", "app/flyoverd/meson.build"), 600,
          command=(PYTHON, "test/oracle/run.py", "--fuzz", "60", "--seed", "1"), long=("--fuzz", "1800", "--seed", "0")),
    Suite("system", ("test/system/conftest.py",), 900, command=PYTEST + ("test/system",)),
    Suite("asan", ("test/unit/meson.build",), 600, tree="asan", meson=("unit", "packet")),
    Suite("tsan", ("test/unit/meson.build",), 600, tree="tsan", meson=("tsan",)),
    Suite("fuzz", ("test/fuzz/meson.build",), 600, tree="asan", meson=("fuzz",), long=("-max_total_time=600", "-seed=0")),
    Suite("vm", ("test/vm/run",), 1200, command=("test/vm/run", "--check"), by_hand=True),
)


# ------------------------------------------------------------------------------------------------ counting

@dataclasses.dataclass
class Count:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __iadd__(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        return self

    def __str__(self):
        return f"{self.passed} passed, {self.failed} failed" + (f", {self.skipped} skipped" if self.skipped else "")


def number(pattern, text):
    found = re.search(pattern, text)
    return int(found.group(1)) if found else 0


def own_line(line):
    found = re.fullmatch(r"(\d+) passed, (\d+) failed(?:, (\d+) skipped)?", line)
    return found and Count(*(int(n or 0) for n in found.groups()))


def catch_line(line):
    if found := re.fullmatch(r"All tests passed \(.* in (\d+) test cases?\)", line):
        return Count(int(found.group(1)))
    if re.match(r"test cases: +\d+ \|", line):
        return Count(number(r"(\d+) passed", line) + number(r"(\d+) failed as expected", line),
                     number(r"(\d+) failed\b(?! as)", line))
    return None


def pytest_line(line):
    if not re.fullmatch(r"(=+ )?(\d+ [a-z]+(, )?)+ in [\d.]+s.*", line):
        return None
    return Count(number(r"(\d+) passed", line) + number(r"(\d+) xfailed", line),
                 number(r"(\d+) failed", line) + number(r"(\d+) errors?\b", line), number(r"(\d+) skipped", line))


def count(output, status):
    """What a program says that it ran; its exit status has the last word."""
    result = None
    for line in output.splitlines()[-30:]:
        line = re.sub(r"\x1b\[[0-9;]*m", "", line).strip()
        result = own_line(line) or catch_line(line) or pytest_line(line) or result
    if result is None:
        return Count(1, 0) if status == 0 else Count(0, 1)
    if status != 0 and result.failed == 0:
        result.failed = 1
    return result


# ------------------------------------------------------------------------------------------------ running

def execute(command, log, limit, env=None, cwd=ROOT):
    """Runs one program with its output in the log; past the limit it and its children are ended."""
    log.write(f"$ {shlex.join(command)}\n")
    log.flush()
    begin = log.tell()
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, cwd=cwd,
                             env={**os.environ, **SANITIZERS, **(env or {})}, start_new_session=True)
    try:
        status = child.wait(timeout=max(limit, 1))
    except (subprocess.TimeoutExpired, KeyboardInterrupt) as reason:
        for how in signal.SIGINT, signal.SIGKILL:
            try:
                os.killpg(child.pid, how)
                child.wait(timeout=15)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                continue
        if isinstance(reason, KeyboardInterrupt):
            raise
        status = -1
        log.seek(0, os.SEEK_END)
        log.write(f"\ntime limit of {limit:.0f} s reached: ended\n")
    log.seek(begin)
    output = log.read()
    log.seek(0, os.SEEK_END)
    return output, status


def configure(tree, log):
    """Sets up a build directory, or gives one that is there the options it lacks."""
    path = os.path.join(ROOT, tree.path)
    options = ("-Dwerror=true", *tree.options)
    if not os.path.exists(os.path.join(path, "build.ninja")):
        compiler = {"CXX": tree.compiler, "CC": {"g++": "gcc", "clang++": "clang"}[tree.compiler]}
        return execute(["meson", "setup", path, *options], log, 300, compiler)[1] == 0
    set_now = {f"-D{o['name']}={str(o['value']).lower()}" for o in introspect(path, "--buildoptions")}
    lacking = [option for option in options if option not in set_now]
    if lacking and execute(["meson", "configure", path, *lacking], log, 300)[1] != 0:
        return False
    return execute(["ninja", "-C", path, "build.ninja"], log, 300)[1] == 0  # what meson.build files say now


def introspect(path, what):
    return json.loads(subprocess.run(["meson", "introspect", what, path], check=True, capture_output=True).stdout)


def tests_of(tree, suites):
    """The tests that meson knows, of the given suites."""
    known = introspect(os.path.join(ROOT, tree.path), "--tests")
    return [test for test in known if {name.split(":")[-1] for name in test["suite"]} & set(suites)]


def build(tree, tests, log):
    """Builds all, or only the programs that the tests start."""
    path = os.path.join(ROOT, tree.path)
    targets = []
    if not tree.whole:
        words = {word for test in tests for word in test["cmd"]}
        targets = sorted(os.path.relpath(word, path) for word in words if word.startswith(path + "/"))
    return execute(["ninja", "-C", path, "-j", str(os.cpu_count() or 2), *targets], log, 900)[1] == 0


def run_meson(suite, tests, log, arguments):
    total = Count()
    deadline = time.monotonic() + suite.limit
    for test in tests:
        log.write(f"\n--- {test['name']}\n")
        left = deadline - time.monotonic()
        if left <= 0:
            log.write("not started: the suite's time limit is reached\n")
            total.failed += 1
            continue
        output, status = execute(test["cmd"] + arguments, log, left, test["env"], test["workdir"] or ROOT)
        result = count(output, status)
        log.write(f"--- {test['name']}: {result}, exit status {status}\n")
        total += result
    return total


def run_suite(suite, log, arguments, broken):
    """Builds what the suite needs and runs it; a build that fails is one failure, and is tried once."""
    tree = TREES[suite.tree]
    if tree in broken:
        log.write(f"{tree.path} does not build, see above\n")
        return Count(0, 1)
    tests = tests_of(tree, suite.meson) if configure(tree, log) else None
    if tests is None or not build(tree, tests, log):
        broken.add(tree)
        return Count(0, 1)
    if suite.meson:
        return run_meson(suite, tests, log, arguments)
    return count(*execute(list(suite.command) + arguments, log, suite.limit))


def exists(suite):
    return all(os.path.exists(os.path.join(ROOT, needed)) for needed in suite.needs)


def show(log):
    log.seek(0)
    lines = log.read().splitlines()
    if len(lines) > SHOWN_ON_FAILURE:
        print(f"    ... {len(lines) - SHOWN_ON_FAILURE} lines before these are in {os.path.relpath(log.name, ROOT)}")
    for line in lines[-SHOWN_ON_FAILURE:]:
        print("    " + line)


def run_all(suites, long):
    if long:
        suites = [dataclasses.replace(suite, limit=10 * suite.limit) if suite.long else suite for suite in suites]
    total = Count()
    broken = set()
    os.makedirs(LOGS, exist_ok=True)
    for suite in suites:
        begin = time.monotonic()
        with open(os.path.join(LOGS, suite.name + ".log"), "w+", encoding="utf-8", errors="replace") as log:
            result = run_suite(suite, log, list(suite.long) if long else [], broken)
            if result.passed + result.failed == 0:
                log.write("\nnothing ran: that is a failure\n")
                result.failed = 1
            if result.failed:
                show(log)
        print(f"{suite.name}: {result}  [{time.monotonic() - begin:.0f} s]", flush=True)
        total += result
    print(f"{total.passed} passed, {total.failed} failed", flush=True)
    return total.failed == 0 and total.passed > 0


def main():
    parser = argparse.ArgumentParser(prog="test/run", description=__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("suite", nargs="*")
    parser.add_argument("--list", action="store_true", help="name the suites, do not run them")
    parser.add_argument("--long", action="store_true", help="fuzz for long")
    options = parser.parse_args()
    known = {suite.name: suite for suite in SUITES if exists(suite)}
    if options.list:
        for suite in known.values():
            print(suite.name + (" (by hand)" if suite.by_hand else ""))
        return 0
    for name in options.suite:
        if name not in known:
            parser.error(f'no suite "{name}"; there are: {" ".join(known)}')
    chosen = [s for s in known.values() if (s.name in options.suite if options.suite else not s.by_hand)]
    return 0 if run_all(chosen, options.long) else 1


if __name__ == "__main__":
    sys.exit(main())
