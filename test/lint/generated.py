#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Documents that a program prints are what it prints today; to mend: test/lint/generated.py --write.

A document is looked at when it is in the tree or its program is built. In samples the program is a script of that name
in the root of the sample.
"""
import json
import os
import subprocess
import sys

from lint import ROOT, Finding, Tree, run

# (document, meson target that prints it, its arguments)
TABLE = (
    ("docs/commands.md", "flyover-docs", ("commands",)),
    ("docs/drop-reasons.md", "flyover-docs", ("drop-reasons",)),
    ("docs/stages.md", "flyover-docs", ("stages",)),
)


def program(tree, target):
    """Path of a built program, or None."""
    sample = tree.path(target)
    if os.path.exists(sample):
        return sample
    if not os.path.exists(os.path.join(tree.build, "build.ninja")):
        return None
    listed = subprocess.run(["meson", "introspect", "--targets", tree.build], check=True, capture_output=True).stdout
    for known in json.loads(listed):
        if known["name"] == target and os.path.exists(known["filename"][0]):
            return known["filename"][0]
    return None


def printed(tree, target, arguments):
    path = program(tree, target)
    if path is None:
        return None
    return subprocess.run([path, *arguments], check=True, capture_output=True, text=True, cwd=tree.root).stdout


def check(tree):
    for document, target, arguments in TABLE:
        there = os.path.exists(tree.path(document))
        text = printed(tree, target, arguments)
        if text is None and there:
            yield Finding(document, 0, f"is printed by {target}, which is not built")
        elif text is not None and (not there or tree.text(document) != text):
            yield Finding(document, 0, "is not what its program prints: run test/lint/generated.py --write")


def write():
    tree = Tree(ROOT)
    for document, target, arguments in TABLE:
        text = printed(tree, target, arguments)
        if text is not None:
            with open(tree.path(document), "w", encoding="utf-8") as file:
                file.write(text)
            print(document)


if __name__ == "__main__":
    write() if sys.argv[1:] == ["--write"] else run(check)
