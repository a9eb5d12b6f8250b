"""The numbering plans of phonenumbers as regular expressions that polars can run over a whole column."""

import re
from dataclasses import dataclass
from functools import cache

import polars as pl
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

# Most numbers are of the first kinds, so that few rows are left for the others.
_KINDS = (
    "mobile", "fixed_line", "toll_free", "shared_cost", "voip", "personal_number", "uan", "premium_rate",
    "pager", "voicemail",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plan:
    """One region's numbers, national part only; every pattern is anchored."""

    calling_code: str
    possible: str
    possible_lengths: tuple[int, ...]
    kinds: tuple[tuple[tuple[int, ...], str], ...]
    leading: str | None
    national_prefix: str | None
    simple_prefix: str | None
    dialled_out: str


@cache
def plan_of(region: str) -> Plan | None:
    """The plan of a region, none for one without telephones of its own."""
    metadata = PhoneMetadata.metadata_for_region(region, None)
    return None if metadata is None else _plan(metadata)


@cache
def plans_of(calling_code: str) -> tuple[Plan, ...]:
    """The plans that share a calling code, the main one first, in the order phonenumbers asks them."""
    code = int(calling_code)
    metadata = [
        PhoneMetadata.metadata_for_region_or_calling_code(code, region)
        for region in COUNTRY_CODE_TO_REGION_CODE.get(code, ())
    ]
    return tuple(_plan(one) for one in metadata if one is not None)


def valid_in(calling_code: str, national: pl.Series) -> pl.Series:
    """Which national numbers are valid under the calling code, by the same steps as is_valid_number."""
    plans = plans_of(calling_code)
    valid = pl.Series([False], dtype=pl.Boolean).new_from_index(0, len(national))
    rows = pl.int_range(len(national), eager=True)
    for plan in plans:
        here = national.gather(rows)
        fits = _fits(plan, here)
        # A region with leading digits owns its numbers, valid or not; the others own what is valid.
        owned = here.str.contains(plan.leading) if plan.leading and len(plans) > 1 else fits
        valid = valid.scatter(rows.filter(owned & fits), True)
        rows = rows.filter(~owned)
        if rows.is_empty():
            break
    return valid


def national_part(plan: Plan, digits: pl.Series) -> pl.Series:
    """The digits as phonenumbers would read them nationally; null where only phonenumbers itself can tell."""
    if plan.national_prefix is None:
        return digits
    prefixed = digits.str.contains(plan.national_prefix)
    part = digits.set(prefixed, None)
    if plan.simple_prefix is None or not prefixed.any():
        return part
    strippable = prefixed & ~digits.str.contains(plan.possible)
    return part.zip_with(~strippable, digits.str.strip_prefix(plan.simple_prefix))


def _fits(plan: Plan, national: pl.Series) -> pl.Series:
    fits = pl.Series([False], dtype=pl.Boolean).new_from_index(0, len(national))
    rows = _of_length(national, plan.possible_lengths, national.str.contains(plan.possible)).arg_true()
    for lengths, pattern in plan.kinds:
        here = national.gather(rows)
        hits = _of_length(here, lengths, here.str.contains(pattern))
        fits = fits.scatter(rows.filter(hits), True)
        rows = rows.filter(~hits)
        if rows.is_empty():
            break
    return fits


def _of_length(national: pl.Series, lengths: tuple[int, ...], mask: pl.Series) -> pl.Series:
    return mask & national.str.len_bytes().is_in(lengths) if lengths else mask


def _plan(metadata: PhoneMetadata) -> Plan:
    general = metadata.general_desc
    assert general is not None
    assert general.national_number_pattern is not None
    kinds: dict[tuple[int, ...], list[str]] = {}
    for kind in _KINDS:
        described = getattr(metadata, kind)
        if described is not None and described.national_number_pattern:
            kinds.setdefault(described.possible_length, []).append(described.national_number_pattern)
    prefix = metadata.national_prefix_for_parsing
    literal = prefix is not None and prefix.isdigit() and metadata.national_prefix_transform_rule is None
    return Plan(
        calling_code=str(metadata.country_code),
        possible=_whole(general.national_number_pattern),
        possible_lengths=general.possible_length,
        kinds=tuple((lengths, _whole("|".join(dict.fromkeys(patterns)))) for lengths, patterns in kinds.items()),
        leading=None if metadata.leading_digits is None else _start(metadata.leading_digits),
        national_prefix=None if prefix is None else _start(prefix),
        simple_prefix=prefix if literal else None,
        dialled_out=_start(metadata.international_prefix or "00"),
    )


def _ascii(pattern: str) -> str:
    return re.sub(r"\s", "", pattern).replace(r"\d", "[0-9]")


def _whole(pattern: str) -> str:
    return f"^(?:{_ascii(pattern)})$"


def _start(pattern: str) -> str:
    return f"^(?:{_ascii(pattern)})"
