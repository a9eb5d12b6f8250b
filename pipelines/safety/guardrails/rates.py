"""Rate limits: how much room an hour has left, and how many hours messages take."""

from __future__ import annotations

from math import ceil


def room_left(most: int, used: int) -> int:
    """How many more may go in this hour."""
    return max(0, most - used)


def hours_for(messages: int, most_an_hour: int) -> int:
    """How many hours so many messages take at the most that is allowed."""
    return ceil(messages / most_an_hour)
