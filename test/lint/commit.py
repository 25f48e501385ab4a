#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Commit messages: "area: imperative subject" (lower-case area, at most 72 characters, no full stop), an empty line, a
body that says why and how it was verified, about the product only.

All commits that this clone has are looked at; a shallow clone has fewer. Samples are a file "commits", split by "----".
"""
import os
import re

from lint import Finding, run

SUBJECT = re.compile(r"[a-z][a-z0-9_.-]*(/[a-z0-9_.-]+|, [a-z0-9_.-]+)*: \S.*")
LONGEST = 72
FORGIVEN = {"340a30b"}  # landed before this check did, with a subject of 77 characters
FORBIDDEN = (
    (re.compile(r"\b(TO[D]O|FIX[M]E|X[X]X)\b"), "a note to oneself"),
    (re.compile(r"^co-authored-by:", re.I | re.M), "a trailer that is not used here"),
    (re.compile(r"/(home|wor[k]|root|Users|tmp/w)/\w|\.\./share[d]\b"), "a path of one machine"),
    (re.compile(r"\bissue #?\d+\b|\b(this|previous|earlier|next) session\b", re.I), "about the work, not the product"),
)


def messages(tree):
    """(short name, message) of every commit but merges."""
    if os.path.exists(tree.path(".git")):
        for record in tree.git("log", "--no-merges", "--format=%h%n%B%x00").split("\0"):
            name, _, message = record.strip("\n").partition("\n")
            if name:
                yield name, message
    elif os.path.exists(tree.path("commits")):
        for number, message in enumerate(tree.text("commits").replace("~", "").split("----\n"), 1):
            yield f"commit {number}", message


def faults(message):
    subject, _, rest = message.partition("\n")
    if not SUBJECT.fullmatch(subject):
        yield f'subject is not "area: what it does": {subject}'
    if len(subject) > LONGEST:
        yield f"subject has {len(subject)} characters, at most {LONGEST}: {subject}"
    if subject.rstrip().endswith("."):
        yield f"subject ends with a full stop: {subject}"
    if rest.strip() and not rest.startswith("\n"):
        yield "no empty line after the subject"
    if len(rest.split()) < 3:
        yield f"no body: say why, and how it was verified: {subject}"
    for pattern, say in FORBIDDEN:
        if found := pattern.search(message):
            yield f'"{found.group(0)}": {say}'


def check(tree):
    looked_at = 0
    for name, message in messages(tree):
        looked_at += 1
        if name[:7] in FORGIVEN:
            continue
        for fault in faults(message):
            yield Finding(name, 0, fault)
    print(f"{looked_at} commits")


if __name__ == "__main__":
    run(check)
