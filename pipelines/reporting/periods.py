"""Months by name, and what is due to a subscriber."""

from __future__ import annotations

import re
from datetime import date, timedelta

from pipelines.contracts import Refusal

MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


def month_named(month: str) -> date:
    """The first day of a month such as 2026-11."""
    found = MONTH.fullmatch(month)
    if found is None:
        raise Refusal(f"{month} is no month; write it as 2026-11.")
    return date(int(found[1]), int(found[2]), 1)


def month_before(month: date) -> date:
    """The first day of the month before."""
    return (month - timedelta(days=1)).replace(day=1)


def due(every: str, today: date) -> tuple[str, date]:
    """The period that a subscriber should have by now, and the month whose report covers its last day."""
    if every == "month":
        month = month_before(today.replace(day=1))
        return f"{month:%Y-%m}", month
    yesterday = today - timedelta(days=1)
    if every == "week":
        last_sunday = today - timedelta(days=today.isoweekday())
        year, week, _ = last_sunday.isocalendar()
        return f"{year}-W{week:02}", last_sunday.replace(day=1)
    return yesterday.isoformat(), yesterday.replace(day=1)
