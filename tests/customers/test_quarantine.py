import csv

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.customers.columns import QUARANTINE_COLUMNS, ColumnPlan
from pipelines.customers.quarantine import QuarantineFile, reasons_by_line
from pipelines.customers.rules.reasons import REASONS
from pipelines.customers.shield import shielded, unshielded, unshielded_name
from tests.customers.checked import Checked, check


def _quarantined(found: Checked, folder) -> QuarantineFile:
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
    quarantine = QuarantineFile(folder, found.plan)
    for one in found.slices:
        quarantine.add(one.refused, one.problems)
    return quarantine


def _lines(quarantine: QuarantineFile) -> list[dict[str, str]]:
    with quarantine.path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _kept(quarantine: QuarantineFile) -> list[list[str]]:
    with quarantine.refused.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_each_refused_line_stands_there_with_its_reasons(tmp_path):
    text = 'id,email,orders,clicks,shoe\n1,a@b.de,,,\n2,nobody,-1,x,42\n3\n4,"no\nbody",,,"4;2"\n'
    quarantine = _quarantined(check(text, block=30), tmp_path)
    second, third, fourth = _lines(quarantine)
    assert list(second) == ["customer_id", "email", "orders", "clicks", "shoe", *QUARANTINE_COLUMNS]
    assert list(second.values())[:7] == ["2", "nobody", "'-1", "x", "42", "3", "2,nobody,-1,x,42"]
    assert second["quarantine_codes"].split() == ["email_invalid", "count_negative", "count_invalid"]
    assert second["quarantine_reasons"].startswith("email 'nobody' is not a valid e-mail address. orders '-1' is below")
    assert "Correct the address, e.g. name@example.com, or empty the cell." in second["quarantine_mend"]
    assert (third["email"], third["quarantine_line"], third["quarantine_original"]) == ("", "4", "3")
    assert third["quarantine_reasons"] == "The line has too few columns (1 of 5)."
    assert (fourth["quarantine_line"], fourth["quarantine_original"]) == ("5", '4,"no\nbody",,,"4;2"')
    assert quarantine.lines == 3
    assert quarantine.reasons == {"email_invalid": 2, "count_negative": 1, "count_invalid": 1, "too_few_columns": 1}
    assert [row[:2] for row in _kept(quarantine)] == [
        [line[name] for name in QUARANTINE_COLUMNS[:2]] for line in _lines(quarantine)
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_original_is_kept_character_by_character(end, tmp_path):
    originals = [
        '=1+1,"nobody"',
        " x ,no body\t",
        "5\" pipe,'nobody",
        '"a""b' + end + 'c",nobody',
        "é€\u00a0,no‑body",
        "-1,+2",
    ]
    quarantine = _quarantined(check(end.join(["id,email", *originals])), tmp_path)
    assert [row[1] for row in _kept(quarantine)] == originals
    shown = [line["quarantine_original"] for line in _lines(quarantine)]
    assert shown == ["'" + each if each[0] in "=-" else each for each in originals]


def test_a_spreadsheet_finds_its_mark_and_no_formula(tmp_path):
    text = "email,=cmd,note\n" + "".join(f'nobody{i},x,"{sign}1"\n' for i, sign in enumerate("=+-@\t\r\n＝"))
    quarantine = _quarantined(check(text), tmp_path)
    assert quarantine.path.read_bytes().startswith(b"\xef\xbb\xbfemail,'=cmd,note,quarantine_line")
    assert [line["note"][:1] for line in _lines(quarantine)] == ["'"] * 8
    assert [line["quarantine_original"][0] for line in _lines(quarantine)] == ["n"] * 8


SHIELDED = [
    "=1",
    "'=1",
    "''=1",
    "'+49",
    "+49",
    "-5",
    "@x",
    "\tx",
    "\r",
    "\n=",
    "'",
    "''",
    "'x",
    "x=1",
    "",
    "－1",
    "'\t",
]


def test_a_shield_comes_off_as_it_went_on():
    frame = pl.DataFrame({name or "empty": SHIELDED for name in SHIELDED})
    back = unshielded(shielded(frame))
    assert back.rows() == frame.rows()
    assert [unshielded_name(name) for name in shielded(frame).columns] == frame.columns
    assert not any(cell[:1] in "=+-@\t\r\n－" for row in shielded(frame).rows() for cell in row if cell)


CELL = st.one_of(
    st.sampled_from([*SHIELDED, "{value}", "{column} $1", "\\", '"', ",", ";", " ", "line\nbreak", "007", "NULL", "é"]),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8),
)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=6))
def test_a_quarantine_file_is_read_again_to_the_same_cells(tmp_path_factory, cells):
    names = ["email", "phone", "orders", "=shoe", "mail (as in the file)"]
    rows = [("nobody", phone, orders, shoe, shoe) for phone, orders, shoe in cells]
    given_text = pl.DataFrame(rows, schema=names, orient="row").write_csv(quote_style="always")
    first = check(given_text)
    again = check(_quarantined(first, tmp_path_factory.mktemp("quarantine")).path.read_bytes())
    assert again.plan.mended
    assert list(again.plan.canonical) == list(first.plan.canonical)
    assert list(again.plan.others) == list(first.plan.others)
    assert again.raw.rows() == first.raw.rows()
    last = check(_quarantined(again, tmp_path_factory.mktemp("quarantine")).path.read_bytes())
    assert last.raw.rows() == first.raw.rows()
    others = names[3:]
    assert [one.refused.select(others).fill_null("").rows() for one in last.slices] == [
        one.refused.select(others).fill_null("").rows() for one in first.slices
    ]


def test_mended_lines_load_from_the_quarantine_file(tmp_path):
    text = "id,email,phone,orders,Balance,note\n1,nobody,+49 30 1234567,,-5.20,'=x\n2,a@b.de,-,-3,,\n"
    quarantine = _quarantined(check(text), tmp_path)
    content = quarantine.path.read_text(encoding="utf-8")
    assert "'+49 30 1234567" in content
    found = check(content.replace("nobody", "c@d.de", 1))
    assert found.codes == {3: ["count_negative", "phone_invalid"]}
    (row,) = found.rows
    assert (row["phone"], row["attributes"]) == ("+49301234567", '{"Balance":"-5.20","note":"\'=x"}')


@pytest.mark.parametrize("value", ["{value}", "{column}", "$1 ${x} \\1", "a'b", "x\ny", "", None])
@pytest.mark.parametrize("code", ["email_invalid", "purchase_before_signup", "too_few_columns"])
def test_any_value_is_shown_as_it_is(value, code):
    problems = pl.DataFrame(
        [(line, code, "email", value) for line in (2, 3)],
        schema={"line": pl.Int64, "code": pl.String, "column": pl.String, "value": pl.String},
        orient="row",
    )
    expected = REASONS[code].sentence.replace("{column}", "email").replace("{value}", value or "")
    assert reasons_by_line(problems)["quarantine_reasons"].to_list() == [expected] * 2


def test_long_values_are_cut_in_the_sentence_and_whole_in_the_cell(tmp_path):
    for length, shown in ((80, "x" * 80), (81, "x" * 80 + "…"), (3_000_000, "x" * 80 + "…")):
        (line,) = _lines_of_field_size(_quarantined(check(f"email,id\n{'x' * length},1\n"), tmp_path))
        assert line["email"] == "x" * length
        assert line["quarantine_reasons"] == f"email '{shown}' is not a valid e-mail address."


def _lines_of_field_size(quarantine: QuarantineFile) -> list[dict[str, str]]:
    before = csv.field_size_limit(10**9)
    try:
        return _lines(quarantine)
    finally:
        csv.field_size_limit(before)


def test_a_second_visit_adds_to_the_file(tmp_path):
    found = check("email\nnobody\n")
    quarantine = _quarantined(found, tmp_path)
    again = QuarantineFile(tmp_path, ColumnPlan({"email": 0}, {}, ("email",), False))
    again.add(found.slices[0].refused, found.slices[0].problems)
    assert (len(_lines(quarantine)), again.lines) == (2, 1)


def test_nothing_refused_leaves_a_heading(tmp_path):
    quarantine = _quarantined(check("email\na@b.de\n"), tmp_path)
    assert _lines(quarantine) == []
    assert quarantine.refused.read_bytes() == b""
    assert quarantine.path.read_text(encoding="utf-8-sig").startswith("email,quarantine_line")
