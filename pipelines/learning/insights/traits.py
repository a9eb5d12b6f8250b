"""What can be said of a message in words: how its subject speaks, how long it is, when it came."""

from __future__ import annotations

import polars as pl

from pipelines.learning.insights.lifts import Lift

SHORT_SUBJECT, LONG_SUBJECT = 35, 50
FEW_WORDS, MANY_WORDS = 60, 120
# Of each dimension, within what an answer is expected.
DIMENSIONS = {
    "strategy": ("campaign_id",),
    "subject_pattern": ("campaign_id",),
    "subject_length": ("campaign_id",),
    "length": ("campaign_id",),
    "call_to_action": ("channel",),
    "tone": ("channel",),
    "segment": ("campaign_id",),
    "hour": ("campaign_id",),
}
SENTENCES = {
    "strategy": "Messages of the strategy {value}",
    "subject_pattern": "Subjects that {value}",
    "subject_length": "{value} subjects",
    "length": "{value} messages",
    "call_to_action": "Messages that ask to “{value}”",
    "tone": "Messages in the tone “{value}”",
    "segment": "Readers of {value}",
    "hour": "Messages that came {value}",
}


def with_traits(answers: pl.DataFrame) -> pl.DataFrame:
    """The rows with a column for each dimension."""
    subject, hour = pl.col("subject"), pl.col("hour")
    pattern = (
        pl.when(subject.str.strip_chars().str.ends_with("?")).then(pl.lit("ask a question"))
        .when(subject.str.contains("{{", literal=True)).then(pl.lit("name the reader"))
        .when(subject.str.contains(r"\d")).then(pl.lit("hold a number"))
        .otherwise(pl.lit("state a fact"))
    )  # fmt: skip
    return answers.with_columns(
        subject_pattern=pattern,
        subject_length=_sized(subject.str.len_chars(), SHORT_SUBJECT, LONG_SUBJECT),
        length=_sized(pl.col("words"), FEW_WORDS, MANY_WORDS),
        segment=pl.when(pl.col("unit_kind") == "segment").then(pl.col("segment")),
        hour=pl.format(
            "between {} and {} h of the reader's clock", hour // 3 * 3, hour // 3 * 3 + 3
        ),
    )  # fmt: skip


def sentence(lift: Lift) -> str:
    """A learning in words."""
    if lift.dimension == "rating":
        way = "better" if lift.lift > 0 else "worse"
        return (
            f"Reviewers rate the strategy {lift.value} {abs(lift.lift):.1f} points {way} than the others "
            f"({lift.low:+.1f} to {lift.high:+.1f}, {lift.reached} ratings, {lift.engaged} with flags)."
        )
    whom = SENTENCES[lift.dimension].format(value=lift.value)
    to = f" to {lift.segment}" if lift.segment else ""
    number = f"{lift.campaigns} campaign{'s' if lift.campaigns != 1 else ''}"
    return (
        f"{whom[0].upper()}{whom[1:]}{to} earned {lift.lift:.2f} times the answers that were to be expected "
        f"({lift.low:.2f} to {lift.high:.2f}; {lift.reached:,} people in {number})."
    )


def _sized(size: pl.Expr, short: int, long: int) -> pl.Expr:
    return (
        pl.when(size <= short)
        .then(pl.lit("short"))
        .when(size <= long)
        .then(pl.lit("middling"))
        .otherwise(pl.lit("long"))
    )
