import csv
import io

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipelines.contracts import Refusal
from tests.customers.reading.taken_in import take_in

CASES = {
    "escaped": ('1,"say ""hi"""\n', [("1", 'say "hi"')]),
    "only escaped": ('1,""""\n2,""""""\n', [("1", '"'), ("2", '""')]),
    "empty": ('"",""\n', [("", "")]),
    "in the middle of a field": ('1,5" pipe\n2,a"b"c\n', [("1", '5" pipe'), ("2", 'a"b"c')]),
    "text after a closing quote": ('1,"a"b\n2,"c" \n', [("1", "ab"), ("2", "c ")]),
    "a space before the quote": ('1, "b"\n', [("1", ' "b"')]),
    "delimiters and line ends inside": ('1,"a,b\r\nc,\nd"\n2,e\n', [("1", "a,b\r\nc,\nd"), ("2", "e")]),
    "line ends of Windows and a stray quote": ('1,"a\r\nb"\r\n2,5" c\r\n', [("1", "a\r\nb"), ("2", '5" c')]),
    "a quote that swallows a line": ('1,"a\n2,"b\n', [("1", "a\n2,b")]),
}


@pytest.mark.parametrize("case", CASES)
def test_quotes(case):
    text, rows = CASES[case]
    for block in (1, 2, 3, 1 << 20):
        assert take_in(("id,name\n" + text).encode(), block=block).cells == rows


UNCLOSED = {
    '1,a\n2,"b\n3,c\n': 3,
    '1,a\n2,"b': 3,
    '1,5" pipe\n2,b\n3,"c\n4,d': 4,
    '1,"a\nb"\n2,"c': 4,
}


@pytest.mark.parametrize("text", UNCLOSED)
@pytest.mark.parametrize("block", [1, 4, 1 << 20])
def test_a_quote_that_is_never_closed_is_named_by_its_line(text, block):
    with pytest.raises(Refusal, match=f"quote that opens on line {UNCLOSED[text]} is never closed"):
        take_in(("id,name\n" + text).encode(), block=block)


@pytest.mark.parametrize("before", ["1,a\n", '1,5" pipe\n'])
@pytest.mark.parametrize("block", [1 << 22, 1 << 24])
def test_a_row_does_not_go_on_for_ever(before, block):
    text = f'id,name\n{before}2,"b\n' + "3,plain text\n" * 2_800_000
    with pytest.raises(Refusal, match="Line 3 begins a row that does not end within 16 MB"):
        take_in(text.encode(), block=block)


def test_a_long_cell_is_taken():
    long = "x" * 9_000_000
    for cell in (long, f'{long}""', '5""' + long):
        found = take_in(f'id,name\n1,"{cell}"\n2,b" c\n'.encode(), block=1 << 22)
        assert found.cells == [("1", cell.replace('""', '"')), ("2", 'b" c')]


def reference(text: str, delimiter: str) -> tuple[list, dict] | int:
    """Rows, refused lines and originals as the csv module alone would give them; a line number if unclosed."""
    lines = io.StringIO(text, newline="\n").readlines()
    starved = False

    def feed():
        nonlocal starved
        yield from lines
        starved = True

    rows, refused, originals, width, begins = [], [], {}, 0, 0
    reader = csv.reader(feed(), delimiter=delimiter)
    for cells in reader:
        if starved:
            return begins + 1
        line, original = begins + 1, "".join(lines[begins : reader.line_num])
        begins = reader.line_num
        original = original.removesuffix("\n").removesuffix("\r")
        if len(cells) < 2 and not original.strip():
            continue
        if not width:
            width = len(cells)
            continue
        originals[line] = original
        if len(cells) < width:
            refused.append((line, "too_few_columns"))
        elif any(cell.strip() for cell in cells[width:]):
            refused.append((line, "too_many_columns"))
        else:
            rows.append((line, tuple(cells[:width])))
    return rows, refused, originals


PIECES = ["a", "é", "€", '"', '""', '"b"', '"c\nd"', '"e\r\n""f"', "\n", "\r\n", " ", "x" * 9, "\u2028", "\x0b"]


@settings(max_examples=150)
@given(st.sampled_from(",;\t|"), st.integers(2, 4), st.data(), st.integers(1, 70))
def test_any_cut_of_any_file_reads_as_the_csv_module_reads_it(delimiter, width, data, block):
    pieces = st.sampled_from([*PIECES, *[delimiter] * 6])
    body = "".join(data.draw(st.lists(pieces, max_size=40)))
    _agrees(delimiter.join("wxyz"[:width]) + "\n" + body, delimiter, block)


CELLS = st.text(st.sampled_from('ab,; \n"é€'), max_size=8)
TABLES = st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=12)


@settings(max_examples=80)
@given(TABLES, st.sampled_from(["\n", "\r\n"]), st.integers(1, 70), st.booleans())
@example([('5" pipe', "", "\n")], "\r\n", 3, True)
def test_what_the_csv_module_wrote_comes_back_whole(rows, end, block, always):
    out = io.StringIO(newline="")
    style = csv.QUOTE_ALL if always else csv.QUOTE_MINIMAL
    csv.writer(out, lineterminator=end, quoting=style).writerows([("x", "y", "z"), *rows])
    assert take_in(out.getvalue().encode(), block=block).cells == rows
    _agrees(out.getvalue(), ",", block)


def _agrees(text: str, delimiter: str, block: int) -> None:
    expected = reference(text, delimiter)
    if isinstance(expected, int):
        with pytest.raises(Refusal, match="is never closed"):
            take_in(text.encode(), block=block)
        return
    found = take_in(text.encode(), block=block)
    assert (found.rows, found.refused, found.originals) == expected


def test_every_cut_of_one_quoted_field():
    text = 'x,y\n1,"a,""b""\r\n\r\ncé"\r\n2,"d"\n'
    for block in range(1, len(text.encode()) + 1):
        _agrees(text, ",", block)
