"""What an export amounts to, counted from its own entries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.audit.readable import shown

if TYPE_CHECKING:
    import polars as pl

# The words by which steps log what is counted here.
SCREEN = "screen"
REVIEWING = ("approval.approve", "approval.reject", "variant.approve", "variant.reject", "release", "escalation")
VERDICTS = {"pass": "passed", "review": "reviewed", "block": "blocked"}
MOST_LISTED = 200

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Facts:
    """The summary of an export."""

    entries: int
    begins: str
    ends: str
    screened: int
    verdicts: dict[str, int]
    contents: int
    unscreened: int
    decisions: list[Row]
    reviewers: list[Row]
    overridden: int
    overrides: list[Row]
    exports: list[Row]

    @property
    def adds_up(self) -> bool:
        """Whether every screening ended passed, reviewed or blocked."""
        return self.screened == sum(self.verdicts.values())

    @property
    def coverage(self) -> float | None:
        """The share of contents that were screened; None where no content was decided on."""
        return 1 - self.unscreened / self.contents if self.contents else None


def count(entries: Path) -> Facts:
    """The facts of an entries.csv."""
    import polars as pl

    table, column = shown(entries), pl.col
    # A text that could not be judged at first has several entries, and the last is what became of it.
    last = column("decision").sort_by(column("seq").cast(pl.Int64)).last()
    screenings = table.filter(column("action") == SCREEN).group_by("object", "content_hash").agg(last)
    moment = column("occurred_at")
    overrides = table.filter(column("overrides") != "")
    listed = ("seq", "occurred_at", "actor", "object", "overrides", "decision", "override_reason")
    asked = {
        "overall": table.select(pl.len().alias("n"), moment.min().alias("begins"), moment.max().alias("ends")),
        "verdicts": _counted(screenings, ["decision"]),
        # An approval bears the hash of all that was approved, which is no text.
        "contents": table.filter(
            (column("content_hash") != "") & ~column("action").str.starts_with("approval.")
        ).select(column("content_hash").unique()),
        "screened": screenings.select(column("content_hash").unique()),
        "decisions": _counted(table, ["action", "decision"]),
        "reviewers": _counted(table.filter(column("action").is_in(REVIEWING)), ["actor", "action", "decision"]),
        "overridden": overrides.select(pl.len()),
        "overrides": overrides.select(listed).head(MOST_LISTED),
        "exports": table.filter(column("action") == "audit.export").select("seq", "occurred_at", "actor", "object"),
    }
    found = dict(zip(asked, pl.collect_all(asked.values(), engine="streaming"), strict=True))
    told = dict(found["verdicts"].iter_rows())
    contents, screened = (set(found[name]["content_hash"]) for name in ("contents", "screened"))
    return Facts(
        entries=found["overall"]["n"][0],
        begins=found["overall"]["begins"][0] or "",
        ends=found["overall"]["ends"][0] or "",
        screened=sum(told.values()),
        verdicts={word: told.get(verdict, 0) for verdict, word in VERDICTS.items()},
        contents=len(contents),
        unscreened=len(contents - screened),
        decisions=found["decisions"].to_dicts(),
        reviewers=found["reviewers"].to_dicts(),
        overridden=found["overridden"].item(),
        overrides=found["overrides"].to_dicts(),
        exports=found["exports"].to_dicts(),
    )


def _counted(table: pl.LazyFrame, by: Sequence[str]) -> pl.LazyFrame:
    import polars as pl

    return table.group_by(by).agg(pl.len().alias("entries")).sort(by)
