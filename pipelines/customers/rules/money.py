"""Amounts of money and counts of things."""

import re
from decimal import ROUND_HALF_UP, Decimal

import polars as pl

from pipelines.customers.rules.cells import completed, each_once, filled, settled, trimmed
from pipelines.customers.rules.currencies import CURRENCIES, SYMBOLS
from pipelines.customers.rules.verdict import Judged, judged

_AMOUNT = pl.Decimal(14, 2)
_PLAIN = r"^-?[0-9]{1,12}(?:\.[0-9]{1,2})?$"
_PLAIN_COUNT = r"^[0-9]{1,9}$"
_COMMON_MARK = r"^(?:[€£$]|EUR|USD|GBP|CHF)\s*|\s*(?:[€£$]|EUR|USD|GBP|CHF)$"
_LIMIT = Decimal(10) ** 12
_LARGEST_COUNT = 2_147_483_647

_NOT_A_NUMBER = {"nan", "inf", "infinity"}
_GAPS = re.compile(r"(?<=\d)[\s'’](?=\d{3}(?!\d))")
_MARKED = re.compile(r"(?P<before>[^\d\s(.,+-]+)?\s*(?P<number>[^A-Za-z]*?\d)\s*(?P<after>[^\d\s).,+-]+)?")
_UNGROUPED = re.compile(r"\d+(?:[.,]\d+)?|[.,]\d+")
_GROUPED = re.compile(r"[1-9]\d{0,2}(?:(?:,\d{3})+(?:\.\d+)?|(?:\.\d{3})+(?:,\d+)?)")
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?e([+-]?)\d{1,3}", re.ASCII)
_EITHER = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")


def read_amount(raw: pl.Series) -> Judged:
    """Amounts as Decimal(14, 2), exact for what is written with two decimals, else rounded half up."""
    cells = raw.cast(pl.String)
    plain = cells.str.contains(_PLAIN)
    return settled(
        cells, plain, cells.set(~plain, None).cast(_AMOUNT), lambda rest: judged(*_rule_amounts(trimmed(rest)))
    )


def read_spend(raw: pl.Series) -> Judged:
    """Amounts that cannot be below zero; a negative one is `amount_negative`."""
    read = read_amount(raw)
    below = (read.values < 0).fill_null(False)
    if not below.any():
        return read
    return Judged(read.values.set(below, None), {**read.problems, "amount_negative": below})


def read_count(raw: pl.Series) -> Judged:
    """Whole numbers from zero to 2 147 483 647, as Int64."""
    cells = raw.cast(pl.String)
    plain = cells.str.contains(_PLAIN_COUNT)
    return settled(cells, plain, cells.set(~plain, None).cast(pl.Int64), _read_written_count)


def _read_written_count(raw: pl.Series) -> Judged:
    cells = trimmed(raw)
    plain = cells.str.contains(_PLAIN_COUNT)
    values = cells.set(~plain, None).cast(pl.Int64)
    return completed(values, ~plain, lambda rows: each_once(cells.gather(rows), _judge_count, pl.Int64()))


def _rule_amounts(cells: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Whole files are written 1.234,50 or € 12.00: rewritten in bulk, so that only oddities go one by one."""
    frame = cells.to_frame("cell")
    cell = pl.col("cell").str.replace_all(_COMMON_MARK, "")
    rewritten = (
        pl.when(cell.str.contains(_PLAIN))
        .then(cell)
        .when(cell.str.contains(r"^-?[0-9]{1,3}(?:,[0-9]{3}){1,3}\.[0-9]{1,2}$"))
        .then(cell.str.replace_all(",", "", literal=True))
        .when(cell.str.contains(r"^-?(?:[0-9]{1,12}|[0-9]{1,3}(?:\.[0-9]{3}){1,3}),[0-9]{1,2}$"))
        .then(cell.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True))
    )
    values = frame.select(rewritten.cast(_AMOUNT)).to_series()
    return filled(values, values.is_null(), lambda rows: each_once(cells.gather(rows), _judge_amount, _AMOUNT))


def _judge_amount(cell: str) -> tuple[Decimal | None, str | None]:
    number, code = _number(cell)
    if number is None:
        return None, f"amount_{code}"
    amount = number.quantize(Decimal("0.01"), ROUND_HALF_UP) if abs(number) < _LIMIT else number
    return (amount, None) if abs(amount) < _LIMIT else (None, "amount_too_large")


def _judge_count(cell: str) -> tuple[int | None, str | None]:
    # A count has no decimals, so the comma of 1,234 must mark thousands; 1.000 may be a long 1.
    ungrouped = re.sub(r"^([+-]?\d{1,3}),(\d{3})$", r"\1\2", cell)
    number, code = _number(ungrouped, marks=False)
    if number is None:
        return None, "count_not_a_number" if code == "not_a_number" else "count_invalid"
    if number < 0:
        return None, "count_negative"
    if number != number.to_integral_value() or number > _LARGEST_COUNT:
        return None, "count_invalid"
    return int(number), None


def _number(cell: str, marks: bool = True) -> tuple[Decimal | None, str]:
    """The number that is written, or none and why not."""
    text = cell.replace("−", "-")
    if text.lower().lstrip("+-") in _NOT_A_NUMBER:
        return None, "not_a_number"
    if len(text) > 60:
        return None, "invalid"
    sign, text = _signed(text)
    scientific = _SCIENTIFIC.fullmatch(text.lower())
    # A small number lost nothing that counts; of a large one a spreadsheet shows some digits only.
    if scientific and (scientific[1] == "-" or Decimal(text) >= _LIMIT):
        return Decimal(text) * (sign or 1), ""
    found = _MARKED.fullmatch(text)
    if found is None or not all(_is_money_mark(found[side], marks) for side in ("before", "after")):
        return None, "invalid"
    inner, digits = _signed(found["number"])
    if inner and sign:
        return None, "invalid"
    digits = _GAPS.sub("", digits)
    if _EITHER.fullmatch(digits):
        return None, "ambiguous"
    number = _plain_digits(digits)
    return (number * (inner or sign or 1), "") if number is not None else (None, "invalid")


def _signed(text: str) -> tuple[int, str]:
    """The sign that is written (0 if none) and what it stands before."""
    if text.startswith("(") and text.endswith(")"):
        return -1, text[1:-1].strip()
    if text[:1] in ("-", "+"):
        return (-1 if text[0] == "-" else 1), text[1:].strip()
    return 0, text


def _is_money_mark(mark: str | None, allowed: bool) -> bool:
    return mark is None or (allowed and (mark in SYMBOLS or mark.upper() in CURRENCIES))


def _plain_digits(digits: str) -> Decimal | None:
    if _GROUPED.fullmatch(digits):
        point = max(digits.rfind("."), digits.rfind(","))
        mixed = "." in digits and "," in digits
        whole = digits[:point] if mixed else digits
        return Decimal(re.sub(r"[.,]", "", whole) + ("." + digits[point + 1 :] if mixed else ""))
    if _UNGROUPED.fullmatch(digits) and digits.isascii():
        return Decimal(digits.replace(",", "."))
    return None
