import pytest

from pipelines.contracts import Refusal
from pipelines.customers.reading import records
from tests.customers.reading.taken_in import take_in


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [True, False])
def test_delimiters_and_line_ends(delimiter, end, last):
    rows = [("1", "Ann", "3.50"), ("002", "x y", ""), ("3", "", "7")]
    text = end.join([delimiter.join(row) for row in [("id", "name", "spend"), *rows]]) + end * last
    for mark in ("", "\ufeff"):
        for block in (1, 6, 1 << 20):
            found = take_in((mark + text).encode(), block=block)
            assert found.header == ["id", "name", "spend"]
            assert found.rows == list(zip((2, 3, 4), rows, strict=True))


def test_line_ends_that_were_turned_twice_count_once():
    found = take_in(b'id,name\r\r\n1,a\r\r\n2,"b"\r\r\n3,c\r\r\n')
    assert [(line, cells[0], cells[1].strip()) for line, cells in found.rows] == [
        (2, "1", "a"),
        (3, "2", "b"),
        (4, "3", "c"),
    ]


WHICH = {
    "decimal commas in a semicolon file": ("id;name;spend\n1;a;3,50\n2;b;1.234,00\n", ["id", "name", "spend"]),
    "a comma in a semicolon file's header": (
        "id;name, first;spend\n1;a;3,50\n2;b;7,00\n",
        ["id", "name, first", "spend"],
    ),
    "a quoted delimiter in the header": ('id,"name; first; last",email\n1,b,c\n', ["id", "name; first; last", "email"]),
    "tags in the cells": ("id,email,tags\n1,a@b.de,a;b;c;d\n2,c@d.de,e;f;g;h\n", ["id", "email", "tags"]),
    "tags in every cell": ("id,tags\n1,a|b|c|d\n2,a|b|c|d\n", ["id", "tags"]),
    "a ragged line": ("id;first, last;x\n1;a,b;c\n2;a,b\n3;a,b;c\n", ["id", "first, last", "x"]),
    "one column": ("email\na@b.de\nc@d.de\n", ["email"]),
    "one column with commas in it": ('email\n"a, b"\nc\n', ["email"]),
    "a mark and a quoted header": ('\ufeff"id","e, mail"\n1,2\n', ["id", "e, mail"]),
    "told by the file": ("sep=;\nid;a,b,c\n1;2\n", ["id", "a,b,c"]),
    "told by the file, a tab": ("SEP=\t\r\nid,x\ta\n1\t2\n", ["id,x", "a"]),
    "blank lines first": ("\n" * 40 + "   \n\nid|name\n1|a\n", ["id", "name"]),
    "empty rows of a spreadsheet first": (";;\n ; ;\nid;name;x\n1;2;3\n", ["id", "name", "x"]),
    "empty names behind": ("id,name,,\n1,a,,\n", ["id", "name", "", ""]),
    "a line break in a name": ('id,"first\r\nname"\n1,a\n', ["id", "first\r\nname"]),
    "white space around names": (" id , name\t\n1,2\n", ["id", "name"]),
}


@pytest.mark.parametrize("case", WHICH)
def test_the_header_is_found(case):
    text, header = WHICH[case]
    for block in (3, 1 << 20):
        assert take_in(text.encode(), block=block).header == header


def test_line_numbers_count_every_line_of_the_file():
    text = 'sep=;\n\nid;note\n\n1;a\n   \n2;"b\nb\n\nb"\n\t\n3;c\n;\n4;d'
    for block in (1, 2, 9, 1 << 20):
        found = take_in(text.encode(), block=block)
        assert [line for line, _ in found.rows] == [5, 7, 12, 13, 14]
        assert found.originals[7] == '2;"b\nb\n\nb"'


def test_ragged_lines_are_refused_unless_only_empty_cells_are_too_many():
    text = 'id,name\n1,a\n2\n3,c,d\n4,d,\n5,e, ,"",\t\n,\n6,f,,x\n7,"g\n'
    found = take_in(text.replace('"g', '"g"').encode())
    assert found.rows == [(2, ("1", "a")), (5, ("4", "d")), (6, ("5", "e")), (7, ("", "")), (9, ("7", "g"))]
    assert found.refused == [(3, "too_few_columns"), (4, "too_many_columns"), (8, "too_many_columns")]
    assert found.originals[4] == "3,c,d"
    assert found.originals[6] == '5,e, ,"",\t'


def test_lines_that_a_spreadsheet_pads_keep_their_order():
    text = "id,name\n" + "".join(f"{i},x{',' * (i % 4)}\n" for i in range(3000))
    assert [int(row[0]) for row in take_in(text.encode(), block=5000).cells] == list(range(3000))


def test_a_line_of_delimiters_is_refused_without_being_laid_out():
    found = take_in(b"id,name\n1,a\n" + b"," * 3_000_000 + b"\n2,b\n")
    assert found.refused == [(3, "too_many_columns")]
    assert found.cells == [("1", "a"), ("2", "b")]
    with pytest.raises(Refusal, match="Line 2 of given.csv, the header, has more than 16384 columns"):
        take_in(b"\nid" + b",a" * 20_000 + b"\n1,2\n")


@pytest.mark.parametrize("blank", ["", " ", "\t", "\u00a0", "\u3000", " \r"])
def test_blank_lines_are_no_rows_in_a_file_of_one_column(blank):
    found = take_in(f'email\na\n{blank}\n""\nb\n'.encode())
    assert found.rows == [(2, ("a",)), (4, ("",)), (5, ("b",))]


def test_a_lone_carriage_return_ends_no_line_where_others_do():
    found = take_in(b'id,name\n1,a\rb\n"2"\rx,c\r\n3,"d\re"\n')
    assert [line for line, _ in found.rows] == [2, 3, 4]
    assert [row[0][0] for row in found.cells] == ["1", "2", "3"]
    mac = take_in(b'id,name\r1,"a\nb"\r2,c\r\n3,d\r', block=1)
    assert mac.rows == [(2, ("1", "a\nb")), (4, ("2", "c")), (5, ("3", "d"))]


@pytest.mark.parametrize("text", ["\n", " \n\t\n", "\ufeff", "\ufeff\r\n", ",,,\n,\n", "\n" * 100_000, "sep=;\n"])
def test_a_file_of_nothing_is_refused(text):
    with pytest.raises(Refusal, match="holds nothing"):
        take_in(text.encode())


def test_a_header_alone_gives_no_rows():
    for text in ("id,name", "id,name\n", "id,name\r\n\r\n", "id,name\n\n \n"):
        found = take_in(text.encode())
        assert (found.header, found.rows, found.refused) == (["id", "name"], [], [])


def test_leading_zeros_and_odd_words_stay_as_written():
    cells = [("007", "NA"), ("1e5", "null"), ("-0", "NaN"), ("#1", "True"), ("0x1", "\\N")]
    assert take_in(b"id,name\n" + "".join(f"{a},{b}\n" for a, b in cells).encode()).cells == cells


def test_very_short_lines_come_in_pieces_that_lose_nothing(monkeypatch):
    monkeypatch.setattr(records, "MOST_LINES", 3)
    text = "id,name\n" + "".join(f"{i},x\n\n" for i in range(200))
    found = take_in(text.encode())
    assert found.rows == [(2 * i + 2, (str(i), "x")) for i in range(200)]
