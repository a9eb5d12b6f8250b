"""A variant as it lies in the database, made ready to be screened, and whether what it cites may still be cited."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from pipelines.safety.checkpoint import BrandFacts
from pipelines.safety.context import ScreeningContext
from pipelines.safety.finding import Finding

Row = Mapping[str, Any]


def context_of(row: Row, brand: BrandFacts, recipient_locales: tuple[str, ...]) -> ScreeningContext:
    """Everything that the checks look at."""
    return ScreeningContext(
        variant_id=row["variant_id"],
        version=row["version"],
        channel=row["channel"],
        locale=row["locale"],
        subject=row["subject"],
        preheader=row["preheader"],
        html=row["html"],
        text=row["body"],
        link=row["link"],
        allowed_hosts=frozenset(brand.allowed_hosts),
        verdicts=tuple((place, text, verdict, code, why) for place, text, verdict, code, why in row["verdicts"]),
        recipient_locales=recipient_locales,
        tone=row["tone"],
        sender_names=brand.sender_names,
        own_contacts=brand.own_contacts,
        frame_texts=brand.frame(row["locale"]),
    )


def withdrawn_citations(row: Row) -> tuple[Finding, ...]:
    """A finding where the text rests on a passage that was approved once and may not be cited today (promise 3)."""
    if not row["uncitable"]:
        return ()
    sentence = "It cites what is retired, expired or no longer approved; draft it again from today's content."
    return (Finding("citations", "citation_withdrawn", "block", sentence, " ".join(row["uncitable"])),)


def valid_until(last_day: date | None) -> datetime | None:
    """The moment at which the first cited passage expires; it may be cited on its last day."""
    return datetime.combine(last_day + timedelta(days=1), time(), UTC) if last_day else None
