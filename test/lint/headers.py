#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Every header compiles alone, and twice in a row.

A header that its own source file includes first (x.hpp in x.cpp) has compiled alone whenever the project was built; the
others are compiled here. The flags are those of the nearest source file in BUILD/compile_commands.json. A header is not compiled again while
nothing that it includes has changed (stamps in BUILD/lint). A tree without compile_commands.json (the samples) is
compiled with the include paths of the project only.
"""
import concurrent.futures
import json
import os
import re
import shlex
import subprocess
import tempfile

from lint import Finding, run

DROPPED = {"-c", "-MD", "-MMD", "-MP", "-g", "-pipe"}          # flags that make a file or cost time
INCLUDE = re.compile(r'^#include [<"]([^">]+)[">]', re.M)
DROPPED_WITH_VALUE = {"-o", "-MF", "-MQ", "-MT"}


def commands(tree):
    """{folder: (working directory, compiler and flags)} from the compile database."""
    path = os.path.join(tree.build, "compile_commands.json")
    if not os.path.exists(path):
        return {"": (tree.root, ["g++", "-std=c++20", f"-I{tree.root}", f"-I{tree.root}/lib"])}
    found = {}
    with open(path, encoding="utf-8") as file:
        for entry in json.load(file):
            source = os.path.join(entry["directory"], entry["file"])
            folder = os.path.relpath(os.path.dirname(os.path.realpath(source)), tree.root)
            found.setdefault(folder, (entry["directory"], flags(shlex.split(entry["command"]), entry["file"])))
    return found


def flags(words, source):
    kept, words = [], iter(words)
    for word in words:
        if word in DROPPED_WITH_VALUE:
            next(words, None)
        elif word not in DROPPED and word != source and not word.startswith(("-fsanitize", "-O")):
            kept.append(word)
    return kept[1:] if kept and os.path.basename(kept[0]) == "ccache" else kept


def nearest(known, folder):
    """Flags of the folder, else of a parent, else of a folder below, else of any."""
    here = folder
    while here:
        if here in known:
            return known[here]
        here = os.path.dirname(here)
    below = sorted(k for k in known if k.startswith(folder + "/"))
    return known[(below or sorted(known))[0]]


def fresh(stamp):
    """Whether all that the header included last time is older than its stamp."""
    try:
        made = os.stat(stamp).st_mtime_ns
        with open(stamp, encoding="utf-8") as file:
            return all(os.stat(line.rstrip("\n")).st_mtime_ns <= made for line in file)
    except OSError:
        return False


def compile_alone(header, directory, words, stamp):
    """The compiler's complaint, or None."""
    if stamp and fresh(stamp):
        return None
    with tempfile.TemporaryDirectory() as scratch:
        source, rule = os.path.join(scratch, "alone.cpp"), os.path.join(scratch, "rule")
        with open(source, "w", encoding="utf-8") as file:
            file.write(f'#include "{header}"\n#include "{header}"\n')
        command = [*words, "-fdiagnostics-color=never", "-fsyntax-only", "-MD", "-MF", rule, source]
        done = subprocess.run(command, cwd=directory, capture_output=True, text=True)
        if done.returncode != 0:
            return done.stderr
        if stamp:
            with open(rule, encoding="utf-8") as file:
                included = file.read().split(":", 1)[1].replace("\\\n", " ").split()
            os.makedirs(os.path.dirname(stamp), exist_ok=True)
            with open(stamp, "w", encoding="utf-8") as file:
                file.writelines(os.path.join(directory, i) + "\n" for i in included if i != source)
    return None


def proved_by_build(tree, name):
    """Whether x.cpp begins with x.hpp, which cannot be included twice."""
    source = os.path.splitext(name)[0] + ".cpp"
    if not os.path.exists(tree.path(source)) or not os.path.exists(os.path.join(tree.build, "compile_commands.json")):
        return False
    first = INCLUDE.search(tree.text(source))
    return (first is not None and name.endswith("/" + first.group(1))
            and re.search(r"^#pragma once$", tree.text(name), re.M) is not None)


def check(tree):
    known = commands(tree)
    keep = os.path.join(tree.build, "lint") if os.path.isdir(tree.build) else None

    def one(name):
        directory, words = nearest(known, os.path.dirname(name))
        stamp = os.path.join(keep, name.replace("/", "_")) if keep else None
        return name, compile_alone(tree.path(name), directory, words, stamp)

    headers = tree.names(("lib/", "drivers/", "app/", "test/"), (".hpp", ".h"))
    proved = {name for name in headers if proved_by_build(tree, name)}
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        for name, complaint in pool.map(one, [name for name in headers if name not in proved]):
            if complaint:
                first = next((line for line in complaint.splitlines() if "error" in line), complaint[:200])
                yield Finding(name, 0, f"does not compile alone: {first.split(': ', 1)[-1]}")
    print(f"{len(headers)} headers, {len(proved)} of them first in their own source file")


if __name__ == "__main__":
    run(check)
