"""A CSV of texts, read line by line in whatever dialect it has, and the verdicts written beside it."""

from __future__ import annotations

import codecs
import csv
import io
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from pipelines.contracts import FORMULA, Refusal

DELIMITERS = ",;\t|"
HEAD = 64 * 1024
LONGEST_CELL = 10_000_000
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_FORMULA = re.compile(FORMULA)


@dataclass(frozen=True, slots=True)
class Line:
    """One row: its id, its text, and what is wrong with it if its text cannot be told from its other cells."""

    row_id: str
    text: str
    broken: str = ""


class TextFile:
    """The texts of one column; `read` and `size` tell how far the reading has come."""

    def __init__(self, path: Path, column: str, id_column: str | None) -> None:
        self.path, self._column, self._id_column = path, column, id_column
        self._raw = _opened(path)
        self.size = os.fstat(self._raw.fileno()).st_size
        if not self.size:
            self._raw.close()
            raise Refusal(f"{path} is empty; export it again.")

    @property
    def read(self) -> int:
        """Bytes read so far."""
        return self.size if self._raw.closed else self._raw.tell()

    def slices(self, rows: int) -> Iterator[list[Line]]:
        """The lines in order, `rows` at a time; the file is closed after the last."""
        with self._raw:
            encoding = _encoding(self._raw, self.path)
            head = io.TextIOWrapper(io.BytesIO(_head(self._raw)), encoding, errors="ignore", newline="").read()
            text = io.TextIOWrapper(self._raw, encoding, newline="")
            try:
                yield from self._cut(_records(text, _delimiter(head), self.path), rows)
            except UnicodeError as error:
                raise Refusal(f"{self.path} is not whole {encoding} text ({error}); save it as CSV UTF-8.") from error

    def _cut(self, records: Iterator[list[str]], rows: int) -> Iterator[list[Line]]:
        header = [name.strip() for name in next(records, [])]
        if not header:
            raise Refusal(f"{self.path} holds nothing but blank lines; export it again.")
        text_at = self._place(header, self._column)
        id_at = self._place(header, self._id_column) if self._id_column is not None else None
        held: list[Line] = []
        for number, record in enumerate(records, 1):
            held.append(_line(number, record, len(header), text_at, id_at))
            if len(held) == rows:
                yield held
                held = []
        if held:
            yield held

    def _place(self, header: Sequence[str], name: str) -> int:
        found = [at for at, known in enumerate(header) if known == name.strip()]
        if not found:
            shown = ", ".join(header[:30]) + (", …" if len(header) > 30 else "")
            raise Refusal(f"{self.path} has no column {name!r}; its columns are {shown}.")
        if len(found) > 1:
            raise Refusal(f"{self.path} has {len(found)} columns {name!r}; rename all but one.")
        return found[0]


def _line(number: int, record: Sequence[str], width: int, text_at: int, id_at: int | None) -> Line:
    if len(record) > width and not any(cell.strip() for cell in record[width:]):
        record = record[:width]
    row_id = str(number) if id_at is None or id_at >= len(record) else record[id_at]
    if len(record) != width:
        # A comma that nobody quoted may have cut the text in two: half a text must not pass for the whole.
        return Line(row_id, "", f"Row {number} has {len(record)} cells where the header has {width}; quote its text.")
    return Line(row_id, record[text_at])


def _opened(path: Path) -> BinaryIO:
    try:
        if path.is_dir():
            raise Refusal(f"{path} is a folder; name a CSV file.")
        return path.open("rb")
    except OSError as error:
        raise Refusal(f"{path} cannot be read ({error.strerror}); check the path.") from error


def _head(raw: BinaryIO) -> bytes:
    raw.seek(0)
    head = raw.read(HEAD)
    raw.seek(0)
    return head


def _encoding(raw: BinaryIO, path: Path) -> str:
    """By the file's mark; without one UTF-8 if all of it is, else Windows-1252."""
    head = _head(raw)
    for mark, name in MARKS:
        if head.startswith(mark):
            return name
    decoder = codecs.getincrementaldecoder("utf-8")()
    encoding = "utf-8"
    while block := raw.read(1 << 20):
        if b"\0" in block:
            raise Refusal(f"{path} is a binary file, not a table of text; export it as CSV.")
        if encoding == "utf-8":
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                encoding = "cp1252"
    try:
        decoder.decode(b"", final=encoding == "utf-8")
    except UnicodeDecodeError:
        encoding = "cp1252"
    raw.seek(0)
    return encoding


def _delimiter(head: str) -> str:
    """The one that cuts the first lines into the most columns, as many in each as in the header."""
    lines = [line for line in head.splitlines() if line.strip()][:20]

    def likeness(delimiter: str) -> int:
        widths = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
        return (widths[0] - 1) * widths.count(widths[0]) if widths else 0

    return max(DELIMITERS, key=likeness)


def _records(text: io.TextIOWrapper, delimiter: str, path: Path) -> Iterator[list[str]]:
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(text, delimiter=delimiter)
    try:
        for record in reader:
            if any(cell.strip() for cell in record) and not (reader.line_num == 1 and record[0].startswith("sep=")):
                yield record
    except csv.Error as error:
        raise Refusal(f"{path} cannot be read as CSV near line {reader.line_num} ({error}); mend that line.") from error


@contextmanager
def verdict_file(path: Path, columns: Sequence[str], beside: Path) -> Iterator[Any]:
    """A CSV writer whose file is there only when all of it is; no cell of it runs as a formula."""
    if path.is_dir() or (path.exists() and path.samefile(beside)):
        raise Refusal(f"The verdicts cannot be written to {path}; name another file with -o.")
    draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(columns)
            yield lambda rows: writer.writerows([[_harmless(cell) for cell in row] for row in rows])
        draft.replace(path)
    except OSError as error:
        raise Refusal(f"{path} cannot be written ({error.strerror}); check the folder and its space.") from error
    finally:
        with suppress(OSError):
            draft.unlink()


def _harmless(cell: str) -> str:
    return _FORMULA.sub(r"'\1", cell)
