"""Dates and moments, and the order in which a column writes day and month."""

import re
from datetime import date

import polars as pl

from pipelines.customers.rules.cells import completed, each_once, filled, settled, trimmed
from pipelines.customers.rules.clock import DAY_AND_CLOCK, judge_clock
from pipelines.customers.rules.verdict import Judged

_ISO_DAY = r"^(?:19[0-9]{2}|2[01][0-9]{2}|2200)-[0-9]{2}-[0-9]{2}$"
_ISO_MOMENT = r"^(?:19[0-9]{2}|2[01][0-9]{2}|2200)-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}" + (
    r"(?:\.[0-9]{1,9})?(?:Z|[+-](?:0[0-9]|1[0-3])(?::?[0-5][0-9])?)?$"
)
_NUMERIC_DAY = r"^([0-9]{1,2})[/-]([0-9]{1,2})[/-][0-9]{4}(?:[^0-9].*)?$"
_MAYBE_NUMERIC = r"^[^0-9]*[0-9]{1,2}[/-]"
_SERIAL = re.compile(r"\d{5}(?:[.,]\d+)?")
_EPOCH = r"^-?(?:[0-9]{10}|[0-9]{13})$"
_MOMENT = pl.Datetime("us", "UTC")
_YEARS = range(1900, 2201)

_YEAR_FIRST = re.compile(r"(\d{4})([-/])(\d{1,2})\2(\d{1,2})|(\d{4})(\d{2})(\d{2})")
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_NUMERIC = re.compile(r"(\d{1,2})([/-])(\d{1,2})\2(\d{4})")
_MONTH_FIRST = re.compile(r"([a-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})")
_MONTH_SECOND = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?([ -])([a-z]{3,9})\.?,?\2(\d{4})")
_SHORT_YEAR = re.compile(r"(\d{1,2})-([a-z]{3})-(\d{2})")
_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_MONTH_NUMBERS = {name: at for at, month in enumerate(_MONTHS, 1) for name in (month, month[:3])} | {"sept": 9}
# What databases and spreadsheets write for "no date".
_PLACEHOLDERS = {"0000-00-00", "1900-01-01"}

Day = tuple[date | None, str | None]


def read_date(raw: pl.Series, order: str | None = None) -> Judged:
    """Dates; `order` ('dmy' or 'mdy') settles 03/04/2024, which without it is `date_ambiguous`."""
    cells = raw.cast(pl.String)
    values = _iso_days(cells)
    return settled(cells, _taken(values, cells), values, lambda rest: _read_written_days(rest, order))


def _read_written_days(raw: pl.Series, order: str | None) -> Judged:
    cells = trimmed(raw)
    values = _iso_days(cells)
    return completed(values, ~_taken(values, cells), lambda rows: _rule_days(cells.gather(rows), order))


def read_moment(raw: pl.Series, order: str | None = None) -> Judged:
    """Moments in UTC: offsets are honoured, a moment without one is UTC, a bare date is its midnight."""
    cells = raw.cast(pl.String)
    values = _iso_days_and_moments(cells)
    return settled(cells, _taken(values, cells), values, lambda rest: _read_written_moments(rest, order))


def _read_written_moments(raw: pl.Series, order: str | None) -> Judged:
    cells = trimmed(raw)
    values = _iso_days_and_moments(cells)
    return completed(values, ~_taken(values, cells), lambda rows: _rule_moments(cells.gather(rows), order))


def _taken(values: pl.Series, cells: pl.Series) -> pl.Series:
    return values.is_not_null() | cells.is_null()


def _iso_days_and_moments(cells: pl.Series) -> pl.Series:
    values = _iso_days(cells).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    clocked = cells.set(values.is_not_null(), None)
    if clocked.null_count() < len(clocked):
        values = values.zip_with(values.is_not_null(), _iso_moments(clocked))
    return values


def _iso_days(cells: pl.Series) -> pl.Series:
    values = cells.set(~cells.str.contains(_ISO_DAY), None).str.to_date("%Y-%m-%d", strict=False)
    return values.set(cells == "1900-01-01", None)


def _iso_moments(cells: pl.Series) -> pl.Series:
    plain = cells.str.contains(_ISO_MOMENT)
    seconds = cells.set(~plain, None).str.slice(0, 19)
    values = seconds.str.to_datetime("%Y-%m-%dT%H:%M:%S", strict=False, time_unit="us")
    spaced = seconds.str.slice(10, 1) == " "
    if spaced.any():
        with_space = seconds.set(~spaced, None).str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False, time_unit="us")
        values = values.zip_with(values.is_not_null(), with_space)
    values = _with_tail(values, cells.set(~plain, None).str.slice(19)).dt.replace_time_zone("UTC")
    return values.set(cells.str.starts_with("1900-01-01"), None)


def day_order(raw: pl.Series) -> str | None:
    """Which order the column proves: 'dmy', 'mdy', 'mixed' if both, None if neither."""
    cells = trimmed(raw.filter(raw.str.contains(_MAYBE_NUMERIC)))
    days = cells.filter(cells.str.contains(_NUMERIC_DAY)).str.extract(r"^([0-9]{1,2}[/-][0-9]{1,2})").unique()
    first = days.str.extract(r"^([0-9]+)").cast(pl.Int64)
    second = days.str.extract(r"([0-9]+)$").cast(pl.Int64)
    day_first = bool((first.is_between(13, 31) & second.is_between(1, 12)).any())
    month_first = bool((second.is_between(13, 31) & first.is_between(1, 12)).any())
    if day_first and month_first:
        return "mixed"
    return "dmy" if day_first else "mdy" if month_first else None


def _with_tail(values: pl.Series, tails: pl.Series) -> pl.Series:
    """Moments to the second, completed by the fraction and the offset that follow in the text."""
    if tails.is_in(["", "Z"]).all():
        return values
    fraction = tails.str.extract(r"^\.([0-9]{1,6})").str.pad_end(6, "0").cast(pl.Int64).fill_null(0)
    offsets = tails.str.extract(r"([+-][0-9:]+)$")
    signs = offsets.str.replace(r"[0-9:]+", "1").cast(pl.Int64)
    hours = offsets.str.slice(1, 2).cast(pl.Int64)
    minutes = offsets.str.extract(r"^...:?([0-9]{2})$").cast(pl.Int64).fill_null(0)
    east = (signs * (hours * 60 + minutes)).fill_null(0)
    return values + (fraction - east * 60_000_000).cast(pl.Duration("us"))


def _rule_days(cells: pl.Series, order: str | None) -> tuple[pl.Series, pl.Series]:
    def judge(cell: str) -> Day:
        split = DAY_AND_CLOCK.fullmatch(cell)
        if split is None:
            return _judge_day(cell, order)
        return _judge_day(split["day"], order) if judge_clock(split["clock"])[0] is not None else _INVALID

    return each_once(cells, judge, pl.Date())


def _rule_moments(cells: pl.Series, order: str | None) -> tuple[pl.Series, pl.Series]:
    """Day and clock are judged apart: a file has few distinct days and few distinct times of day."""
    epoch = cells.str.contains(_EPOCH)
    number = cells.set(~epoch, None).cast(pl.Int64)
    micros = number * pl.select(pl.when(cells.str.len_bytes() > 11).then(1000).otherwise(1_000_000)).to_series()
    counted = micros.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    counted = counted.set(~counted.dt.year().is_in(_YEARS).fill_null(False), None)
    return filled(counted, counted.is_null(), lambda rows: _rule_written(cells.gather(rows), order))


def _rule_written(cells: pl.Series, order: str | None) -> tuple[pl.Series, pl.Series]:
    parts = cells.str.extract_groups(DAY_AND_CLOCK.pattern.replace("(?P<", "^(?P<", 1) + "$").struct.unnest()
    days, day_codes = each_once(
        parts["day"].zip_with(parts["day"].is_not_null(), cells),
        lambda cell: _judge_day(cell, order),
        pl.Date(),
    )
    clocks, clock_codes = each_once(parts["clock"], judge_clock, pl.Int64())
    moments = days.cast(pl.Datetime("us")) + clocks.fill_null(0).cast(pl.Duration("us"))
    codes = day_codes.zip_with(day_codes.is_not_null(), clock_codes)
    return moments.set(codes.is_not_null(), None).dt.replace_time_zone("UTC"), codes


_INVALID: Day = (None, "date_invalid")


def _judge_day(cell: str, order: str | None) -> Day:
    if cell in _PLACEHOLDERS:
        return None, None
    if _SERIAL.fullmatch(cell):
        return None, "date_serial"
    if found := _YEAR_FIRST.fullmatch(cell):
        year, month, day = (int(part) for part in found.groups() if part and part not in "-/")
        return _day(year, month, day)
    if found := _DOTTED.fullmatch(cell):
        return _day(int(found[3]), int(found[2]), int(found[1]))
    if found := _NUMERIC.fullmatch(cell):
        return _ordered(int(found[1]), int(found[3]), int(found[4]), order)
    return _worded(re.sub(r" +", " ", cell.lower()))


def _ordered(first: int, second: int, year: int, order: str | None) -> Day:
    if order == "dmy" or (first > 12 and order != "mdy"):
        return _day(year, second, first)
    if order == "mdy" or second > 12:
        return _day(year, first, second)
    return _day(year, first, second) if first == second else (None, "date_ambiguous")


def _worded(cell: str) -> Day:
    if found := _MONTH_FIRST.fullmatch(cell):
        return _day(int(found[3]), _MONTH_NUMBERS.get(found[1], 0), int(found[2]))
    if found := _MONTH_SECOND.fullmatch(cell):
        return _day(int(found[4]), _MONTH_NUMBERS.get(found[3], 0), int(found[1]))
    if found := _SHORT_YEAR.fullmatch(cell):
        short = int(found[3])
        return _day(short + (2000 if short <= 68 else 1900), _MONTH_NUMBERS.get(found[2], 0), int(found[1]))
    return _INVALID


def _day(year: int, month: int, day: int) -> Day:
    if year not in _YEARS:
        return _INVALID
    try:
        return date(year, month, day), None
    except ValueError:
        return _INVALID
