#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Every source file begins with its licence, in one line: the first one, or the second after #!."""
from lint import CPP, Finding, run

LICENCE = "SPDX-License-Identifier: BSD-3-Clause"
COMMENT = {"// " + LICENCE, "# " + LICENCE}
NAMES = CPP + (".py", ".sh", "meson.build", "meson_options.txt", "/run", "/quickstart", "/install-packages")


def check(tree):
    for name in tree.names():
        if not ("/" + name).endswith(NAMES) or "/__" in name:
            continue
        lines = tree.lines(name)[:2]
        first = lines[1:2] if lines and lines[0].startswith("#!") else lines[:1]
        if not first or first[0] not in COMMENT:
            yield Finding(name, 1, f'should begin with "// {LICENCE}" (or # as the language asks)')


if __name__ == "__main__":
    run(check)
