#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Words that do not belong in the tree: notes to oneself, paths of one machine, calls that have one home.

In the bad sample the words are written with a tilde inside, which the self-test takes out.
"""
import re

from lint import SAMPLES, Finding, run

# where: files that the rule looks at; home: files in which the word is at home
RULES = (
    # (regular expression, where, home, what to say)
    (r"\b(TO[D]O|FIX[M]E|X[X]X)\b", (), (), "do it, or open an issue"),
    (r"(?<![\w.])/(home|wor[k]|root|Users|media|tmp/w)/\w", (), ("test/lint/samples/",), "a path of one machine"),
    (r"\.\./share[d]\b", (), (), "a path outside of the tree"),
    (r"\brte_pktmbuf_free(_bulk|_seg)?\s*\(", ("lib/",), ("lib/packet/run.cpp", "lib/dpdk/"),
     "packets leave by a Verdict; leave() frees"),
    (r"\brte_(ring|mempool|pktmbuf_pool|hash|fib|lpm|rcu_qsbr_dq|ip_frag_table|acl|stack)_(create\w*|free)\s*\(",
     ("lib/", "drivers/", "app/"), ("lib/dpdk/", "app/bench/lookup_peers.cpp"), "lib/dpdk is the only home of create and free calls"),
    (r"\b(thread_local|__thread)\b", ("lib/", "drivers/", "app/"), (), "what a thread owns is passed to it"),
    (r"^\s*#define CATCH_CONFIG_(MAIN|RUNNER)\b", (), ("test/catch.cpp",), "Catch2 is compiled once: test/meson.build"),
    (r"\busing\s+namespace\s+std\b", (), (), "name what you use"),
)
TEXT = (".cpp", ".hpp", ".h", ".py", ".sh", ".md", ".build", ".txt", ".conf", ".options", ".json", ".yml",
        "run", "quickstart", "install-packages", ".1", ".5", ".8")


def check(tree):
    sample = SAMPLES in tree.root.replace("\\", "/") + "/"
    for name in tree.names((), TEXT):
        for number, line in enumerate(tree.lines(name), 1):
            line = line.replace("~", "") if sample else line
            for pattern, where, home, say in RULES:
                if (where and not name.startswith(where)) or (home and name.startswith(home)):
                    continue
                if found := re.search(pattern, line):
                    yield Finding(name, number, f'"{found.group(0)}": {say}')


if __name__ == "__main__":
    run(check)
