"""Moments as people write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time

from pipelines.contracts import Refusal

BARE_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
DATE_AND_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}.*")


def moment_of(text: str) -> datetime:
    """The moment that `text` names: a bare date is the end of that day, a time without offset is UTC."""
    written = text.strip()
    try:
        if BARE_DATE.fullmatch(written):
            return datetime.combine(datetime.fromisoformat(written), time.max, tzinfo=UTC)
        if DATE_AND_TIME.fullmatch(written):
            moment = datetime.fromisoformat(written)
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise Refusal(f"{text!r} is not a moment; write a date as 2026-06-30 or a time as 2026-06-30T14:00:00+02:00.")


def in_utc(moment: datetime) -> datetime:
    """The same moment in UTC; one without a time zone is refused, since nobody knows when it was."""
    if moment.tzinfo is None:
        raise Refusal(f"The moment {moment.isoformat()} has no time zone; add one, such as +00:00.")
    return moment.astimezone(UTC)
