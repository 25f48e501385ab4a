#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""C++ is written as clang-format writes it (.clang-format); to mend: test/lint/format.py --write."""
import os
import re
import subprocess
import sys

from lint import CPP, ROOT, Finding, Tree, run

WARNING = re.compile(r"^(.+?):(\d+):\d+: (?:warning|error): (.*)$", re.M)


def sources(tree):
    return tree.names(("lib/", "drivers/", "app/", "test/"), CPP)


def check(tree):
    names = sources(tree)
    if not names:
        return
    style = "--style=file:" + os.path.join(ROOT, ".clang-format")
    command = ["clang-format", "--dry-run", "-Werror", style, *names]
    done = subprocess.run(command, cwd=tree.root, capture_output=True, text=True)
    seen = set()
    for name, line, text in WARNING.findall(done.stderr):
        if name not in seen:  # one finding per file: the first place
            yield Finding(name, int(line), f"not as clang-format writes it: clang-format -i {name}")
        seen.add(name)
    if done.returncode != 0 and not seen:
        yield Finding(".clang-format", 0, done.stderr.strip() or "clang-format failed")


def write():
    tree = Tree(ROOT)
    subprocess.run(["clang-format", "-i", "--style=file", *sources(tree)], cwd=tree.root, check=True)


if __name__ == "__main__":
    write() if sys.argv[1:] == ["--write"] else run(check)
