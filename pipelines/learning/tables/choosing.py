"""Which columns of a table a model may learn from, and of the others why not."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.contracts import Json
from pipelines.learning.modelling.contest import Rows
from pipelines.learning.modelling.encoding import Vector
from pipelines.learning.modelling.leaks import STRONG, powers
from pipelines.learning.tables.columns import Column, kind_of, read_as, without_blanks

NAMED_LIKE_AN_ID = re.compile(r"(^|[_\W])(id|uuid|guid|key|no|nr|number|email|e-?mail|phone|hash)$|[a-z]Id$|ID$", re.I)
MOSTLY_OWN = 0.95
LONG_TEXT = 60
LEAST_TOLD_APART = 50


@dataclass(frozen=True, slots=True)
class Excluded:
    """A column that nothing is learnt from."""

    feature: str
    code: str
    reason: str

    def to_json(self) -> Json:
        """As the command prints it."""
        return {"feature": self.feature, "code": self.code, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Chosen:
    """The typed features of the rows whose answer is known."""

    columns: tuple[Column, ...]
    frame: pl.DataFrame
    excluded: tuple[Excluded, ...]
    warnings: tuple[str, ...]


def choose(
    frame: pl.DataFrame, truth: Vector, *, target: str, ids: Collection[str], exclude: Collection[str], time: str | None
) -> Chosen:
    """Sort the columns of a table of texts into features and others."""
    excluded: list[Excluded] = []
    columns: list[Column] = []
    kept: list[pl.Series] = []
    for name in frame.columns:
        if name == target:
            continue
        if why := _told(name, ids, exclude, time):
            excluded.append(why)
            continue
        texts = without_blanks(frame[name])
        column = kind_of(texts)
        typed = read_as(texts, column)
        if why := _empty_or_own(texts, typed, column):
            excluded.append(why)
            continue
        columns.append(column)
        kept.append(typed)
    return without_leaks(columns, pl.DataFrame(kept), truth, target, excluded)


def told_once(frame: pl.DataFrame) -> tuple[Rows, tuple[str, ...]]:
    """The rows without those that stand there twice, and a word on them.

    Where no column tells all others apart, rows that are alike need not be the same.
    """
    first = np.flatnonzero(frame.select(pl.struct(pl.all()).is_first_distinct()).to_series())
    twice = len(frame) - len(first)
    if not twice or len(first) < LEAST_TOLD_APART or not any(one.n_unique() == len(first) for one in frame):
        return np.arange(len(frame)), ()
    return first, (
        f"{twice:,} rows repeat another in every column and were left out, lest each be judged by its twin.",
    )


def without_leaks(
    columns: Sequence[Column], frame: pl.DataFrame, truth: Vector, target: str, excluded: Sequence[Excluded]
) -> Chosen:
    """The features but for those that alone nearly decide the target."""
    found = powers(frame, truth)
    leaks = {
        one.name: Excluded(
            one.name, "leak",
            f"{one.name} alone nearly decides {target} (AUC {one.auc:.3f} on rows it was not learnt from); it was most "
            "likely written after the outcome.",
        )
        for one in found if one.decides
    }  # fmt: skip
    warnings = [
        f"{one.name} alone ranks rows with an AUC of {one.auc:.2f}; make sure that it is known before the outcome."
        for one in found
        if one.auc >= STRONG and not one.decides
    ]
    honest = [column for column in columns if column.name not in leaks]
    return Chosen(
        tuple(honest), frame.select([one.name for one in honest]), (*excluded, *leaks.values()), tuple(warnings)
    )


def _told(name: str, ids: Collection[str], exclude: Collection[str], time: str | None) -> Excluded | None:
    if name in ids:
        return Excluded(name, "id", f"{name} was named as the id.")
    if name in exclude:
        return Excluded(name, "asked", f"{name} was to be left out.")
    if name == time:
        return Excluded(name, "time", f"{name} orders the rows in time; later rows would lie outside what was learnt.")
    return None


def _empty_or_own(texts: pl.Series, typed: pl.Series, column: Column) -> Excluded | None:
    name, known = column.name, texts.drop_nulls()
    if known.is_empty():
        return Excluded(name, "blank", f"{name} is blank in every row.")
    distinct = known.n_unique()
    if distinct == 1 and len(known) == len(texts):
        return Excluded(name, "constant", f"{name} holds {str(known[0])[:40]!r} in every row.")
    if distinct < MOSTLY_OWN * len(known) or len(known) < LONG_TEXT // 2:
        return None
    if column.kind == "category":
        if distinct > 0.999 * len(known) or NAMED_LIKE_AN_ID.search(name) or known.str.len_chars().mean() > LONG_TEXT:  # type: ignore[operator]
            return Excluded(name, "id", f"{name} holds a value of its own in nearly every row; it names rows.")
    elif column.kind == "number" and distinct == len(texts) and _counts_rows(name, typed):
        return Excluded(name, "id", f"{name} holds a whole number of its own in every row; it names rows.")
    return None


def _counts_rows(name: str, numbers: pl.Series) -> bool:
    known = numbers.drop_nulls()
    if not bool((known == known.round(0)).all()):
        return False
    low, high = float(known.min()), float(known.max())  # type: ignore[arg-type]
    return bool(NAMED_LIKE_AN_ID.search(name)) or high - low < 1.1 * len(known)
