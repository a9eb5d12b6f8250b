"""How often and how long after each other an outside service is asked: backoff with full jitter, or as it asks."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Generic, TypeVar

W = TypeVar("W")

_IN_UNITS = (("retry-after-ms", 1000.0), ("x-ms-retry-after-ms", 1000.0), ("retry-after", 1.0))


@dataclass(frozen=True, slots=True)
class Patience(Generic[W]):
    """The policy, and the outside that it needs: a way to wait (also one that is awaited), chance, and two clocks."""

    sleep: Callable[[float], W]
    tries: int = 5
    first_seconds: float = 0.5
    longest_seconds: float = 20.0
    most_asked_for_seconds: float = 60.0
    chance: Callable[[], float] = random.random
    stopwatch: Callable[[], float] = time.monotonic
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def pause(self, tried: int, asked_for: float | None = None) -> float:
        """Seconds until the next try, by chance or as the service asked."""
        if asked_for is not None:
            # A little more than asked for, or all would return in the same moment.
            return min(asked_for, self.most_asked_for_seconds) + self.chance() * self.first_seconds
        return self.chance() * min(self.longest_seconds, self.first_seconds * 2.0 ** (tried - 1))


def told_to_wait(headers: Mapping[str, str], now: datetime) -> float | None:
    """How long a service asks to be left alone: in milliseconds, or by `Retry-After` in seconds or as a date."""
    for name, unit in _IN_UNITS:
        told = headers.get(name, "").strip()
        if re.fullmatch(r"\d+(\.\d+)?", told):
            return float(told) / unit
    try:
        until = parsedate_to_datetime(headers.get("retry-after", ""))
        # By the service's own clock if it says the time: ours may be wrong.
        since = parsedate_to_datetime(headers["date"]) if "date" in headers else now
    except (ValueError, OverflowError):
        return None
    aware = [moment if moment.tzinfo else moment.replace(tzinfo=UTC) for moment in (until, since)]
    return max(0.0, (aware[0] - aware[1]).total_seconds())
