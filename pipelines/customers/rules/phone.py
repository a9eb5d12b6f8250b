"""Phone numbers, as E.164."""

from functools import lru_cache

import phonenumbers
import polars as pl

from pipelines.customers.rules.cells import each_pair_once, encoded, settled, trimmed
from pipelines.customers.rules.number_plans import national_part, plan_of, plans_of, valid_in
from pipelines.customers.rules.verdict import Judged, judged

_E164 = r"^\+[1-9][0-9]{6,14}$"
_PUNCTUATION = r"[\s().\-/\u2010-\u2015\u2212]"
_DIALLED = r"^\+?[0-9]{4,20}$"
# Excel turns 4915123456789 into 4.91512E+12: the other digits are lost for good.
_SCIENTIFIC = r"^\+?[0-9](?:[.,][0-9]+)?[eE]\+?[0-9]{1,2}$"


def read_phone(raw: pl.Series, country: pl.Series) -> Judged:
    """Numbers as E.164; one without a calling code is read as a national number of the country beside it."""
    cells = raw.cast(pl.String)
    valid = _surely_valid(cells)
    return settled(cells, valid, cells.set(~valid, None), lambda rest: _read_written(rest, country.filter(~valid)))


def _surely_valid(cells: pl.Series) -> pl.Series:
    """Which cells are valid E.164 as they came, with no more than a look at the plan of their calling code."""
    starts, places = encoded(cells.str.slice(0, 4).set(~cells.str.len_bytes().is_between(8, 16), None))
    codes = pl.Series("code", [_calling_code(start) for start in starts], dtype=pl.String).gather(places)
    by_code = codes.to_frame().with_row_index("row").drop_nulls().group_by("code").agg("row")
    found = []
    for code, rows in zip(by_code["code"], by_code["row"], strict=True):
        national = cells.gather(rows).str.slice(1 + len(code))
        prefix = plans_of(code)[0].national_prefix
        fits = valid_in(code, national)
        found.append(rows.filter(fits & ~national.str.contains(prefix) if prefix else fits))
    valid = pl.repeat(False, len(cells), dtype=pl.Boolean, eager=True).set(cells.is_null(), None)
    return valid.scatter(pl.concat(found), True) if found else valid


def _read_written(raw: pl.Series, country: pl.Series) -> Judged:
    cells = trimmed(raw)
    dialled = _dialled(cells)
    home = country.cast(pl.String).str.to_uppercase()
    values, codes = _by_plan(dialled, home)
    left = (dialled.is_not_null() & values.is_null() & codes.is_null()).arg_true()
    if not left.is_empty():
        slow_values, slow_codes = each_pair_once(dialled.gather(left), home.gather(left), _judge, pl.String())
        values, codes = values.scatter(left, slow_values), codes.scatter(left, slow_codes)
    unreadable = cells.is_not_null() & dialled.is_null()
    if unreadable.any():
        codes = codes.set(unreadable, "phone_invalid")
        codes = codes.set(unreadable & cells.str.contains(_SCIENTIFIC), "phone_scientific")
    return judged(values, codes)


def _dialled(cells: pl.Series) -> pl.Series:
    """What one would dial: digits, after a plus if a calling code begins them; null if no number."""
    odd = ~cells.str.contains(_E164)
    if not odd.any():
        return cells
    rows = odd.fill_null(False).arg_true()
    bare = (
        cells.gather(rows)
        .str.replace(r"^(?i:tel:)\s*", "")
        .str.replace_all(_PUNCTUATION, "")
        .str.replace(r"^00([1-9])", "+$1")
    )
    return cells.clone().scatter(rows, bare.set(~bare.str.contains(_DIALLED), None))


def _by_plan(dialled: pl.Series, home: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Values and codes as far as the numbering plans settle them over whole columns."""
    empty = pl.Series([None], dtype=pl.String).new_from_index(0, len(dialled))
    values, codes = empty, empty.clone()
    international = dialled.str.starts_with("+").fill_null(False)
    calling = _calling_codes(dialled.set(~international, None))
    for code in calling.drop_nulls().unique().sort():
        rows = (calling == code).fill_null(False).arg_true()
        part = national_part(plans_of(code)[0], dialled.gather(rows).str.slice(1 + len(code)))
        values, codes = _settle(values, codes, rows, code, part)
    national = dialled.is_not_null() & ~international
    if not national.any():
        return values, codes
    homeless = national
    for region in home.filter(national).drop_nulls().unique().sort():
        if plan_of(region) is not None:
            here = (home == region).fill_null(False)
            rows = (national & here).arg_true()
            homeless = homeless & ~here
            values, codes = _settle(values, codes, rows, *_at_home(region, dialled.gather(rows)))
    return values, codes.set(homeless, "phone_country_unknown")


def _calling_codes(international: pl.Series) -> pl.Series:
    starts = international.str.slice(0, 4)
    known = {start: _calling_code(start) for start in starts.drop_nulls().unique()}
    return starts.replace_strict(list(known), list(known.values()), default=None, return_dtype=pl.String)


@lru_cache(maxsize=10_000)
def _calling_code(start: str) -> str | None:
    """The calling code after the plus: no code begins another, so at most three digits tell."""
    sizes = (2, 3, 4) if start[:1] == "+" else ()
    return next((start[1:size] for size in sizes if start[1:size].isdecimal() and plans_of(start[1:size])), None)


def _at_home(region: str, digits: pl.Series) -> tuple[str, pl.Series]:
    """National numbers of a region; null where the beginning could mean something else."""
    plan = plan_of(region)
    assert plan is not None
    coded = digits.str.starts_with(plan.calling_code)
    part = national_part(plan, digits).set(coded | digits.str.contains(plan.dialled_out), None)
    after = digits.str.strip_prefix(plan.calling_code)
    surely_coded = coded & ~digits.str.contains(plan.possible) & after.str.contains(plan.possible)
    if plan.national_prefix is not None:
        surely_coded &= ~after.str.contains(plan.national_prefix)
    surely_coded &= ~digits.str.contains(plan.dialled_out)
    return plan.calling_code, part.zip_with(~surely_coded, after)


def _settle(
    values: pl.Series, codes: pl.Series, rows: pl.Series, calling_code: str, part: pl.Series
) -> tuple[pl.Series, pl.Series]:
    known = part.is_not_null()
    rows, part = rows.filter(known), part.filter(known)
    valid = valid_in(calling_code, part)
    numbers = f"+{calling_code}" + part.filter(valid)
    return values.scatter(rows.filter(valid), numbers), codes.scatter(rows.filter(~valid), "phone_invalid")


def _judge(dialled: str, country: str | None) -> tuple[str | None, str | None]:
    try:
        number = phonenumbers.parse(dialled, country)
    except phonenumbers.NumberParseException:
        return None, "phone_invalid"
    if not phonenumbers.is_valid_number(number):
        return None, "phone_invalid"
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), None
