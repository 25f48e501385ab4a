#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Files and functions stay small: files <= 600 lines, files of stages <= 200, functions in lib/ <= 80 lines.

Measured with Universal Ctags; the median and the 90th percentile of what stands in lib/ are printed.
"""
import json
import re
import statistics
import subprocess

from lint import CPP, Finding, run

FILE_LIMIT, STAGE_LIMIT, FUNCTION_LIMIT = 600, 200, 80
SOURCES = CPP + (".py", ".sh", "meson.build")
STAGE = re.compile(r"\bVerdict\s+(\w+::)*step\s*\(|\bvoid\s+(\w+::)*run\s*\(\s*Burst\s*&")
STAGE_ROOMS = ("lib/iface/", "lib/route/", "lib/neighbour/", "lib/hook/", "lib/tunnel/", "lib/xfrm/", "lib/ipv4/")


def functions(tree, names):
    """(path, line, name, length) of every function body that ctags sees."""
    if not names:
        return
    command = ["ctags", "--languages=C++", "--langmap=C++:+.hpp.h.cpp", "--kinds-C++=f", "--fields=+ne",
               "--output-format=json", "-f", "-", "-L", "-"]
    done = subprocess.run(command, input="\n".join(names), cwd=tree.root, check=True, capture_output=True, text=True)
    for line in done.stdout.splitlines():
        tag = json.loads(line)
        if "end" in tag:
            yield tag["path"], tag["line"], tag["name"], tag["end"] - tag["line"] + 1


def tail(lengths):
    """Median and 90th percentile."""
    ordered = sorted(lengths)
    p90 = ordered[int(0.9 * (len(ordered) - 1))]
    return f"median {statistics.median(ordered):.0f}, p90 {p90}, longest {ordered[-1]}"


def check(tree):
    files = []
    for name in tree.names(("lib/", "drivers/", "app/", "test/"), SOURCES):
        length = len(tree.lines(name))
        is_stage = name.startswith(STAGE_ROOMS) and name.endswith(CPP) and STAGE.search(tree.text(name))
        limit = STAGE_LIMIT if is_stage else FILE_LIMIT
        if name.startswith("lib/"):
            files.append(length)
        if length > limit:
            yield Finding(name, 0, f"{length} lines, {'a stage has' if is_stage else 'a file has'} at most {limit}")
    lengths = []
    for path, line, name, length in functions(tree, tree.names(("lib/",), CPP)):
        lengths.append(length)
        if length > FUNCTION_LIMIT:
            yield Finding(path, line, f"{name}() has {length} lines, a function has at most {FUNCTION_LIMIT}")
    if files:
        print(f"lib: {len(files)} files, {tail(files)}")
    if lengths:
        print(f"lib: {len(lengths)} functions, {tail(lengths)}")


if __name__ == "__main__":
    run(check)
