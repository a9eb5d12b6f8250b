"""A file as texts: whatever its encoding and delimiter, nothing guessed about what the texts mean."""

from __future__ import annotations

import csv
import gzip
import io
import itertools
from collections import Counter
from pathlib import Path

import polars as pl

from pipelines.contracts import Refusal

DELIMITERS = (",", ";", "\t", "|", "^")
LOOKED_AT = 200


def read_table(path: Path) -> pl.DataFrame:
    """Every cell as a text under the names of the first line."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise Refusal(f"The table {path} cannot be read ({error.strerror}); check the path.") from error
    if raw[:2] == b"\x1f\x8b":
        raw = gzip.decompress(raw)
    if raw[:4] == b"PAR1":
        return pl.read_parquet(io.BytesIO(raw)).cast(pl.String)
    text = _as_utf8(raw)
    if not text.strip():
        raise Refusal(f"The table {path} is empty; it needs a line of names and a line for each row.")
    try:
        frame = pl.read_csv(text, separator=_delimiter(text), infer_schema=False)
    except pl.exceptions.PolarsError as error:
        said = str(error).strip().splitlines()[0]
        raise Refusal(f"The table {path} cannot be cut into columns ({said}); save it as a plain CSV.") from error
    named = [name.strip() or f"column {place}" for place, name in enumerate(frame.columns, 1)]
    if twins := [name for name, count in Counter(named).items() if count > 1]:
        raise Refusal(f"The table {path} has two columns named {twins[0]}; rename one of them.")
    return frame.rename(dict(zip(frame.columns, named, strict=True)))


def _as_utf8(raw: bytes) -> bytes:
    if raw[:3] == b"\xef\xbb\xbf":
        raw = raw[3:]
    elif raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raw = raw.decode("utf-16").encode()
    else:
        try:
            raw.decode("utf-8")
        except UnicodeDecodeError:
            raw = raw.decode("cp1252", errors="replace").encode()
    return raw.replace(b"\r", b"\n") if b"\n" not in raw[:100_000] else raw


def _delimiter(text: bytes) -> str:
    head = text[:1_000_000].decode("utf-8", "replace")

    def regularity(delimiter: str) -> tuple[float, int]:
        rows = itertools.islice(csv.reader(io.StringIO(head, newline=""), delimiter=delimiter), LOOKED_AT)
        widths = Counter(len(row) for row in rows if row)
        width, lines = widths.most_common(1)[0]
        return (lines / widths.total() if width > 1 else 0.0), width

    try:
        return max(DELIMITERS, key=regularity)
    except csv.Error:
        return ","
