"""What is open to everyone: so many times a minute and key, and so many at once; counted in this process."""

from __future__ import annotations

import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from fastapi import Request

from liftline_console.problems import Problem

MINUTE = 60.0
FORGED_OF_ONE_CLIENT = 60


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


class Seats:
    """So many at once for each key: who is slow takes no place of anybody else's."""

    def __init__(self, most: int) -> None:
        self._most, self._taken, self._alone = most, Counter[str](), threading.Lock()

    @contextmanager
    def one(self, key: str) -> Iterator[bool]:
        """Whether there is a place; it is free again at the end of the block."""
        with self._alone:
            free = self._taken[key] < self._most
            self._taken[key] += 1
        try:
            yield free
        finally:
            with self._alone:
                self._taken[key] -= 1
                if not self._taken[key]:
                    del self._taken[key]


def check_disbelieved(request: Request) -> None:
    """Count a post that is none of the vendor's, and tell who sends many to wait; a signed one is never held up."""
    came_from = request.client.host if request.client else ""
    if not request.app.state.turnstile.admits(f"forged {came_from}", FORGED_OF_ONE_CLIENT):
        raise Problem(429, "Too many posts from there are not signed; wait a minute.", headers={"Retry-After": "60"})
