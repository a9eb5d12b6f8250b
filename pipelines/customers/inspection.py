"""One reading of one file: rows fit to load come out, everything else is written down on the way."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TypedDict

import polars as pl

from pipelines.contracts import Refusal
from pipelines.customers.checking import Checker, as_they_came
from pipelines.customers.columns import plan_columns, read_mapping
from pipelines.customers.kinds import KINDS, Kind
from pipelines.customers.quality import Sample
from pipelines.customers.quarantine import QuarantineFile
from pipelines.customers.reading.open import open_table
from pipelines.customers.reading.source import open_file
from pipelines.customers.repeats import Repeats
from pipelines.overlap import ahead

SAMPLE = "sample.arrow"
EXAMPLES, LONGEST_EXAMPLE = 5, 40
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody wants imported; `subject` is the one customer that it is about, if it is about one."""

    tenant: str
    file: Path
    kind: str
    mapping: Path | None = None
    file_name: str | None = None
    upload_id: str | None = None
    by: str | None = None
    subject: str | None = None

    @property
    def shown_name(self) -> str:
        """The name that the user knows the file by."""
        return self.file_name or self.file.name

    def to_json(self) -> dict[str, str | None]:
        """As plain JSON, for the task that works on it later."""
        return {name: str(value) if value else None for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, order: dict[str, str]) -> Order:
        """The order that `to_json` wrote."""
        mapping = Path(order["mapping"]) if order.get("mapping") else None
        named = (order["file_name"], *(order.get(name) for name in ("upload_id", "by", "subject")))
        return cls(order["tenant"], Path(order["file"]), order["kind"], mapping, *named)


class Unread(TypedDict):
    """On how many sound lines the word of consent is neither a yes nor a no, and the usual such words."""

    lines: int
    examples: list[str]


@dataclass(frozen=True, slots=True)
class Inspected:
    """What one reading found; the counts of a file before anything of it is stored."""

    batch_id: str
    kind: str
    file_name: str
    sha256: str
    rows: int
    clean: int
    quarantined: int
    reasons: dict[str, int]
    columns: dict[str, str]
    cells_seen: int
    consent: Unread


class Inspection:
    """Reads a file once; `folder` receives the quarantine, a sample of the cells and, at the end, the counts."""

    def __init__(
        self, order: Order, *, folder: Path, max_bytes: int, now: datetime, progress: Progress | None = None
    ) -> None:
        self._order, self._folder, self._progress = order, folder, progress
        self._kind, self._mapping = _understood(order)
        self._file = open_file(order.file, max_bytes=max_bytes)
        table = open_table(self._file, max_bytes=max_bytes)
        self._plan = plan_columns(table.header, self._kind, self._mapping, order.shown_name)
        self._slices = ahead(table.slices)
        self._checked = Checker(self._kind, self._plan, now).check(self._slices)
        self._quarantine = QuarantineFile(folder, self._plan)
        self._sample = Sample()
        self._repeats = Repeats() if self._kind.name == "customers" else None
        self._clean = self._unread = 0
        self._words: Counter[str] = Counter()

    def close(self) -> None:
        """Let go of the file, however the reading ended."""
        self._slices.close()
        self._file.close()

    def rows(self) -> Iterator[pl.DataFrame]:
        """The typed rows that may be loaded, slice by slice."""
        for one in self._checked:
            self._quarantine.add(one.refused, one.problems)
            self._sample.offer(one.raw)
            self._clean += len(one.rows)
            self._unread += one.unread.total()
            # The usual words of a slice are enough for examples, and a column of anything holds millions.
            self._words.update(dict(one.unread.most_common(EXAMPLES)))
            if self._progress:
                self._progress(one.bytes_read, self._file.size)
            if len(one.rows):
                yield self._repeats.marked(one.rows) if self._repeats else one.rows

    def finish(self) -> Inspected:
        """The counts, once all rows were taken; refuses a file without data or one that changed meanwhile."""
        sha = self._file.finish()
        rows = self._clean + self._quarantine.lines
        if rows == 0:
            raise Refusal(f"{self._order.shown_name} has a header but no line below it; export it again.")
        self._sample.frame().write_ipc(self._folder / SAMPLE)
        return Inspected(
            batch_id=_batch_id(self._order.kind, sha, self._mapping),
            kind=self._order.kind,
            file_name=self._order.shown_name,
            sha256=sha,
            rows=rows,
            clean=self._clean,
            quarantined=self._quarantine.lines,
            reasons=dict(self._quarantine.reasons),
            columns=self._plan.described(),
            cells_seen=self._sample.seen,
            consent=unread(self._unread, self._words),
        )


def unread(lines: int, words: Counter[str]) -> Unread:
    """What is told of words of consent; an address that stands in the wrong column is no example."""
    usual = [word[:LONGEST_EXAMPLE] for word in sorted(words, key=lambda word: (-words[word], word)) if "@" not in word]
    return {"lines": lines, "examples": usual[:EXAMPLES]}


def refuse_more(order: Order, inspected: Inspected, folder: Path, problems: pl.DataFrame, max_bytes: int) -> Inspected:
    """Add lines that only the database could refuse to the quarantine; the file is read again to find them."""
    kind, mapping = _understood(order)
    with open_file(order.file, max_bytes=max_bytes) as file:
        table = open_table(file, max_bytes=max_bytes)
        plan = plan_columns(table.header, kind, mapping, order.shown_name)
        quarantine = QuarantineFile(folder, plan)
        for one in table.slices:
            rows = one.lines.is_in(problems["line"].implode()).arg_true()
            quarantine.add(as_they_came(one, rows, plan), problems.filter(pl.col("line").is_in(one.lines.implode())))
        if file.finish() != inspected.sha256:
            raise Refusal(f"{order.shown_name} changed since it was checked; check it again.")
    return replace(
        inspected,
        clean=inspected.clean - quarantine.lines,
        quarantined=inspected.quarantined + quarantine.lines,
        reasons=dict(Counter(inspected.reasons) + quarantine.reasons),
    )


def _understood(order: Order) -> tuple[Kind, dict[str, str]]:
    if order.kind not in KINDS:
        raise Refusal(f"There is no kind of file called {order.kind}; known are {', '.join(KINDS)}.")
    kind = KINDS[order.kind]
    return kind, read_mapping(order.mapping, kind)


def _batch_id(kind: str, sha: str, mapping: dict[str, str]) -> str:
    """The same content read the same way is the same batch."""
    meaning = json.dumps([sha, sorted(mapping.items())])
    return f"{kind}-{hashlib.sha256(meaning.encode()).hexdigest()[:16]}"
