import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.contracts import Refusal
from tests.customers.reading.taken_in import take_in

HEADER = ("id", "name", "note")
ROWS = [
    ("1", "Jürgen Groß", "5 €"),
    ("2", "O’Neil", "“quoted”"),
    ("3", "plain", "line\nbreak"),
    ("4", "Žižek", "naïve – café"),
]
TEXT = "\r\n".join(['"id","name","note"', *(",".join(f'"{cell}"' for cell in row) for row in ROWS), ""])
ENCODED = {
    "utf-8": TEXT.encode(),
    "utf-8 with mark": TEXT.encode("utf-8-sig"),
    "utf-16-le": TEXT.encode("utf-16-le"),
    "utf-16-be": TEXT.encode("utf-16-be"),
    "utf-16-le with mark": codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
    "utf-16-be with mark": codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
    "utf-32 with mark": TEXT.encode("utf-32"),
    "windows-1252": TEXT.encode("cp1252"),
}


@pytest.mark.parametrize("encoding", ENCODED)
@pytest.mark.parametrize("block", [1, 2, 3, 5, 7, 64, 10_000])
def test_the_same_cells_in_every_encoding_however_it_is_cut(encoding, block):
    found = take_in(ENCODED[encoding], block=block)
    assert tuple(found.header) == HEADER
    assert found.cells == ROWS
    assert [line for line, _ in found.rows] == [2, 3, 4, 6]


WORDS = ["Müller", "Weiß ", "5 € ", "“so”, er", "naïve", "Ÿ-", "plain", "x y", "1,5", "Ärger\t"]


@given(
    st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map("".join), min_size=1, max_size=8),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]),
    st.integers(1, 90),
)
def test_any_text_survives_any_cut(words, encoding, block):
    text = "id;name\n" + "".join(f"{i};{word}\n" for i, word in enumerate(words))
    assert take_in(text.encode(encoding), block=block).cells == [(str(i), word) for i, word in enumerate(words)]


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_the_first_umlaut_may_come_late(encoding):
    text = "id,name\n" + "".join(f"{i},plain\n" for i in range(2000)) + "x,Zoë\ny,Jörg\n"
    assert take_in(text.encode(encoding), block=1024).cells[-2:] == [("x", "Zoë"), ("y", "Jörg")]


def test_utf16_in_a_script_of_few_ascii_characters():
    rows = [(str(i), "Наталья Александровна", "北京市朝阳区") for i in range(200)]
    text = "id;имя;адрес\n" + "".join(";".join(row) + "\n" for row in rows)
    assert take_in(text.encode("utf-16-le"), block=333).cells == rows


@pytest.mark.parametrize("at", [1, 700, 1999])
@pytest.mark.parametrize("block", [512, 1 << 20])
def test_a_stray_byte_in_utf8_costs_its_line_only(at, block):
    names = [f"{i},Jörg Müller {i}".encode() for i in range(2000)]
    names[at] = f"{at},J".encode() + b"\xf6rg M\xfcller"
    if at == 1 and block == 512:
        names[0] = b"0,\xc3\xb6\xc3\xb6"
    found = take_in(b"id,name\n" + b"\n".join(names), block=block)
    assert found.refused == [(at + 2, "bad_encoding")]
    assert found.originals[at + 2] == f"{at},J\ufffdrg M\ufffdller"
    assert len(found.rows) == 1999
    assert found.rows[-2][1][1].startswith("Jörg")


def test_one_utf8_character_outweighs_one_stray_byte():
    found = take_in("id,name\n1,Jörg\n2,".encode() + b"M\xfcller\n3,plain\n")
    assert found.rows == [(2, ("1", "Jörg")), (4, ("3", "plain"))]
    assert found.refused == [(3, "bad_encoding")]


@pytest.mark.parametrize("undefined", [b"\x81", b"\x8d", b"\x8f", b"\x90", b"\x9d"])
def test_bytes_that_windows_1252_lacks_refuse_their_line(undefined):
    found = take_in(b"id,name\n1,M\xfcller\n2,J\xf6rg" + undefined + b"\n3,\xa3 5\n")
    assert found.refused == [(3, "bad_encoding")]
    assert found.cells == [("1", "Müller"), ("3", "£ 5")]


def test_a_broken_pair_or_a_cut_end_in_utf16_refuses_its_line():
    text = "id,name\n1,ok\n2,".encode("utf-16") + b"\x00\xd8" + "x\n3,ok".encode("utf-16-le")
    assert take_in(text).refused == [(3, "bad_encoding")]
    assert take_in(text + b"\x41").refused == [(3, "bad_encoding"), (4, "bad_encoding")]


def test_utf8_and_windows_1252_in_one_file_are_not_guessed_at():
    text = b"id,name\n1,M\xfcller\n" + b"2,plain\n" * 200 + "3,Jürgen Groß, Zoë Ångström\n".encode() * 40
    with pytest.raises(Refusal, match="partly in Windows-1252 and partly in UTF-8"):
        take_in(text, block=1024)


def test_a_header_that_is_not_utf8_is_refused_with_its_line():
    with pytest.raises(Refusal, match="Line 2 of given.csv, the header, contains characters"):
        take_in(b"\nid,stra\xdfe\n1,J\xc3\xb6rg\n2,Zo\xc3\xab\n")


@pytest.mark.parametrize(
    "content",
    [
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\1\0\0\0\1\0\x08\x06\0\0\0",
        b"PK\x03\x04\x14\0\6\0\x08\0\0\0!\0",
        b"id,name\n1,a\0b\n",
        b"id,name\n" + b"1,plain\n" * 20_000 + b"2,\0\n",
        "id,name\n1,ö\n2,a\0b\n".encode(),
        "id,name\n1,a\0b\n".encode("utf-16"),
    ],
)
def test_what_holds_null_characters_is_binary(content):
    with pytest.raises(Refusal, match="is a binary file"):
        take_in(content, block=4096)
