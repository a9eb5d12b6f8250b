from datetime import UTC, date, datetime, timedelta, timezone

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.customers.rules import dates
from pipelines.customers.rules.dates import day_order, read_date, read_moment
from tests.customers.rules.verdicts_as_rows import column, outcome

MAY_FIRST = date(2024, 5, 1)
SAME_DAY = [
    "2024-05-01",
    "20240501",
    "2024/05/01",
    "2024-5-1",
    "2024-05-01T10:00:00Z",
    "2024-05-01 10:00",
    "1.5.2024",
    "01.05.2024 23:59",
    "May 1, 2024",
    "1 May 2024",
    "01-May-24",
    "1-may-2024",
    "2024-05-01T10:00:00.5+02:00",
]
REFUSED = [
    ("2024-02-30", "date_invalid"),
    ("1899-12-31", "date_invalid"),
    ("2201-01-01", "date_invalid"),
    ("01/05/24", "date_invalid"),
    ("01.05.24", "date_invalid"),
    ("31/31/2024", "date_invalid"),
    ("soon", "date_invalid"),
    ("2024-05-01T25:00", "date_invalid"),
    ("2024-05-01T", "date_invalid"),
    ("45123", "date_serial"),
    ("45123.5", "date_serial"),
    ("03/04/2024", "date_ambiguous"),
    ("03-04-2024 10:00", "date_ambiguous"),
]


@pytest.mark.parametrize("cell", SAME_DAY)
def test_ways_to_write_a_day(cell):
    assert outcome(read_date(column(cell))) == [MAY_FIRST]
    assert outcome(read_moment(column(cell)))[0].date() == MAY_FIRST


@pytest.mark.parametrize(("cell", "code"), REFUSED)
def test_refusals(cell, code):
    assert outcome(read_date(column(cell))) == [code]
    assert outcome(read_moment(column(cell))) == [code]


@pytest.mark.parametrize("cell", [None, " ", "0000-00-00", "0000-00-00 00:00:00", "1900-01-01"])
def test_placeholders_are_empty(cell):
    assert outcome(read_date(column(cell))) == outcome(read_moment(column(cell))) == [None]


def test_the_order_settles_what_is_ambiguous():
    cells = column("03/04/2024", "13/04/2024", "04/13/2024", "05/05/2024")
    assert outcome(read_date(cells, "dmy")) == [
        date(2024, 4, 3),
        date(2024, 4, 13),
        "date_invalid",
        date(2024, 5, 5),
    ]
    assert outcome(read_date(cells, "mdy")) == [
        date(2024, 3, 4),
        "date_invalid",
        date(2024, 4, 13),
        date(2024, 5, 5),
    ]
    mixed = ["date_ambiguous", date(2024, 4, 13), date(2024, 4, 13), date(2024, 5, 5)]
    assert outcome(read_date(cells)) == outcome(read_date(cells, "mixed")) == mixed


@pytest.mark.parametrize(
    ("cells", "order"),
    [
        (["03/04/2024", "13/04/2024"], "dmy"),
        (["03/04/2024", "04/13/2024 10:00"], "mdy"),
        (["13-04-2024", "04/13/2024"], "mixed"),
        (["03/04/2024", "45/02/2024", "13.4.2024", None], None),
        ([], None),
    ],
)
def test_what_a_column_proves(cells, order):
    assert day_order(column(*cells)) == order


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("2024-05-01T10:00:00-05:30", datetime(2024, 5, 1, 15, 30)),
        ("2024-05-01", datetime(2024, 5, 1)),
        ("2024-05-01 10:00:00.123456+02", datetime(2024, 5, 1, 8, 0, 0, 123456)),
        ("2024-01-01T00:30:00+01:00", datetime(2023, 12, 31, 23, 30)),
        ("20240501T101500Z", datetime(2024, 5, 1, 10, 15)),
        ("1714557600", datetime(2024, 5, 1, 10)),
        ("1714557600123", datetime(2024, 5, 1, 10, 0, 0, 123000)),
        ("01.05.2024 10:15", datetime(2024, 5, 1, 10, 15)),
        ("May 1, 2024 12:15 am", datetime(2024, 5, 1, 0, 15)),
    ],
)
def test_moments_are_utc(cell, moment):
    assert outcome(read_moment(column(cell))) == [moment.replace(tzinfo=UTC)]


def test_an_epoch_is_no_date():
    assert outcome(read_date(column("1714557600", "1714557600000"))) == ["date_invalid"] * 2


DAYS = st.dates(date(1900, 1, 2), date(2200, 12, 31))
FORMS = ["%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%d.%m.%Y", "%d/%m/%Y", "%B %d, %Y", "%d %b %Y", "%d-%b-%Y"]


@given(DAYS, st.sampled_from(FORMS))
def test_agrees_with_datetime_on_days(day, form):
    assert outcome(read_date(column(day.strftime(form)), "dmy")) == [day]


@given(
    st.datetimes(datetime(1901, 1, 1), datetime(2200, 1, 1)),
    st.integers(-12 * 60, 13 * 60 + 59).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)
def test_agrees_with_datetime_on_moments(moment, zone):
    moment = moment.replace(tzinfo=zone)
    cells = column(moment.isoformat(), moment.isoformat(" "), moment.strftime("%d.%m.%Y %H:%M:%S.%f%z"))
    assert outcome(read_moment(cells)) == [moment.astimezone(UTC)] * 3


@given(st.text("0123456789-/.:TZ +", max_size=24))
def test_no_text_breaks_the_readers(cell):
    assert len(outcome(read_date(column(cell)))) == len(outcome(read_moment(column(cell)))) == 1


def test_iso_is_never_judged_one_by_one(monkeypatch):
    monkeypatch.setattr(dates, "_judge_day", lambda *given: pytest.fail(f"judged {given}"))
    moments = pl.Series([f"2024-05-{at % 28 + 1:02d}T10:00:00.{at:03d}+02:00" for at in range(1000)])
    assert read_moment(moments).values.null_count() == 0
    assert read_date(moments.str.slice(0, 10)).values.null_count() == 0
