import random

import phonenumbers
import polars as pl
import pytest

from pipelines.customers.rules import phone
from pipelines.customers.rules.phone import read_phone
from tests.customers.rules.verdicts_as_rows import column, outcome

KINDS = (
    "mobile",
    "fixed_line",
    "toll_free",
    "voip",
    "premium_rate",
    "shared_cost",
    "personal_number",
    "uan",
    "pager",
)


@pytest.mark.parametrize(
    ("cell", "country", "expected"),
    [
        ("+4915112345678", None, "+4915112345678"),
        ("0049 151 12345678", None, "+4915112345678"),
        ("0151/12345678", "DE", "+4915112345678"),
        ("0151-123.456.78", "de", "+4915112345678"),
        ("+49 (0)30 1234567", None, "+49301234567"),
        ("(+49) 30 1234567", "US", "+49301234567"),
        ("tel:+1-212-555-0123", None, "+12125550123"),
        ("(212) 555-0123", "US", "+12125550123"),
        ("1 212 555 0123", "US", "+12125550123"),
        ("06 1234567", "IT", "+39061234567"),
        ("+39 06 1234567", None, "+39061234567"),
        ("", "DE", None),
        (None, None, None),
        ("\u00a0", "DE", None),
        ("4.91512E+12", "DE", "phone_scientific"),
        ("4,91512e12", None, "phone_scientific"),
        ("030 1234567", None, "phone_country_unknown"),
        ("030 1234567", "AQ", "phone_country_unknown"),
        ("+49 12", None, "phone_invalid"),
        ("+999 1234567", None, "phone_invalid"),
        ("12", None, "phone_invalid"),
        ("call me", "DE", "phone_invalid"),
        ("555-CALL-NOW", "US", "phone_invalid"),
        ("+1 212 555 012", None, "phone_invalid"),
        ("++49301234567", None, "phone_invalid"),
    ],
)
def test_numbers(cell, country, expected):
    assert outcome(read_phone(column(cell), column(country))) == [expected]


def _numbers(seed):
    """Example numbers of every region, a few digits changed, in the ways people write them."""
    draw = random.Random(seed)
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
        for kind in KINDS:
            described = getattr(metadata, kind)
            if described is None or not described.example_number:
                continue
            for _ in range(8):
                digits = list(described.example_number)
                for _ in range(draw.randrange(4)):
                    digits[draw.randrange(len(digits))] = draw.choice("0123456789")
                number, code = "".join(digits[: -1 if draw.random() < 0.1 else None]), metadata.country_code
                prefix = metadata.national_prefix or ""
                yield (
                    draw.choice([f"+{code}{number}", f"+{code}0{number}", prefix + number, number, f"{code}{number}"]),
                    region,
                )


def test_the_plans_agree_with_phonenumbers():
    pairs = list(_numbers(1))
    cells, regions = pl.Series([cell for cell, _ in pairs]), pl.Series([region for _, region in pairs])
    values, codes = phone._by_plan(phone._dialled(cells), regions)
    settled = (values.is_not_null() | codes.is_not_null()).arg_true().to_list()
    assert len(settled) > 0.8 * len(pairs)
    wrong = [
        (pairs[row], values[row], codes[row])
        for row in settled
        if phone._judge(*pairs[row]) != (values[row], codes[row])
    ]
    assert wrong == []


def test_e164_values_read_as_themselves():
    mixed = column(*[cell for cell, _ in _numbers(3)])
    once = read_phone(mixed, pl.Series([None] * len(mixed), dtype=pl.String)).values.drop_nulls()
    again = read_phone(once, pl.Series([None] * len(once), dtype=pl.String))
    assert len(once) > 1000
    assert again.values.to_list() == once.to_list()
    assert again.problems == {}


def test_plain_numbers_are_never_judged_one_by_one(monkeypatch):
    monkeypatch.setattr(phone, "_judge", lambda *pair: pytest.fail(f"judged {pair}"))
    cells = pl.Series(
        [f"+49151{10_000_000 + at}" for at in range(500)] + [f"0151 {10_000_000 + at}" for at in range(500)]
    )
    read = read_phone(cells, pl.Series(["DE"] * 1000))
    assert read.problems == {}
    assert read.values.null_count() == 0
