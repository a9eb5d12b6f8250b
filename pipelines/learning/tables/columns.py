"""What a column of texts holds: numbers, moments or categories; the same reading is used again when scoring."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

import polars as pl

Kind = Literal["number", "moment", "category"]

BLANK = (
    "", "-", "--", "?", ".", "na", "n/a", "#n/a", "nan", "null", "none", "nil", "nd", "missing", "#value!", "#div/0!",
)  # fmt: skip
# Which share of the cells must be readable; the rest counts as blank.
READABLE = 0.97
SAMPLE, GLANCE = 20_000, 200
FIRST_YEAR = 1000
MOMENTS = (
    "%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y",
    "%d %b %Y", "%b %d, %Y", "%Y%m%d", "%d.%m.%Y %H:%M", "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M", "%d.%m.%Y %H:%M:%S",
    "%d/%m/%Y %H:%M:%S", "%m/%d/%Y %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%m/%d/%Y %I:%M %p", "%m/%d/%Y %I:%M:%S %p",
    "%Y.%m.%d", "%d-%b-%Y", "%d %B %Y", "%B %d, %Y", "%d.%m.%y", "%d/%m/%y", "%m/%d/%y",
)  # fmt: skip
PLAIN, POINT, COMMA = "plain", "decimal point", "decimal comma"
SIGNS = r"[€$£¥₹%\s'\u00a0\u202f]|(?i:EUR|USD|GBP|CHF|JPY|SEK|NOK|DKK|PLN|CZK|kr|zł)"
# The minus of typographers; that of bookkeepers (12.50) and of SAP 12.50-.
DASH, IN_BRACKETS, BEHIND = "\u2212", r"^\((.+)\)$", r"^([\d.,]+)-$"


@dataclass(frozen=True, slots=True)
class Column:
    """A column with its kind and the spelling in which its texts are read."""

    name: str
    kind: Kind
    spelling: str = ""

    def to_json(self) -> dict[str, Any]:
        """For the model's file."""
        return asdict(self)


def without_blanks(series: pl.Series) -> pl.Series:
    """Trimmed texts; whatever people write for nothing is null."""
    name, trimmed = series.name, series.cast(pl.String).str.strip_chars()
    return (
        trimmed.to_frame()
        .select(pl.when(pl.col(name).str.to_lowercase().is_in(BLANK)).then(None).otherwise(pl.col(name)).alias(name))
        .to_series()
    )


def kind_of(series: pl.Series) -> Column:
    """The kind of a column whose blanks are null already."""
    seen = series.drop_nulls()
    if len(seen) > SAMPLE:
        # An even sample in the order of the file: the same each time.
        seen = seen.gather_every(len(seen) // SAMPLE + 1)
    if seen.is_empty():
        return Column(series.name, "category")
    # 20261104 is a number too, and 01067 is none.
    glance = seen.gather_every(len(seen) // GLANCE + 1)
    maybe = [one for one in MOMENTS if _share(_moments(glance, one)) > 0.5]
    dated = next((one for one in maybe if _share(_moments(seen, one)) >= READABLE), None)
    if dated and (dated != "%Y%m%d" or _years_are_sane(seen)):
        return Column(series.name, "moment", dated)
    padded = seen.str.contains(r"^0\d").mean()
    if isinstance(padded, float) and padded < 1 - READABLE:
        for spelling in (PLAIN, POINT, COMMA):
            if _share(_numbers(seen, spelling)) >= READABLE:
                return Column(series.name, "number", spelling)
    return Column(series.name, "category")


def read_as(series: pl.Series, column: Column) -> pl.Series:
    """The texts as what the column holds; what cannot be read is null."""
    if column.kind == "number":
        return _numbers(series, column.spelling)
    return _moments(series, column.spelling) if column.kind == "moment" else series


def _share(read: pl.Series) -> float:
    return 1 - read.null_count() / len(read)


def _numbers(series: pl.Series, spelling: str) -> pl.Series:
    texts = series
    if spelling != PLAIN:
        texts = texts.str.replace_all(DASH, "-", literal=True).str.replace_all(SIGNS, "")
        texts = texts.str.replace(IN_BRACKETS, "-${1}").str.replace(BEHIND, "-${1}")
        grouped, other = (r"^(-?\d{1,3})(,\d{3})+(\.\d+)?$", ",") if spelling == POINT else (
            r"^(-?\d{1,3})(\.\d{3})+(,\d+)?$", ".")  # fmt: skip
        name = texts.name
        texts = texts.to_frame().select(
            pl.when(pl.col(name).str.contains(grouped))
            .then(pl.col(name).str.replace_all(other, "", literal=True))
            .otherwise(pl.col(name))
            .alias(name)
        ).to_series()  # fmt: skip
        if spelling == COMMA:
            texts = texts.str.replace(",", ".", literal=True)
    read = texts.cast(pl.Float64, strict=False)
    return read.to_frame().select(pl.when(pl.col(read.name).is_finite()).then(pl.col(read.name))).to_series()


def _moments(series: pl.Series, spelling: str) -> pl.Series:
    texts = series
    if spelling.startswith("%Y-%m-%d"):
        texts = series.str.slice(0, 19).str.replace("T", " ", literal=True)
    read = texts.str.to_datetime(spelling, strict=False, time_unit="us").to_frame()
    # A year of two digits is not of the first century.
    whole = pl.col(series.name)
    return read.select(pl.when(whole.dt.year() >= FIRST_YEAR).then(whole).alias(series.name)).to_series()


def _years_are_sane(seen: pl.Series) -> bool:
    years = _moments(seen, "%Y%m%d").dt.year()
    return bool(seen.str.len_chars().n_unique() == 1 and years.is_between(1950, 2100).all())
