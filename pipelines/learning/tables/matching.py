"""A table that is to be scored, read as the one that its model was trained on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from pipelines.contracts import Refusal
from pipelines.learning.tables.columns import READABLE, Column, kind_of, read_as, without_blanks

UNSEEN = 0.05


def as_trained(
    frame: pl.DataFrame, columns: Sequence[Column], levels: Mapping[str, Sequence[str]]
) -> tuple[pl.DataFrame, list[str]]:
    """The typed columns of a table of texts, and a word on each that reads otherwise than in training."""
    if absent := [column.name for column in columns if column.name not in frame.columns]:
        raise Refusal(
            f"The table lacks what the model was trained with: {', '.join(absent[:12])}"
            f"{', …' if len(absent) > 12 else ''}; add {'it' if len(absent) == 1 else 'them'}, blank where not known."
        )
    read: list[pl.Series] = []
    warnings: list[str] = []
    for column in columns:
        texts = without_blanks(frame[column.name])
        if column.kind == "category":
            read.append(texts)
            if column.name in levels:
                warnings += _unseen(texts, levels[column.name])
            continue
        series, said = _as_spelt(texts, column)
        read.append(series)
        warnings += said
    return pl.DataFrame(read), warnings


def _as_spelt(texts: pl.Series, column: Column) -> tuple[pl.Series, list[str]]:
    """A file of another country may spell the same numbers and dates in its own way."""
    series, known = read_as(texts, column), len(texts) - texts.null_count()
    if len(texts) - series.null_count() >= READABLE * known:
        return series, []
    other = kind_of(texts)
    if other.kind == column.kind:
        told = f"{column.name} is not spelt as in training; it was read as {other.kind}s ({other.spelling})."
        return read_as(texts, other), [told]
    unread = known - (len(series) - series.null_count())
    return series, [f"{column.name} holds no {column.kind} in {unread:,} of {len(texts):,} rows; they count as blank."]


def _unseen(texts: pl.Series, levels: Sequence[str]) -> list[str]:
    strange = texts.drop_nulls().filter(~texts.drop_nulls().is_in(list(levels)))
    if len(strange) < max(UNSEEN * len(texts), 1):
        return []
    some = ", ".join(strange.unique().sort().head(3).str.slice(0, 40))
    return [
        f"{texts.name} holds values in {len(strange):,} of {len(texts):,} rows that the model hardly ever met ({some}"
        f"{', …' if strange.n_unique() > 3 else ''}); of these it knows nothing."
    ]
