"""How many messages may be claimed now, and how long to wait after what a provider said: plain numbers in and out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from math import isfinite
from typing import Any

from pipelines.delivery.policy import DeliveryPolicy, SenderPolicy

MOST_ASKED_FOR_SECONDS = 3600.0


def room_of_sender(policy: DeliveryPolicy, sender: SenderPolicy, now: datetime, claimed_today: int) -> int | None:
    """What a new sender may still send today; None where nothing limits it."""
    if sender.since is None:
        return None
    day = (now.date() - sender.since).days
    if day < 0:
        return 0
    if day >= len(policy.warm_up_a_day):
        return None
    return max(policy.warm_up_a_day[day] - claimed_today, 0)


def within_domains(
    due: Sequence[dict[str, Any]], limits: Mapping[str, int], claimed: Mapping[str, int]
) -> list[dict[str, Any]]:
    """Those who may be claimed without writing to the mailboxes of a provider more often than they take."""
    room = {domain: limit - claimed.get(domain, 0) for domain, limit in limits.items()}
    kept = []
    for row in due:
        domain = row["domain"]
        if domain in room:
            if room[domain] <= 0:
                continue
            room[domain] -= 1
        kept.append(row)
    return kept


def wait_until(now: datetime, failures: int, asked_for: float | None, *, most_seconds: float = 300) -> datetime:
    """When to ask a provider again: as it says itself within the hour, else a second, doubled with each failure."""
    # A wait is never taken back: a moment where seconds belong must not close a channel for decades.
    if asked_for is not None and isfinite(asked_for):
        return now + timedelta(seconds=min(max(asked_for, 0), MOST_ASKED_FOR_SECONDS))
    return now + timedelta(seconds=min(2.0 ** min(max(failures - 1, 0), 60), most_seconds))
