"""Raw cells: trimming them, and judging the odd ones once per distinct value."""

from collections.abc import Callable
from typing import Any

import polars as pl
from polars import CompatLevel

from pipelines.customers.rules.verdict import Judged, judged

# Spreadsheets and web forms leave no-break spaces, zero-width spaces and byte order marks around a value.
_EDGES = (
    " \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007"
    "\u2008\u2009\u200a\u200b\u2028\u2029\u202f\u205f\u3000\ufeff"
)
# Those that polars does not take for white space by itself.
_RARE_EDGES = r"[\x1c-\x1f\u200b\ufeff]"

Ruling = tuple[Any, str | None]
Judge = Callable[[str], Ruling]
PairJudge = Callable[[str, str | None], Ruling]
Ruled = Callable[[pl.Series], tuple[pl.Series, pl.Series]]
Reader = Callable[[pl.Series], Judged]

# A column repeats itself if its first cells do: at most one distinct cell in four.
_LOOKED_AT, _MOST_DISTINCT = 10_000, 0.25


def trimmed(raw: pl.Series) -> pl.Series:
    """The cells without surrounding white space; an empty cell is null."""
    cells = raw.cast(pl.String).str.strip_chars()
    # Looked for in one long text: cell by cell it would cost as much as the rarely needed second strip.
    if cells.str.join().str.contains(_RARE_EDGES).any():
        cells = cells.str.strip_chars(_EDGES)
    return cells.set(cells == "", None)


def each_once(cells: pl.Series, judge: Judge, dtype: pl.DataType) -> tuple[pl.Series, pl.Series]:
    """Values and problem codes of the cells, asking the judge once per distinct cell."""
    distinct = cells.drop_nulls().unique()
    rulings = [judge(cell) for cell in distinct.to_list()]
    return _spread(cells.to_frame("cell"), distinct.to_frame("cell"), rulings, dtype)


def each_pair_once(
    cells: pl.Series, beside: pl.Series, judge: PairJudge, dtype: pl.DataType
) -> tuple[pl.Series, pl.Series]:
    """The same for cells whose ruling depends on the cell beside them."""
    pairs = pl.DataFrame({"cell": cells, "beside": beside.cast(pl.String)})
    distinct = pairs.filter(pl.col("cell").is_not_null()).unique()
    rulings = [judge(cell, other) for cell, other in distinct.iter_rows()]
    return _spread(pairs, distinct, rulings, dtype)


def _spread(
    rows: pl.DataFrame, distinct: pl.DataFrame, rulings: list[Ruling], dtype: pl.DataType
) -> tuple[pl.Series, pl.Series]:
    known = distinct.with_columns(
        pl.Series("value", [value for value, _ in rulings], dtype=dtype),
        pl.Series("code", [code for _, code in rulings], dtype=pl.String),
    )
    joined = rows.join(known, on=rows.columns, how="left", nulls_equal=True, maintain_order="left")
    return joined["value"], joined["code"]


def looked_up(cells: pl.Series, judge: Judge, dtype: pl.DataType | None = None) -> Judged:
    """A verdict on a column of few distinct values."""
    return judged(*each_once(cells, judge, dtype or pl.String()))


def filled(plain: pl.Series, odd: pl.Series, ruled: Ruled) -> tuple[pl.Series, pl.Series]:
    """The plain values and their codes, the odd rows replaced by what a slower look at them rules."""
    rows = odd.fill_null(False).arg_true()
    codes = pl.Series([None], dtype=pl.String).new_from_index(0, len(plain))
    if rows.is_empty():
        return plain, codes
    values, found = ruled(rows)
    return plain.clone().scatter(rows, values), codes.scatter(rows, found)


def completed(plain: pl.Series, odd: pl.Series, ruled: Ruled) -> Judged:
    """A verdict on a column of which most is plain."""
    return judged(*filled(plain, odd, ruled)) if odd.any() else Judged(plain, {})


def distinct_cells(raw: pl.Series) -> tuple[pl.Series, pl.Series] | None:
    """The distinct cells of a column that repeats itself, and for each row which of them it is; None for others."""
    seen = raw.head(_LOOKED_AT)
    if seen.n_unique() > _MOST_DISTINCT * len(seen):
        return None
    return encoded(raw)


def encoded(cells: pl.Series) -> tuple[pl.Series, pl.Series]:
    """The distinct cells, and for each row which of them it is; null stays null."""
    found = cells.to_arrow(compat_level=CompatLevel.oldest()).dictionary_encode()
    return pl.Series(found.dictionary, dtype=pl.String), pl.Series(found.indices, dtype=pl.UInt32)


def spread(verdict: Judged, places: pl.Series) -> Judged:
    """The verdict on the distinct cells, given to every row that has one of them."""
    problems = {code: mask.gather(places).fill_null(False) for code, mask in verdict.problems.items()}
    return Judged(verdict.values.gather(places), problems)


def settled(raw: pl.Series, plain: pl.Series, values: pl.Series, read: Reader) -> Judged:
    """A verdict on a column of which most is plain as it came: `values` there, and what `read` says of the rest."""
    rows = (~plain).fill_null(False).arg_true()
    if rows.is_empty():
        return Judged(values, {})
    rest = read(raw.gather(rows))
    clean = pl.repeat(False, len(raw), dtype=pl.Boolean, eager=True)
    problems = {code: clean.clone().scatter(rows, mask) for code, mask in rest.problems.items()}
    return Judged(values.clone().scatter(rows, rest.values), problems)


def table(pairs: dict[str, tuple[str, ...]]) -> dict[str, str]:
    """Spelling to meaning, out of meaning to spellings; a meaning spells itself."""
    return {spelling: meaning for meaning, spellings in pairs.items() for spelling in (meaning, *spellings)}
