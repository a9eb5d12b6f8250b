import csv
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.customers.kinds import KINDS
from tests.customers.checked import check


def test_a_sound_line_is_typed():
    text = (
        "id;email;phone;first name;country;signup date;orders;total spend;consent;consent date;tags;Shoe size;note\n"
        "007;Ann@Example.com;030 1234567;Ann;Germany;1.5.2024;3;1.234,50;yes;2024-05-01T10:00:00+02:00;b, a;b;42;\n"
    ).replace("b, a;b;42", '"b, a;b";42')
    (row,) = check(text).rows
    assert json.loads(row.pop("attributes")) == {"Shoe size": "42", "note": None}
    assert row == {
        "line": 2,
        "customer_id": "007",
        "email": "ann@example.com",
        "phone": "+49301234567",
        "first_name": "Ann",
        "country": "DE",
        "signup_date": date(2024, 5, 1),
        "orders": 3,
        "total_spend": Decimal("1234.50"),
        "consent": "granted",
        "consent_date": datetime(2024, 5, 1, 8, tzinfo=UTC),
        "tags": "b\x1fa",
    }


# Header, line, and the codes that the line is refused with.
LINES = {
    "time runs forward": ("email,signup,last order\n", "a@b.de,2024-05-02,2024-05-01", ["purchase_before_signup"]),
    "the same day": ("email,signup,last order\n", "a@b.de,2024-05-01,2024-05-01", []),
    "tomorrow somewhere": ("email,signup,last order\n", "a@b.de,2026-11-21,2026-11-21", []),
    "a future sign-up": ("email,signup\n", "a@b.de,2026-11-22", ["signup_in_future"]),
    "a future purchase": ("email,last order\n", "a@b.de,2026-11-22", ["purchase_in_future"]),
    "a consent within a day": ("email,consent,consent_date\n", "a@b.de,yes,2026-11-21T12:00:00Z", []),
    "a future consent": ("email,consent,consent_date\n", "a@b.de,yes,2026-11-21T12:00:01Z", ["date_in_future"]),
    "nobody": ("id,email,phone,city\n", " ,,\u00a0,Berlin", ["not_reachable"]),
    "nobody that one can see": ("id,email,city\n", "\u200b,\ufeff,Berlin", ["not_reachable"]),
    "an id is enough": ("id,email\n", "7,", []),
    "a wrong address is named once": ("id,email\n", ",nobody", ["email_invalid"]),
    "a phone by its country": ("phone,country\n", "0301234567,DE", []),
    "a phone by another country": ("phone,country\n", "0301234567,US", ["phone_invalid"]),
    "a phone without a country": ("phone,city\n", "0301234567,Berlin", ["phone_country_unknown"]),
    "a phone with its own": ("phone,country\n", "+49 30 1234567,US", []),
    "several problems": (
        "id,email,phone,country,signup,orders\n",
        "1,x,y,Mars,never,-1",
        ["count_negative", "country_unknown", "date_invalid", "email_invalid", "phone_invalid"],
    ),
    "the same problem twice": ("id,email,orders,clicks\n", "1,,x,y", ["count_invalid", "count_invalid"]),
}


@pytest.mark.parametrize("case", LINES)
def test_what_no_cell_can_say_alone(case):
    header, line, codes = LINES[case]
    found = check(header + line)
    assert found.codes == ({2: codes} if codes else {})
    assert [row["line"] for row in found.rows] == ([] if codes else [2])


OTHERS = [
    ("orders", "order,id,date,total\n", "1,,2024-05-01,5", ["no_customer"]),
    ("orders", "order,id,date,total\n", "1,7,,", ["missing_value", "missing_value"]),
    ("orders", "order,id,date,total\n", "1,7,0000-00-00,5", ["missing_value"]),
    ("orders", "order,id,date,total\n", "1,7,soon,NaN", ["amount_not_a_number", "date_invalid"]),
    ("orders", "order,id,date,total\n", "1,7,2026-11-22,5", ["date_in_future"]),
    ("orders", "order,id,date,total\n", ",7,2024-05-01,-5", []),
    ("events", "id,type,time\n", "7,\u200b,2024-05-01", ["missing_value"]),
    ("events", "id,type,time\n", "7,!,2024-05-01", ["purpose_invalid"]),
    ("events", "id,type,time,properties\n", "7,open,1714557600,[]", ["json_invalid"]),
    ("consents", "email,status,time_stamp\n", "a@b.de,,2024-05-01", ["missing_value"]),
    ("consents", "email,status,timestamp\n", "a@b.de,perhaps,2024-05-01", ["consent_status_unknown"]),
    ("suppressions", "phone,reason\n", "+49 30 1234567,", ["missing_value"]),
    ("suppressions", "phone,reason,date\n", "+49 30 1234567,gdpr,2027-01-01", ["date_in_future"]),
]


@pytest.mark.parametrize(("kind", "header", "line", "codes"), OTHERS)
def test_what_other_kinds_need_of_a_line(kind, header, line, codes):
    assert check(header + line, kind).codes == ({2: codes} if codes else {})


def test_a_decisive_date_settles_its_column_from_its_slice_on():
    early = "".join(f"a{i}@b.de,13/04/2024,2024-05-01\n" for i in range(50))
    late = "".join(f"b{i}@b.de,03/04/2024,03/05/2024\n" for i in range(50))
    header = "email,signup,last order\n"
    found = check(header + early + late, block=400)
    assert len(found.slices) > 4
    assert set(map(tuple, found.codes.values())) == {("date_ambiguous",)}
    assert {(column, value) for _, _, column, value in found.problems} == {("last_purchase_date", "03/05/2024")}
    for end in ("", "\n"):
        settled = check("email,signup\na@b.de,03/04/2024\nc@d.de,13/04/2024" + end)
        assert settled.rows[0]["signup_date"] == date(2024, 4, 3)


def test_a_column_that_proves_both_orders_settles_nothing_later():
    both = "email,signup\na@b.de,13/04/2024\nc@d.de,04/13/2024\n"
    later = "".join(f"e{i}@b.de,13/04/2024\nf{i}@b.de,03/04/2024\n" for i in range(30))
    found = check(both + later, block=200)
    assert len(found.slices) > 2
    assert set(map(tuple, found.codes.values())) == {("date_ambiguous",)}
    assert len(found.codes) == 30


def test_attributes_keep_every_unknown_column_as_text():
    text = 'email,Größe,"a ""b""",empty\na@b.de, 42 ,"x\n{""y"":1}",\nc@d.de,,,\n'
    first, second = (json.loads(row["attributes"]) for row in check(text).rows)
    assert first == {"Größe": "42", 'a "b"': 'x\n{"y":1}', "empty": None}
    assert set(second.values()) == {None}
    assert "attributes" not in check("email\na@b.de\n").rows[0]


def test_properties_and_unknown_columns_of_events_stay_apart():
    (row,) = check('id,type,time,properties,shoe\n7,open,2024-05-01,"{""a"": 1}",x', "events").rows
    assert (row["properties"], json.loads(row["extra_properties"])) == ('{"a": 1}', {"shoe": "x"})
    (row,) = check("id,type,time,shoe\n7,open,2024-05-01,x", "events").rows
    assert json.loads(row["extra_properties"]) == {"shoe": "x"}


def test_lines_that_could_not_be_cut_are_refused_beside_the_others():
    found = check(b"id,email\n1,a@b.de\n2\n3,nobody\n4,J\xc3\xb6rg@b.de,x\n5,\xff@b.de\n6,c@d.de\n")
    assert found.codes == {3: ["too_few_columns"], 4: ["email_invalid"], 5: ["too_many_columns"], 6: ["bad_encoding"]}
    assert found.refused == [3, 4, 5, 6]
    (one,) = found.slices
    assert one.refused["quarantine_original"].to_list()[:3] == ["2", "3,nobody", "4,Jörg@b.de,x"]
    assert one.refused["customer_id"].to_list() == [None, "3", None, None]


CELL = st.one_of(
    st.text(st.characters(exclude_characters="\r\0", exclude_categories=["Cs"]), max_size=6),
    st.sampled_from(
        ["", "a@b.de", "+49 30 1234567", "0301234567", "DE", "yes", "2024-05-01", "03/04/2024", "13/04/2024", "{}"]
        + ["2050-01-01", "1.234,50", "1,234", "-5", "NaN", "1e5", "NULL", '"', "'", "=1+1", "\u200b", "45123", "a;b;;a"]
    ),
)


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(list(KINDS)), st.data(), st.sampled_from([200, 1000]))
def test_nothing_is_lost(kind, data, block):
    names = [*KINDS[kind].field_names, "shoe"]
    rows = data.draw(st.lists(st.lists(CELL, min_size=len(names), max_size=len(names)), max_size=6))
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows([names, *rows])
    found = check(out.getvalue(), kind, block=block)
    loaded = [row["line"] for row in found.rows]
    assert len(loaded) + len(found.refused) == len(rows)
    assert sum(one.count for one in found.slices) == len(rows)
    assert set(found.codes) == set(found.refused)
    assert not set(loaded) & set(found.refused)
    assert len({(line, code, column) for line, code, column, _ in found.problems}) == len(found.problems)
