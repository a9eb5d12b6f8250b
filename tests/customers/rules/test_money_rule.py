from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.customers.rules import money
from pipelines.customers.rules.money import read_amount, read_count, read_spend
from tests.customers.rules.verdicts_as_rows import column, outcome

AMOUNTS = {
    "1234.5": "1234.50",
    "1,234.50": "1234.50",
    "1.234,50": "1234.50",
    "1 234,50": "1234.50",
    "1'234.50": "1234.50",
    "1\u00a0234\u202f567,8": "1234567.80",
    "€ 12": "12.00",
    "12 EUR": "12.00",
    "$1,234.56": "1234.56",
    "12,5": "12.50",
    "(12.00)": "-12.00",
    "-5": "-5.00",
    "−5": "-5.00",
    "-€5": "-5.00",
    "0,125": "0.13",
    "1,234,567": "1234567.00",
    "1.234.567": "1234567.00",
    "1234,567": "1234.57",
    "12.3450": "12.35",
    "-1.5E-14": "0.00",
    "2.5e-1": "0.25",
    "999999999999.99": "999999999999.99",
}
REFUSED = {
    "1,234": "amount_ambiguous",
    "1.234": "amount_ambiguous",
    "€ 1,234": "amount_ambiguous",
    "NaN": "amount_not_a_number",
    "-inf": "amount_not_a_number",
    "Infinity": "amount_not_a_number",
    "null": "amount_invalid",
    "12 XYZ": "amount_invalid",
    "1e5": "amount_invalid",
    "1.23E+11": "amount_invalid",
    "1e+16": "amount_too_large",
    "-1.5E300": "amount_too_large",
    "--5": "amount_invalid",
    "(-5)": "amount_invalid",
    "1.2.3": "amount_invalid",
    "1,23,456": "amount_invalid",
    "٣": "amount_invalid",
    "1000000000000": "amount_too_large",
    "999999999999.999": "amount_too_large",
}


@pytest.mark.parametrize(("cell", "amount"), AMOUNTS.items())
def test_amounts(cell, amount):
    assert outcome(read_amount(column(cell))) == [Decimal(amount)]


@pytest.mark.parametrize(("cell", "code"), REFUSED.items())
def test_refusals(cell, code):
    assert outcome(read_amount(column(cell))) == [code]


def test_a_whole_column_keeps_its_rows():
    cells = [*AMOUNTS, *REFUSED, None, " "]
    expected = [*map(Decimal, AMOUNTS.values()), *REFUSED.values(), None, None]
    read = read_amount(column(*cells))
    assert outcome(read) == expected
    assert read.values.dtype == pl.Decimal(14, 2)


def test_spend_cannot_be_negative():
    assert outcome(read_spend(column("5", "-5", "(5)", "x", None))) == [
        Decimal(5),
        "amount_negative",
        "amount_negative",
        "amount_invalid",
        None,
    ]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("3", 3),
        ("007", 7),
        ("3.0", 3),
        ("1,234", 1234),
        ("1,234,567", 1234567),
        ("2147483647", 2147483647),
        ("", None),
        ("2147483648", "count_invalid"),
        ("1.5", "count_invalid"),
        ("1.000", "count_invalid"),
        ("1.0000", 1),
        ("1e-7", "count_invalid"),
        ("€3", "count_invalid"),
        ("x", "count_invalid"),
        ("-1", "count_negative"),
        ("nan", "count_not_a_number"),
        ("9" * 80, "count_invalid"),
    ],
)
def test_counts(cell, expected):
    assert outcome(read_count(column(cell))) == [expected]


@given(st.decimals(-(10**11), 10**11, places=2), st.sampled_from(["{:.2f}", "{:,.2f}", "€ {:.2f}", "{:.2f} EUR"]))
def test_written_amounts_read_back(amount, form):
    written = form.format(amount)
    german = written.translate(str.maketrans(",.", ".,"))
    assert outcome(read_amount(column(written, german))) == [amount, amount]


def test_plain_columns_are_never_judged_one_by_one(monkeypatch):
    monkeypatch.setattr(money, "_number", lambda *given: pytest.fail(f"judged {given}"))
    cells = (
        [f"{at}.5" for at in range(1000)] + [f"1.{at:03d},50" for at in range(1000)] + [f"€ {at}" for at in range(9)]
    )
    assert read_amount(pl.Series(cells)).values.null_count() == 0
    assert read_count(pl.Series([str(at) for at in range(1000)])).values.null_count() == 0
