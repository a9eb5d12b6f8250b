import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.customers.rules import text
from pipelines.customers.rules.text import read_identifier, read_json, read_tags, read_text
from tests.customers.rules.verdicts_as_rows import column, outcome


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (" Acme   Inc\n Ltd ", "Acme Inc Ltd"),
        ("e\u0301", "é"),
        ("a\x00b\x1bc", "abc"),
        ("a\u202eb", "ab"),
        ("\u200b", None),
        ("👩\u200d💻", "👩\u200d💻"),
        ("x" * 500, "x" * 500),
        ("x" * 501, "text_too_long"),
        ("", None),
    ],
)
def test_text(cell, expected):
    assert outcome(read_text(column(cell))) == [expected]


def test_the_limit_of_a_text_is_the_callers():
    assert outcome(read_text(column("abcd", "abc"), limit=3)) == ["text_too_long", "abc"]


def test_identifiers():
    cells = column(" 007 ", "1.23E+15", "1E10", "a\x01b", "x" * 200, "x" * 201, "", None)
    expected = ["007", "id_scientific", "1E10", "id_invalid", "x" * 200, "id_too_long", None, None]
    assert outcome(read_identifier(cells)) == expected


def test_tags():
    cells = column("vip; beta,vip | new user", " ; ,", "one", "", None)
    assert outcome(read_tags(cells)) == ["vip\x1fbeta\x1fnew user", None, "one", None, None]


JSON = {
    '{"a": 1, "b": [1, {"c": null}]}': True,
    "{}": True,
    r'{"a": "\u00e9"}': True,
    r'{"a": "\\u0000"}': True,
    "[1]": False,
    '"a"': False,
    "{'a': 1}": False,
    '{"a": 1,}': False,
    '{"a": NaN}': False,
    '{"a": 01}': False,
    r'{"a": "\u0000"}': False,
    r'{"a": "\ud800"}': False,
    '{"a": 1e999}': False,
    r'{"a": "\u0000", "a": 1}': False,
    r'{"a": {"b": "\ud800", "b": 1}}': False,
    '{"a": 1, "a": 2}': True,
    '{"a": 1e-16383}': True,
    '{"a": 1e-16384}': False,
    '{"a":' * 100_000: False,
}


def test_json():
    assert outcome(read_json(column(*JSON))) == [cell if good else "json_invalid" for cell, good in JSON.items()]


VALUES = st.none() | st.booleans() | st.integers(-(10**18), 10**18) | st.floats(-1e9, 1e9) | st.text('ab"\\\n é/')


@given(st.dictionaries(st.text('ab"\\\n é/'), VALUES | st.lists(VALUES, max_size=3), max_size=4), st.booleans())
def test_what_json_writes_is_read(found, ascii_only):
    written = json.dumps(found, ensure_ascii=ascii_only)
    assert outcome(read_json(column(written))) == [written]


@given(st.text('{}":,\\ntu 01.eE-[]', max_size=16).map(lambda inner: '{"a":' + inner + "}"))
def test_what_json_refuses_is_refused(cell):
    assert outcome(read_json(column(cell))) == [cell if is_kept_by_postgres(cell) else "json_invalid"]


def is_kept_by_postgres(cell):
    """Whether it is an object without a null character or a number without end, in all that it says, even twice."""
    try:
        found = json.loads(cell, object_pairs_hook=lambda pairs: dict(enumerate(pairs)))
        json.dumps(found, allow_nan=False)
    except ValueError:
        return False
    return isinstance(found, dict) and r"\x00" not in repr(found)


def test_flat_objects_are_never_judged_one_by_one(monkeypatch):
    monkeypatch.setattr(text, "_judge_json", lambda cell: pytest.fail(f"judged {cell}"))
    cells = column(*[json.dumps({"page": f"/{at}", "n": at, "ok": True, "x": None}) for at in range(1000)])
    assert read_json(cells).values.null_count() == 0
