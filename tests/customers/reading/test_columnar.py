import datetime as dt
import decimal
import uuid
from contextlib import nullcontext

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.contracts import Refusal
from pipelines.customers.reading import columnar
from pipelines.customers.reading.open import open_table
from pipelines.customers.reading.source import open_file
from tests.customers.reading.taken_in import take_in_file

NAN, INF = float("nan"), float("inf")
MOMENT = dt.datetime(2024, 5, 1, 10, 0, 0, 123456)
COLUMNS = {
    "int": (pa.array([7, -1, None]), ["7", "-1", ""]),
    "uint64": (pa.array([2**64 - 1], pa.uint64()), [str(2**64 - 1)]),
    "float": (
        pa.array([7.0, NAN, None, 0.1, -0.0, 4915123456789.0, 2.0**53, 2.0**53 + 2, INF, 1e300]),
        ["7", "", "", "0.1", "0", "4915123456789", str(2**53), "9.007199254740994e+15", "inf", "1e+300"],
    ),
    "float32": (pa.array([0.1, 3.0], pa.float32()), ["0.1", "3"]),
    "string": (pa.array(["007", "", None, "é\n,", "a\0b"]), ["007", "", "", "é\n,", "ab"]),
    "bool": (pa.array([True, False, None]), ["true", "false", ""]),
    "date": (pa.array([dt.date(2024, 5, 1), None]), ["2024-05-01", ""]),
    "date64": (pa.array([dt.date(2024, 5, 1)], pa.date64()), ["2024-05-01"]),
    "timestamp": (pa.array([MOMENT], pa.timestamp("us")), ["2024-05-01 10:00:00.123456"]),
    "nanoseconds": (pa.array([1714557600123456789], pa.timestamp("ns")), ["2024-05-01 10:00:00.123456789"]),
    "in UTC": (pa.array([MOMENT], pa.timestamp("us", "UTC")), ["2024-05-01 10:00:00.123456+00:00"]),
    "in a zone": (pa.array([MOMENT], pa.timestamp("us", "Europe/Berlin")), ["2024-05-01 12:00:00.123456+02:00"]),
    "at an offset": (pa.array([MOMENT], pa.timestamp("us", "+02:00")), ["2024-05-01 12:00:00.123456+02:00"]),
    "decimal": (pa.array([decimal.Decimal("12.30"), None]), ["12.30", ""]),
    "long decimal": (pa.array([decimal.Decimal("12.30")], pa.decimal256(50, 2)), ["12.30"]),
    # In a text 12.345 may be twelve thousand; a number is what it is, also once it is written into a quarantine file.
    "thousandths": (pa.array([12.345, -1.005, 0.125, 1.0]), ["12.3450", "-1.0050", "0.125", "1"]),
    "thousandths of a decimal": (
        pa.array([decimal.Decimal("12.345"), decimal.Decimal("1.000")]),
        ["12.3450", "1.0000"],
    ),
    "thousandths, long": (pa.array([decimal.Decimal("12.345")], pa.decimal256(50, 3)), ["12.3450"]),
    "category of thousandths": (pa.array([12.345]).dictionary_encode(), ["12.3450"]),
    "category": (pa.array(["a", None, "a"]).dictionary_encode(), ["a", "", "a"]),
    "category of numbers": (pa.array([5, 5]).dictionary_encode(), ["5", "5"]),
    "binary": (pa.array([b"text", b"\xff\x00", None]), ["text", "ff00", ""]),
    "uuid": (pa.array([uuid.UUID(int=1).bytes], pa.uuid()), [str(uuid.UUID(int=1))]),
    "null": (pa.nulls(2), ["", ""]),
    "list": (pa.array([["a", None, "b"], [], None]), ["a;b", "", ""]),
    "list of numbers": (pa.array([[1, 2]]), ["1;2"]),
    "struct": (
        pa.array([{"a": 1, "b": dt.date(2024, 1, 1), "c": None}, None]),
        ['{"a": 1, "b": "2024-01-01", "c": null}', ""],
    ),
    "list of structs": (pa.array([[{"a": "é"}]]), ['[{"a": "é"}]']),
    "map": (pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int32())), ['{"k": 1}']),
    "duration": (pa.array([dt.timedelta(seconds=5)]), ["0:00:05"]),
}


def _take_in(tmp_path, **columns):
    path = tmp_path / "customers.parquet"
    pq.write_table(pa.table(columns), path)
    return take_in_file(path)


@pytest.mark.parametrize("name", COLUMNS)
def test_every_type_becomes_text(name, tmp_path):
    array, texts = COLUMNS[name]
    found = _take_in(tmp_path, **{f" {name} ": array})
    assert found.header == [name]
    assert found.cells == [(text,) for text in texts]


def test_rows_are_numbered_across_slices_and_shown_as_csv(tmp_path, monkeypatch):
    monkeypatch.setattr(columnar, "ROWS", 3)
    found = _take_in(tmp_path, id=list(range(8)), note=['a"b', "c,d", None, *"efghi"])
    assert [line for line, _ in found.rows] == list(range(1, 9))
    assert [found.originals[line] for line in (1, 2, 3, 8)] == ['0,"a""b"', '1,"c,d"', "2,", "7,i"]


@pytest.mark.parametrize(
    "note",
    [[f"{number:0200}" for number in range(400)], ["x" * 200] * 400],
    ids=["by what the file says of itself", "by what it turns out to hold"],
)
def test_more_than_the_limit_once_unpacked_is_refused(note, tmp_path):
    path = tmp_path / "customers.parquet"
    pq.write_table(pa.table({"note": note}), path, compression="zstd")
    assert path.stat().st_size < 50_000
    for limit, refused in ((50_000, True), (100_000, False)):
        with open_file(path, max_bytes=limit) as file, pytest.raises(Refusal) if refused else nullcontext() as error:
            list(open_table(file, max_bytes=limit).slices)
        assert not refused or "unpacks to more than LIFTLINE_MAX_FILE_GB allows" in str(error.value)


def test_no_rows_and_twin_columns_are_left_to_those_who_judge_them(tmp_path):
    assert _take_in(tmp_path, id=pa.array([], pa.string())).rows == []
    path = tmp_path / "twins.parquet"
    pq.write_table(pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["id", "id"]), path)
    assert (take_in_file(path).header, take_in_file(path).cells) == (["id", "id"], [("1", "2")])


def test_values_that_nothing_can_read_are_refused_with_their_column(tmp_path):
    with pytest.raises(Refusal, match="Column 'when' of .* holds timestamp.*Mars/Base.* values that cannot be read"):
        _take_in(tmp_path, when=pa.array([MOMENT], pa.timestamp("us", "Mars/Base")))


@pytest.mark.parametrize("keep", [4, 12, 100, 3000, -1])
def test_a_cut_file_is_refused(keep, tmp_path):
    path = tmp_path / "customers.parquet"
    pq.write_table(pa.table({"id": [f"customer {i}" for i in range(5000)]}), path)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(Refusal, match="is a damaged Parquet file"):
        take_in_file(path)


def test_a_file_garbled_in_its_middle_is_refused(tmp_path):
    path = tmp_path / "customers.parquet"
    pq.write_table(pa.table({"id": [f"customer {i}" for i in range(5000)]}), path)
    content = bytearray(path.read_bytes())
    content[4:2000] = b"\xff" * 1996
    path.write_bytes(content)
    with pytest.raises(Refusal, match="is a damaged Parquet file"):
        take_in_file(path)
