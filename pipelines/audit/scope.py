"""What an export is of: a tenant, perhaps one campaign, perhaps a span of days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from pipelines.contracts import Refusal


@dataclass(frozen=True, slots=True)
class Scope:
    """Which entries are shown; both days count, in UTC."""

    tenant: str
    campaign: str | None = None
    first_day: date | None = None
    last_day: date | None = None

    @property
    def since(self) -> datetime | None:
        """The moment from which entries count."""
        return datetime.combine(self.first_day, time(), UTC) if self.first_day else None

    @property
    def until(self) -> datetime | None:
        """The moment before which entries count."""
        return datetime.combine(self.last_day + timedelta(days=1), time(), UTC) if self.last_day else None

    @property
    def sentence(self) -> str:
        """The scope in words."""
        parts = [f"tenant {self.tenant}"]
        parts += [f"campaign {self.campaign}"] if self.campaign else []
        parts += [f"from {self.first_day}"] if self.first_day else []
        parts += [f"to {self.last_day}"] if self.last_day else []
        return ", ".join(parts)


def day_of(text: str | None) -> date | None:
    """The day that is written as 2026-11-20."""
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refusal(f"{text!r} is no day; write it as 2026-11-20.") from None
