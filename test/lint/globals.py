#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""No global mutable state in lib/ and drivers/: every variable at namespace scope, every static member and every static
in a function is const or constexpr.

Variables at namespace scope come from Universal Ctags; statics elsewhere from the text of their declaration.
"""
import json
import re
import subprocess

from lint import CPP, Finding, run

STATIC = re.compile(r"^\s*(?:inline\s+)?(?:static|thread_local|extern)\b(?!_)(?!\s*\"C)")
COMMENT = re.compile(r"//.*|/\*.*?\*/")


def declaration(lines, number):
    """The text of the declaration that begins in this line, up to what ends its head."""
    text = ""
    for line in lines[number - 1:number + 5]:
        text += COMMENT.sub("", line) + " "
        if re.search(r"[;={(]", text):
            break
    return re.split(r"[;={]", text, maxsplit=1)[0]


def constant(head):
    """Whether the variable itself is constant: a pointer to constants is not."""
    while (shorter := re.sub(r"<[^<>]*>", "", head)) != head:
        head = shorter
    return bool(re.search(r"\bconstexpr\b", head) or re.search(r"\bconst\b", head.rsplit("*", 1)[-1]))


def namespace_variables(tree, names):
    if not names:
        return
    command = ["ctags", "--languages=C++", "--langmap=C++:+.hpp.h.cpp", "--kinds-C++=vx", "--fields=+ns",
               "--output-format=json", "-f", "-", "-L", "-"]
    done = subprocess.run(command, input="\n".join(names), cwd=tree.root, check=True, capture_output=True, text=True)
    for line in done.stdout.splitlines():
        tag = json.loads(line)
        if tag.get("scopeKind", "namespace") == "namespace":
            yield tag["path"], tag["line"], tag["name"]


def check(tree):
    names = tree.names(("lib/", "drivers/"), CPP)
    text = {name: tree.lines(name) for name in names}
    seen = set()
    for path, line, name in namespace_variables(tree, names):
        before = " ".join(text[path][max(0, line - 3):line - 1]).rsplit(";", 1)[-1].rsplit("}", 1)[-1]
        if not constant(before + " " + declaration(text[path], line)):
            seen.add((path, line))
            yield Finding(path, line, f"{name}: mutable state at namespace scope")
    for path, lines in text.items():
        for number, line in enumerate(lines, 1):
            if (path, number) in seen or not STATIC.match(line):
                continue
            head = declaration(lines, number)
            if "(" not in head and not constant(head):
                yield Finding(path, number, f"mutable static: {head.strip()}")


if __name__ == "__main__":
    run(check)
