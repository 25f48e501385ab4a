# SPDX-License-Identifier: BSD-3-Clause
"""All groups of cases, in the order in which they are run."""
import importlib
import pkgutil

from case import Group
from excused import excuse


def load():
    """Import every module here; each adds its groups. Names of cases are unique, so are the sources made from them."""
    for module in sorted(m.name for m in pkgutil.iter_modules(__path__)):
        importlib.import_module('cases.' + module)
    names, sources = set(), {}
    for group in Group.known:
        for case in group.cases:
            if case.name in names:
                raise ValueError('two cases are called ' + case.name)
            if case.source in sources:
                raise ValueError('%s and %s share a source address; rename one' % (case.name, sources[case.source]))
            names.add(case.name)
            sources[case.source] = case.name
    excuse(Group.known)
    return Group.known
