#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Runs a fuzz target: run.py SEEDS TARGET [libFuzzer's options, which win over those below]

Its inputs are kept beside the program in TARGET.corpus: `seeds`, written anew by SEEDS, and `new`, what libFuzzer has found.
A short run begins without `new` and with the same random numbers every time; one with -max_total_time of a minute and more
goes on where the last one ended. An input that fails is left in TARGET.corpus; give it to TARGET as its only argument.
"""
import os
import re
import shutil
import subprocess
import sys

SHORT = 60  # seconds
ENOUGH = 0.8  # of the stages, lanes, reasons and counters that a target says it can reach; the first inputs alone do
# No option of libFuzzer's that weighs inputs by rare branches: a whole router has too many.
USUAL = ("-seed=1", "-max_total_time=10", "-entropic=0", "-len_control=0", "-max_len=10000", "-timeout=60",
         "-rss_limit_mb=4096")


def seconds(options):
    given = [option for option in options if option.startswith("-max_total_time=")]
    return int(given[-1].split("=")[1])


def prepare(seeds, target, long):
    folder = target + ".corpus"
    for name in ("seeds",) if long else ("seeds", "new"):
        shutil.rmtree(os.path.join(folder, name), ignore_errors=True)
    os.makedirs(os.path.join(folder, "new"), exist_ok=True)
    words = os.path.join(folder, "words.dict")
    with open(words, "w", encoding="ascii"):
        pass
    subprocess.run([seeds, os.path.basename(target), os.path.join(folder, "seeds")], check=True)
    return folder, [f"-dict={words}"] if os.path.getsize(words) else []


def verdict(output, status):
    """What is wrong with a run; None: nothing."""
    if status != 0:
        return f"exit status {status}"
    if "#" not in output or "DONE" not in output:
        return "it did not come to its end"
    for reached, known in re.findall(r"^reached: (\d+) of (\d+)", output, re.MULTILINE):
        if int(reached) < ENOUGH * int(known):
            return "its inputs do not reach any more what they used to"
    return None


def main():
    if len(sys.argv) < 3 or "--help" in sys.argv:
        print(__doc__)
        return 0 if "--help" in sys.argv else 1
    seeds, target = map(os.path.abspath, sys.argv[1:3])
    options = [*USUAL, *sys.argv[3:]]
    folder, dictionary = prepare(seeds, target, seconds(options) >= SHORT)
    command = [target, *options, *dictionary, f"-artifact_prefix={folder}/", os.path.join(folder, "new"),
               os.path.join(folder, "seeds")]
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    output = run.stdout.decode(errors="replace")
    shown = [line for line in output.splitlines() if not re.match(r"#\d+\s+(NEW|REDUCE|pulse|RELOAD)|\s+NEW_FUNC|.*# Uses", line)]
    print("\n".join(shown))
    wrong = verdict(output, run.returncode)
    if wrong:
        print(f"{os.path.basename(target)}: {wrong}")
    print("0 passed, 1 failed" if wrong else "1 passed, 0 failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
