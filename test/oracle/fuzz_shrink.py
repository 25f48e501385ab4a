# SPDX-License-Identifier: BSD-3-Clause
"""A case in which two routers differ, made smaller as long as they still differ."""
import time

from fuzz_pair import Case


def smaller_frames(frame):
    """Simpler forms of a frame description: each with one field gone."""
    for part in ('eth', 'ip', 'body'):
        for key in frame.get(part, {}):
            if key not in ('part', 'spa', 'tpa'):
                yield {**frame, part: {k: v for k, v in frame[part].items() if k != key}}


class Shrinker:
    """Every try runs both routers; the time for it is bounded."""

    def __init__(self, pair, until):
        self.pair, self.until = pair, until

    def differs(self, case):
        return time.monotonic() < self.until and self.pair.differs(case) is not None

    def start(self, case, number):
        """The case cut down to the part that differs, with what came before it as far as it takes that; None: routers
        that have seen nothing else do not differ in it."""
        parts = case.parts()
        here = parts[number] if 0 <= number < len(parts) else []
        before = [item for part in parts[:number + 1] for item in part] if number < len(parts) else case.items
        lines = [item for item in before if not {'port', 'ask'} & set(item[0])]
        lines = [item for item in lines if item not in here]
        for items, batch in ((here, 1), (lines + here, 1), (before, 1), (here, case.batch), (before, case.batch), (case.items, case.batch)):
            smaller = case.but(items=items, batch=batch)
            if self.differs(smaller):
                return smaller
        return None

    def shrink(self, case):
        case = case.but(items=self.fewer(case.items, lambda items: case.but(items=items)))
        case = case.but(config=self.fewer(case.config, lambda config: case.but(config=config)))
        for number in range(len(case.items)):
            case = self.shrink_item(case, number)
        return case

    def fewer(self, things, case_of):
        """Things without those that the difference does not need: halves first, then less and less."""
        size = (len(things) + 1) // 2
        while size:
            at = 0
            while at < len(things):
                left = things[:at] + things[at + size:]
                if self.differs(case_of(left)):
                    things = left
                else:
                    at += size
            size = size // 2
        return things

    def shrink_item(self, case, number):
        def with_item(item):
            return case.but(items=case.items[:number] + [item] + case.items[number + 1:])

        item = case.items[number]
        if 'port' not in item[0]:
            return case
        item = self.fewer(item, lambda left: with_item(left) if left else Case([], []))
        for at in range(len(item)):
            again = True
            while again:
                again = False
                for simpler in smaller_frames(item[at]):
                    left = item[:at] + [simpler] + item[at + 1:]
                    if self.differs(with_item(left)):
                        item, again = left, True
                        break
        return with_item(item)
