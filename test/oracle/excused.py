# SPDX-License-Identifier: BSD-3-Clause
"""Cases in which Flyover's answer differs from Linux's: the case's name, and the row of docs/differences.md that says why."""

EXCUSED = {
    'default-routes-alike': ['errors by two default routes alike'],
    'hold-queue-bytes': ['300 packets: the last ones are kept', '150 long packets: the last ones are kept'],
    'held-when-route-goes': ['given up when the route has gone'],
    'redirect-by-second-route': ['redirect by a second route to the sender'],
    'held-by-the-same': ['given up where the way back leads'],
    'source-route-by-ourselves': ['strict source route that fails, by way of ourselves'],
    'source-route-from-many': ['reset, accepted: loose source route that is used up, from 224.0.0.1',
                               'reset, accepted: loose source route that is used up, from 255.255.255.255'],
    'route-mtu-above-port': ['route with mtu above the port', 'route with mtu above the port, no DF'],
}


def excuse(groups):
    reason_of = {name: reason for reason, names in EXCUSED.items() for name in names}
    for group in groups:
        for case in group.cases:
            case.differs = case.differs or reason_of.pop(case.name, None)
    if reason_of:
        raise ValueError('no case is called ' + ', '.join(reason_of))
