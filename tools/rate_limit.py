# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Rate limits, in the memory of this process."""

import time
from collections import OrderedDict

_KEYS_MAX = 10_000  # so that a flood of addresses cannot fill the memory


class RateLimit:
    """Up to `limit` events of a key in each window of `seconds`; each process counts for itself."""

    def __init__(self, limit: int, seconds: float, clock=time.monotonic):
        self.limit = limit
        self.seconds = seconds
        self.clock = clock
        self._windows = OrderedDict()  # by key: when it began, and how many events it has seen

    def is_reached(self, key: str) -> bool:
        """Whether the key has used up its events for now."""
        started, count = self._windows.get(key, (0, 0))
        return count >= self.limit and self.clock() - started < self.seconds

    def add(self, key: str) -> None:
        """Count one event of the key."""
        now = self.clock()
        started, count = self._windows.pop(key, (now, 0))
        if now - started >= self.seconds:
            started, count = now, 0
        self._windows[key] = started, count + 1
        if len(self._windows) > _KEYS_MAX:
            self._windows.popitem(last=False)
