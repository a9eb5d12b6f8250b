import email_validator
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.customers.rules import email
from pipelines.customers.rules.email import read_email
from tests.customers.rules.verdicts_as_rows import column, outcome

CASES = [
    ("Ada@Example.COM", "ada@example.com"),
    ("\u00a0ada@firm.example \u200b", "ada@firm.example"),
    ("a.b+c@sub.host.test", "a.b+c@sub.host.test"),
    ("mailto:Ada@example.org", "ada@example.org"),
    ("ada@xn--mnchen-3ya.de", "ada@münchen.de"),
    ("jo\u0308rg@example.com", "jörg@example.com"),
    ("", None),
    ("  ", None),
    (None, None),
    ("Ada <ada@example.com>", "email_invalid"),
    ("<ada@example.com>", "email_invalid"),
    ("ada@localhost", "email_invalid"),
    ("ada@printer.local", "email_invalid"),
    ("ada@x.invalid", "email_invalid"),
    ("ada@@example.com", "email_invalid"),
    ("ada..b@example.com", "email_invalid"),
    (".a@example.com", "email_invalid"),
    ("ada@-x.com", "email_invalid"),
    ("ada@ab--cd.com", "email_invalid"),
    ("ada@example.c0m1", "email_invalid"),
    ("a@" + "b" * 64 + ".com", "email_invalid"),
    ("ada", "email_invalid"),
    ("a b@example.com", "email_invalid"),
    ("a@b.com, c@d.com", "email_invalid"),
    ("a@b.com\nBcc: x@y.com", "email_invalid"),
]


@pytest.mark.parametrize(("cell", "expected"), CASES)
def test_addresses(cell, expected):
    assert outcome(read_email(column(cell))) == [expected]


def test_all_cases_in_one_column_keep_their_rows():
    assert outcome(read_email(column(*[cell for cell, _ in CASES]))) == [expected for _, expected in CASES]


def test_an_empty_column():
    assert outcome(read_email(column())) == []


def test_plain_addresses_are_never_judged_one_by_one(monkeypatch):
    monkeypatch.setattr(email, "_judge", lambda cell: pytest.fail(f"judged {cell}"))
    cells = pl.Series([f"First.Last+{at}@mail-{at % 7}.example.co.uk" for at in range(1000)])
    assert read_email(cells).values.n_unique() == 1000


PARTS = st.text("abzAZ09._+-'!\u00e9@ ", min_size=1, max_size=12)
ENDS = st.sampled_from([".com", ".example", ".test", ".local", ".arpa", ".c0", "", ".", ".xn--p1ai"])


@given(PARTS, PARTS, ENDS)
def test_agrees_with_email_validator(local, host, end):
    address = f"{local}@{host}{end}".strip()
    try:
        found = email_validator.validate_email(address, check_deliverability=False, test_environment=True)
        expected = found.normalized.lower()
    except email_validator.EmailNotValidError:
        expected = "email_invalid"
    assert outcome(read_email(column(address))) == [expected]
