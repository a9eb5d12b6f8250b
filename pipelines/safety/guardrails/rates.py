"""Rate limits: how much room an hour has left, and how long to wait before asking an API again."""

from __future__ import annotations

from math import ceil

from pipelines.safety.guardrails.policy import Backoff


def room_left(most: int, used: int) -> int:
    """How many more may go in this hour."""
    return max(0, most - used)


def hours_for(messages: int, most_an_hour: int) -> int:
    """How many hours so many messages take at the most that is allowed."""
    return ceil(messages / most_an_hour)


def wait_before(attempt: int, backoff: Backoff, *, drawn: float, retry_after: float | None = None) -> float:
    """Seconds to wait before the attempt (1 is the first repetition); `drawn` is a random number from 0 to 1."""
    if retry_after is not None:
        return max(0.0, retry_after)
    # No more doublings than reach the most: a large power would overflow.
    return float(min(backoff.most_seconds, backoff.first_seconds * 2 ** min(attempt - 1, 60)) * (0.5 + drawn / 2))
