"""Use cases of the safety step: the texts of a file here, the variants of campaigns and the review queue beside it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipelines.contracts import Json
from pipelines.safety.files import Line, TextFile, verdict_file
from pipelines.safety.guardrails.run import decide_audience
from pipelines.safety.page import read_page
from pipelines.safety.policy import ScreeningPolicy
from pipelines.safety.ports import ContentSafety
from pipelines.safety.review_queue import expire, queue, reject, release, send_notices, tell
from pipelines.safety.screening import DECISIONS, Verdict, judge
from pipelines.safety.screening_runs import Undecided, require_coverage, screen_campaign, screen_variants, screened

__all__ = [
    "ScreeningSummary", "Undecided", "decide_audience", "expire", "queue", "reject", "release", "require_coverage",
    "screen_campaign", "screen_file", "screen_variants", "screened", "send_notices", "tell",
]  # fmt: skip

COLUMNS = ("id", "decision", "category", "severity", "codes", "reason")
ROWS_AT_ONCE = 2_000
_MARKUP = re.compile(r"<(?:[a-z][a-z0-9]*[\s/>]|/[a-z]|!--)", re.IGNORECASE)
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class ScreeningSummary:
    """How the texts of a file ended; passes, reviews and blocks add up to the rows."""

    rows: int
    decisions: dict[str, int]
    categories: dict[str, dict[str, int]]
    screen: str
    screen_version: str
    policy_version: str
    file: Path

    def to_json(self) -> Json:
        """For machines."""
        return {
            "rows": self.rows,
            **self.decisions,
            "categories": self.categories,
            "screen": self.screen,
            "screen_version": self.screen_version,
            "policy_version": self.policy_version,
            "file": str(self.file),
        }


def screen_file(
    file: Path,
    out: Path,
    *,
    column: str,
    id_column: str | None,
    screen: ContentSafety,
    policy: ScreeningPolicy,
    progress: Progress | None = None,
) -> ScreeningSummary:
    """Screen one column of a CSV and write a verdict a row; without an id column the row's number is its id."""
    texts = TextFile(file, column, id_column)
    counted: Counter[tuple[str, str]] = Counter()
    with verdict_file(out, COLUMNS, beside=file) as write:
        for lines in texts.slices(ROWS_AT_ONCE):
            verdicts = _verdicts(lines, screen, policy)
            counted.update((one.decision, one.category) for one in verdicts)
            write([_row(line, verdict) for line, verdict in zip(lines, verdicts, strict=True)])
            if progress:
                progress(texts.read, texts.size)
    decisions: dict[str, int] = {word: sum(n for (said, _), n in counted.items() if said == word) for word in DECISIONS}
    categories: dict[str, dict[str, int]] = {
        word: {category: n for (said, category), n in sorted(counted.items()) if said == word} for word in DECISIONS[1:]
    }
    return ScreeningSummary(counted.total(), decisions, categories, screen.name, screen.version, policy.version, out)


def _verdicts(lines: list[Line], screen: ContentSafety, policy: ScreeningPolicy) -> list[Verdict]:
    judged = judge([_words(line.text) for line in lines], screen, policy)
    return [
        Verdict("block", "", None, ("broken_row",), line.broken) if line.broken else verdict
        for line, verdict in zip(lines, judged, strict=True)
    ]


def _words(text: str) -> str:
    """The text, or of HTML everything that it says, seen or not: tags are neither to split words nor to be read."""
    if not _MARKUP.search(text):
        return text
    page = read_page(text)
    return "\n\n".join((page.words, *(said for _, said in page.unseen)))


def _row(line: Line, verdict: Verdict) -> tuple[str, ...]:
    # A text that passes is held against no category.
    category = "" if verdict.decision == "pass" else verdict.category
    severity = "" if verdict.severity is None else str(verdict.severity)
    return line.row_id, verdict.decision, category, severity, " ".join(verdict.codes), verdict.reason
