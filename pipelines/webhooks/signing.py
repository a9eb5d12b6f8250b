"""How a receiver can tell that a request is ours and fresh: HMAC-SHA256 over the moment and the exact body."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta

SIGNATURE = "X-Liftline-Signature"
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360, 720, 1440))
"""How long is waited after each try that failed; after the last there is none."""


def signature(secret: str, body: bytes, moment: datetime) -> str:
    """`t=<seconds>,v1=<hex>`, as the receiver can compute it."""
    seconds = str(int(moment.timestamp()))
    digest = hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={digest}"


def verified(secret: str, body: bytes, header: str, now: datetime, *, tolerance: timedelta) -> bool:
    """What a receiver does: the same signature, and not older than the tolerance."""
    parts = dict(part.partition("=")[::2] for part in header.split(","))
    if not parts.get("t", "").isdecimal() or abs(now.timestamp() - int(parts["t"])) > tolerance.total_seconds():
        return False
    mine = signature(secret, body, datetime.fromtimestamp(int(parts["t"]), tz=now.tzinfo))
    return hmac.compare_digest(mine, header)


def next_try(attempts: int, now: datetime) -> datetime | None:
    """When to try again after so many attempts; None: never."""
    return now + WAITS[attempts - 1] if attempts <= len(WAITS) else None
