# SPDX-License-Identifier: BSD-3-Clause
"""What the linters share: the files of the tree, findings, options, and the self-test.

A linter is a function check(tree) that yields Finding rows. run(check) makes a program of it:

  LINTER.py [--root DIR] [--build DIR]    looks at the tree; every finding on a line, exit status 1 if there is one
  LINTER.py --self-test                   looks at samples/LINTER/good (nothing may be found) and at samples/LINTER/bad
                                          (exactly what its file "expected" lists, one text per line, must be found)
"""
import argparse
import dataclasses
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SAMPLES = "test/lint/samples/"
CPP = (".cpp", ".hpp", ".h", ".cc")


@dataclasses.dataclass(frozen=True)
class Finding:
    path: str
    line: int
    text: str

    def __str__(self):
        where = f"{self.path}:{self.line}" if self.line else self.path
        return f"{where}: {self.text}"


class Tree:
    """The files below a directory that belong to the project, as git or, outside of git, the directory tells."""

    def __init__(self, root, build=None):
        self.root = os.path.abspath(root)
        self.build = os.path.abspath(build) if build else os.path.join(self.root, "build")
        self._names = None

    def names(self, under=(), suffixes=()):
        """Paths relative to the root, sorted; the linters' own bad samples are not among them."""
        if self._names is None:
            self._names = sorted(self._list())
        under, suffixes = tuple(under), tuple(suffixes)
        return [n for n in self._names
                if (not under or n.startswith(under)) and (not suffixes or n.endswith(suffixes))]

    def _list(self):
        if os.path.exists(os.path.join(self.root, ".git")):
            listed = self.git("ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
            names = [n for n in listed if n and os.path.isfile(os.path.join(self.root, n))]
        else:
            names = [os.path.relpath(os.path.join(folder, name), self.root)
                     for folder, _, files in os.walk(self.root) for name in files]
        return {n for n in names if not n.startswith((SAMPLES, "build/")) and n != "expected"}

    def git(self, *words):
        # A tree that belongs to another user (sudo) is still this tree.
        command = ["git", "-c", "safe.directory=*", "-C", self.root, *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def path(self, name):
        return os.path.join(self.root, name)

    def text(self, name):
        with open(self.path(name), encoding="utf-8", errors="replace") as file:
            return file.read()

    def lines(self, name):
        return self.text(name).splitlines()


def self_test(check, name):
    failures = []
    good = os.path.join(HERE, "samples", name, "good")
    for finding in check(Tree(good)):
        failures.append(f"good sample refused: {finding}")
    bad = os.path.join(HERE, "samples", name, "bad")
    found = [str(finding) for finding in check(Tree(bad))]
    with open(os.path.join(bad, "expected"), encoding="utf-8") as file:
        expected = file.read().splitlines()
    for text in expected:
        hit = next((f for f in found if text in f), None)
        if hit is None:
            failures.append(f"not found in the bad sample: {text}")
        else:
            found.remove(hit)
    failures += [f"found in the bad sample, not expected: {f}" for f in found]
    return failures, len(expected)


def run(check):
    name = os.path.splitext(os.path.basename(sys.argv[0]))[0]
    parser = argparse.ArgumentParser(prog=name, description=sys.modules["__main__"].__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--root", default=ROOT, help="the tree to look at (default: this one)")
    parser.add_argument("--build", help="its build directory (default: ROOT/build)")
    parser.add_argument("--self-test", action="store_true", help="prove on samples that it can fail")
    options = parser.parse_args()
    if options.self_test:
        failures, expected = self_test(check, name)
        print("\n".join(failures) or f"{name}: {expected} planted faults found")
        sys.exit(1 if failures else 0)
    findings = sorted(check(Tree(options.root, options.build)), key=lambda f: (f.path, f.line))
    for finding in findings:
        print(finding)
    print(f"{name}: {len(findings)} found" if findings else f"{name}: nothing found")
    sys.exit(1 if findings else 0)
