"""Plain text with or without front matter: paragraphs between empty lines."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipelines.knowledge.documents import Piece
from pipelines.knowledge.reading import front_matter
from pipelines.knowledge.reading.cleaning import on_one_line
from pipelines.knowledge.reading.days import are_days
from pipelines.knowledge.reading.draft import Draft
from pipelines.knowledge.reading.papers import papers_of

_ITEM = re.compile(r"(?:[-*•–]|(?P<number>\d{1,2})[.)])\s+(?=\S)")
_ENDED = re.compile(r"[.!?:;…][\"'”’)»]*$")
_WRAPPED_FROM = 60
_TITLE_WORDS = 12


def read(text: str) -> Draft:
    """The document in a text file."""
    fields, body = front_matter.split(text)
    papers = papers_of(fields)
    paragraphs = [_unwrapped(block) for block in re.split(r"\n[ \t]*\n", body) if block.strip()]
    heading = paragraphs[0] if len(paragraphs) > 1 and _is_title(paragraphs[0]) else None
    if heading is not None:
        del paragraphs[0]
    return Draft("text", papers, tuple(Piece(paragraph) for paragraph in paragraphs), heading)


def _is_title(paragraph: str) -> bool:
    """Whether a first line only names what follows; with a figure in it, it may be a fact and stays one."""
    return not (
        "\n" in paragraph
        or len(paragraph.split()) > _TITLE_WORDS
        or _ENDED.search(paragraph)
        or any(letter.isdigit() for letter in paragraph)
    )


def _unwrapped(block: str) -> str:
    """A paragraph whose lines were broken for width only is one line again; other line ends stay."""
    return "\n".join(_joined([line for line in map(on_one_line, block.split("\n")) if line]))


def _joined(lines: list[str]) -> Iterator[str]:
    held: list[str] = []
    listed = _listed(lines)
    for line in lines:
        item = _ITEM.match(line)
        if item and item["number"] and int(item["number"]) > listed:
            item = None
        if held and (item or not _goes_on(held[-1], line)):
            yield " ".join(held)
            held = []
        held.append(line[item.end() :] if item else line)
    yield " ".join(held)


def _listed(lines: list[str]) -> int:
    """How many lines are items of one list: a higher number may be a day, or all of them ("24. Dezember")."""
    items = [(line, found) for line in lines if (found := _ITEM.match(line))]
    numbered = [line[found.end() :] for line, found in items if found["number"]]
    return 0 if len(items) == 1 or are_days(numbered) else len(items)


def _goes_on(line: str, following: str) -> bool:
    """Whether a line was broken for its width only."""
    return not _ENDED.search(line) and (len(line) >= _WRAPPED_FROM or following[0].islower())
