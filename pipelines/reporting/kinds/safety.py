"""What was screened, who overruled it, and how long people took to answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pipelines.reporting.document import Chart, Column, Section
from pipelines.reporting.numbers import told

READS = ("safety",)
VERDICTS = ("passed", "reviewed", "blocked")

Rows = Sequence[Mapping[str, Any]]


def sections(facts: Mapping[str, Rows], month: date, *, for_client: bool) -> list[Section]:
    """The sections of the safety report; clients are shown the outcome, not who overruled what."""
    campaigns = facts["safety"]
    return [
        _coverage(campaigns),
        _screening(campaigns),
        *([] if for_client else [_people(campaigns)]),
    ]


def _coverage(campaigns: Rows) -> Section:
    drafted, screened = (sum(row[name] for row in campaigns) for name in ("drafted", "screened"))
    if not drafted:
        return Section("coverage", "Coverage", empty="No text was drafted in this month.")
    parts = " + ".join(f"{sum(row[name] for row in campaigns):,} {name}" for name in VERDICTS)
    stopped = sum(row["stopped_by_grounding"] for row in campaigns)
    return Section(
        "coverage",
        "Coverage",
        [
            f"{screened:,} of {drafted:,} drafted texts were screened ({told(screened / drafted, 'share')}): {parts}.",
            f"{stopped:,} more were stopped before, for a sentence without support.",
        ],
    )


def _screening(campaigns: Rows) -> Section:
    rows = [
        {"name": row["name"], "verdict": verdict, "texts": row[verdict]} for row in campaigns for verdict in VERDICTS
    ]
    return Section(
        "screening",
        "Verdicts by campaign",
        (),
        [Column("name", "Campaign"), Column("verdict", "Verdict"), Column("texts", "Texts", "count")],
        rows,
        [Chart("bars", "name", "texts", "Verdicts by campaign", colour="verdict", unit="count")] if rows else [],
        "No campaign was made in this month.",
    )


def _people(campaigns: Rows) -> Section:
    return Section(
        "people",
        "What people decided",
        (),
        [
            Column("name", "Campaign"), Column("approval_state", "Approval"), Column("approvals", "Yes", "count"),
            Column("rejections", "No", "count"), Column("overrides", "Overrides", "count"),
            Column("override_rate", "of screened", "share"), Column("escalations", "Questions", "count"),
            Column("expired", "Expired", "count"), Column("hours_in_review", "In review", "hours"),
        ],
        campaigns,
        empty="No campaign was made in this month.",
    )  # fmt: skip
