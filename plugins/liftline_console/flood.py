"""A turnstile for what is open to everyone: so many times a minute and key, counted in this process."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

MINUTE = 60.0


class Turnstile:
    """Counts by whole minutes; of very many keys the ones not seen for longest are forgotten: memory is bounded.

    With several processes each counts for itself: then a flood gets so many times more through, which is still little.
    """

    def __init__(self, *, most_keys: int = 20_000, clock: Callable[[], float] = time.monotonic) -> None:
        self._most_keys, self._clock = most_keys, clock
        self._counted: OrderedDict[str, tuple[int, int]] = OrderedDict()
        self._alone = threading.Lock()

    def admits(self, key: str, most: int) -> bool:
        """Count one more for the key; False if that is too many in this minute."""
        minute = int(self._clock() // MINUTE)
        with self._alone:
            began, used = self._counted.pop(key, (minute, 0))
            used = used + 1 if began == minute else 1
            self._counted[key] = (minute, used)
            while len(self._counted) > self._most_keys:
                self._counted.popitem(last=False)
        return used <= most
