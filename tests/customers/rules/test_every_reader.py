import polars as pl
import pytest

from pipelines.customers.rules import consent, dates, email, money, phone, places, text
from tests.customers.rules.verdicts_as_rows import column

READERS = [
    getattr(module, name)
    for module in (consent, dates, email, money, places, text)
    for name in vars(module)
    if name.startswith("read_")
]


def _phone(raw: pl.Series) -> object:
    return phone.read_phone(raw, pl.Series([None] * len(raw), dtype=pl.String))


@pytest.mark.parametrize("reader", [*READERS, _phone], ids=lambda reader: reader.__name__)
def test_empty_cells_are_null_without_a_problem(reader):
    typed = reader(column("1")).values.dtype
    for cells in (column(), column(None, None), column("", " ", "\u00a0", "\t", None)):
        read = reader(cells)
        assert read.problems == {}
        assert read.values.null_count() == len(read.values) == len(cells)
        assert read.values.dtype == typed


def test_all_readers_are_here():
    assert len(READERS) == 20
