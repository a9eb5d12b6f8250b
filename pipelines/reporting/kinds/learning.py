"""What works for whom: tone by segment, how tones go together with engagement, and whether models were right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from pipelines.reporting.correlation import LEAST_MESSAGES, correlations, not_compared
from pipelines.reporting.document import Chart, Column, Section
from pipelines.reporting.numbers import told

READS = ("effectiveness", "confidence", "models", "insights")

Rows = Sequence[Mapping[str, Any]]


def sections(facts: Mapping[str, Rows], month: date, *, for_client: bool) -> list[Section]:
    """The sections of the learning summary; clients are shown only what a person has accepted."""
    insights = [row for row in facts["insights"] if row["state"] == "accepted" or not for_client]
    return [
        _heat(facts["effectiveness"]),
        _tones(facts["effectiveness"]),
        *([] if for_client else [_confidence(facts["confidence"]), _models(facts["models"])]),
        Section(
            "insights",
            "Learnings offered to people",
            ["A learning steers nothing until a person has accepted it."] if insights else [],
            [Column("statement", "Learning"), Column("effect", "Effect", "number"), Column("ci_low", "from", "number"),
             Column("ci_high", "to", "number"), Column("state", "State")],
            insights,
            empty="No learning was offered yet." if not for_client else "No learning was accepted yet.",
        ),
    ]  # fmt: skip


def _heat(rows: Rows) -> Section:
    return Section(
        "heat",
        "Tone by segment",
        ["Clicked or answered by people, of delivered, over all campaigns up to now.", *_few(rows)] if rows else [],
        [
            Column("tone", "Tone"), Column("unit_id", "For"), Column("delivered", "Delivered", "count"),
            Column("engagement_rate", "Engaged", "share"), Column("index_to_segment", "Against its segment", "times"),
            Column("conversion_rate", "Converted", "share"), Column("rating", "Rating by reviewers", "number"),
        ],
        rows,
        [Chart("heat", "unit_id", "tone", "Engaged, by tone and segment", "engagement_rate", "share")] if rows else [],
        "No message was delivered yet.",
    )  # fmt: skip


def _few(rows: Rows) -> list[str]:
    few = sum(row["delivered"] < LEAST_MESSAGES for row in rows)
    if not few:
        return []
    return [f"{few} of {len(rows)} rest on fewer than {LEAST_MESSAGES} delivered messages: their shares may be chance."]


def _tones(rows: Rows) -> Section:
    found = correlations(rows)
    sure = [one for one in found if one.low > 0 or one.high < 0]
    said = [
        f"{one.tone.capitalize()} goes together with {'more' if one.phi > 0 else 'less'} engagement "
        f"(correlation {told(one.phi, 'number')})."
        for one in sure
    ]
    if found:
        said.append("A correlation lies between -1 and 1, here with its 95 % interval.")
    if found and not sure:
        said = ["No tone stands out by more than chance explains.", *said]
    if found and (others := not_compared(rows)):
        named = ", ".join(f"{tone} ({count:,} delivered)" for tone, count in others.items())
        said.append(
            f"Not compared: {named}; {LEAST_MESSAGES} messages of a tone and {LEAST_MESSAGES} of others are needed."
        )
    nobody = bool(rows) and not any(row["engaged"] for row in rows)
    return Section(
        "tones",
        "Tones and engagement",
        said,
        [Column("tone", "Tone"), Column("delivered", "Delivered", "count"), Column("engaged", "Engaged", "count"),
         Column("phi", "Correlation", "number"), Column("low", "from", "number"), Column("high", "to", "number")],
        [asdict(one) for one in found],
        empty="Nobody has clicked or answered yet, so there is nothing to compare."
        if nobody
        else f"Two tones with {LEAST_MESSAGES} delivered messages each are needed to compare them.",
    )  # fmt: skip


def _confidence(rows: Rows) -> Section:
    chart = Chart("diagonal", "expected", "actual", "Expected against actual", unit="share", size="delivered")
    return Section(
        "confidence",
        "Expected and actual engagement",
        ["On the line, what was expected came true; below it, less came than expected, above it more."] if rows else [],
        [Column("channel", "Channel"), Column("variants", "Variants", "count"),
         Column("delivered", "Delivered", "count"), Column("expected", "Expected", "share"),
         Column("actual", "Actual", "share"), Column("gap", "Gap", "points")],
        rows,
        [chart] if rows else [],
        "No message with an expectation was delivered yet.",
    )  # fmt: skip


def _models(rows: Rows) -> Section:
    return Section(
        "models",
        "Models",
        (),
        [Column("model", "Model"), Column("version", "Version"), Column("state", "State"),
         Column("trained_on", "Trained", "date"), Column("training_rows", "Rows", "count"),
         Column("auc", "AUC", "number"), Column("brier", "Brier", "number"), Column("decision_reason", "Why")],
        rows,
        empty="No model was trained yet.",
    )  # fmt: skip
