"""Tables as CSV or JSON: each row becomes a passage, and without a file of fields beside it, a document of its own."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipelines.contracts import Refusal
from pipelines.knowledge.documents import Piece
from pipelines.knowledge.reading import front_matter
from pipelines.knowledge.reading.cleaning import as_id, on_one_line, visible
from pipelines.knowledge.reading.draft import Draft
from pipelines.knowledge.reading.files import SIDECAR
from pipelines.knowledge.reading.papers import FIELDS, about_approval, papers_of
from pipelines.knowledge.reading.rows import row_text

# These two may name a row as well as describe it.
_MAY_NAME = ("title", "product")


@dataclass(frozen=True, slots=True)
class _Line:
    """One row: where it stands, its fields, and its values by their labels."""

    place: str
    fields: Mapping[str, Any]
    values: dict[str, str]

    @property
    def text(self) -> str:
        return row_text(list(self.values.values()), list(self.values))


def read_csv(text: str, sidecar: str | None) -> list[Draft]:
    """The documents in a CSV file with a header; the delimiter is a comma, a semicolon or a tab."""
    header_line = text.lstrip("\n").split("\n", 1)[0]
    delimiter = max(",;\t", key=header_line.count)
    try:
        numbered = enumerate(csv.reader(io.StringIO(text), delimiter=delimiter, strict=True), 1)
        table = [(number, row) for number, row in numbered if any(map(str.strip, row))]
    except csv.Error as error:
        raise Refusal(f"it is no CSV ({error}); export it again") from error
    if not table:
        return []
    header = [on_one_line(name) for name in table.pop(0)[1]]
    _check_header(header)
    wrong = [f"row {number}" for number, row in table if len(row) > len(header)]
    if wrong:
        raise Refusal(
            f"more cells than the header has in {', '.join(wrong[:10])}; put quotes around a cell with commas"
        )
    return _drafts([_line(number, dict(zip(header, row, strict=False))) for number, row in table], sidecar)


def read_json(text: str, sidecar: str | None) -> list[Draft]:
    """The documents in a JSON file: a list of rows, or an object whose `rows` is such a list."""
    try:
        content = json.loads(text, parse_float=str, parse_int=str)
    except (ValueError, RecursionError) as error:
        raise Refusal(f"it is no JSON ({error}); mend it") from error
    rows = content.get("rows") if isinstance(content, dict) else content
    beside = (
        sorted(filter(_is_field, map(_spelled, content))) if isinstance(content, dict) and "rows" in content else []
    )
    if beside:
        raise Refusal(
            f"the fields {', '.join(beside)} stand beside the rows, where nobody reads them; write them into the "
            f"{SIDECAR} file, or into each row"
        )
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Refusal('it is no table; write a list of rows, as in [{"name": "Wool throw", "price (EUR)": "79.00"}]')
    return _drafts([_line(number, row) for number, row in enumerate(rows, 1)], sidecar)


def _check_header(header: Sequence[str]) -> None:
    if "" in header:
        raise Refusal(f"column {header.index('') + 1} has no name; name it in the header")
    twins = sorted(name for name, times in Counter(header).items() if times > 1)
    if twins:
        raise Refusal(f"the columns {', '.join(twins)} stand twice in the header; rename one")


def _drafts(lines: Sequence[_Line], sidecar: str | None) -> list[Draft]:
    table = [line for line in lines if line.text]
    own = {name for line in table for name in line.fields}.difference(_MAY_NAME)
    if sidecar is None and own:
        return [_draft_of(line) for line in table]
    if own:
        raise Refusal(
            f"the columns {', '.join(sorted(own))} hold fields, as the {SIDECAR} file does; keep them in one place"
        )
    papers = papers_of(front_matter.fields_in(sidecar or ""))
    pieces = tuple(Piece(line.text, kind="row", product=line.fields.get("product")) for line in table)
    return [Draft("table", papers, pieces)] if pieces else []


def _draft_of(line: _Line) -> Draft:
    papers = papers_of(line.fields)
    placed = replace(papers, mistakes=tuple(f"{line.place}: {mistake}" for mistake in papers.mistakes))
    name = next(filter(None, line.values.values()))
    return Draft("table", placed, (Piece(line.text, kind="row"),), heading=name, name=as_id(name))


def _line(number: int, row: Mapping[str, Any]) -> _Line:
    place = f"row {number}"
    fields: dict[str, Any] = {}
    values: dict[str, str] = {}
    for label, value in row.items():
        field = _spelled(label)
        if _is_field(field):
            fields[field] = value if isinstance(value, list) and field == "audience" else _cell(place, label, value)
        if not _is_field(field) or (field in _MAY_NAME and not values):
            values[on_one_line(label)] = _cell(place, label, value)
    return _Line(place, {name: value for name, value in fields.items() if value != ""}, values)


def _spelled(label: str) -> str:
    return on_one_line(label).lower().replace(" ", "_")


def _is_field(name: str) -> bool:
    return name in FIELDS or about_approval(name)


def _cell(place: str, label: str, value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or isinstance(value, str):
        return on_one_line(visible(value or ""))
    raise Refusal(f"{place}: {label} holds more than one value; write one text or number")
