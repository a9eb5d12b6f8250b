"""HTML: only what a visitor sees is cited, so scripts, styles, comments, hidden text and navigation are left out."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

from pipelines.contracts import Refusal
from pipelines.knowledge.documents import Piece
from pipelines.knowledge.reading.cleaning import lines, on_one_line, visible
from pipelines.knowledge.reading.days import are_days
from pipelines.knowledge.reading.draft import Draft
from pipelines.knowledge.reading.hiding import remove_unseen
from pipelines.knowledge.reading.papers import FIELDS, about_approval, misspelled, papers_of
from pipelines.knowledge.reading.rows import row_text

if TYPE_CHECKING:
    from bs4 import BeautifulSoup
    from bs4.element import PageElement, Tag

Pieces = tuple[str | None, tuple[Piece, ...]]
Block = tuple[str, "str | Tag"]
"""The name of what stands apart on a page, and its text, or all of it where it has parts of its own."""

MOST_UNCLOSED = 100
# Names with a prefix belong to another vocabulary, and whether a site is its owner's is no approval: msvalidate.01.
_OF_OTHERS = re.compile(r"[.:]|valid")
# No table that a person reads has cells over more.
_MOST_SPANNED, _WIDEST = 50, 500
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_WHOLE = frozenset((*_HEADINGS, "ul", "ol", "dl", "table", "blockquote", "figcaption"))
_BREAKS = frozenset(
    (
        "p", "div", "section", "article", "main", "body", "header", "footer", "aside", "figure", "details", "summary",
        "pre", "li", "dt", "dd", "tr", "td", "th", "caption", "hr", "address", "fieldset", "center",
    )
) | _WHOLE  # fmt: skip


def read(text: str) -> Draft:
    """The document in an HTML file; its fields stand in `<meta name="…" content="…">`."""
    page = _parsed(text)
    metas = {_spelled(str(tag.get("name", ""))): str(tag.get("content", "")) for tag in page.find_all("meta")}
    fields = {name: value for name, value in metas.items() if name in FIELDS or about_approval(name)}
    language = re.match(r"[A-Za-z]{2,3}(?=$|-)", str(page.html.get("lang", ""))) if page.html else None
    if language:
        fields.setdefault("locale", language.group())
    title = on_one_line(visible(page.title.get_text())) if page.title else ""
    if title:
        fields.setdefault("title", title)
    heading, pieces = _pieces(page)
    papers = papers_of(fields)
    # A page has many metas of others; one that is almost one of ours is told.
    near = [name for name in metas.keys() - fields.keys() if not _OF_OTHERS.search(name) and misspelled(name)]
    remarks = (*papers.remarks, f"not used: {', '.join(sorted(near))}") if near else papers.remarks
    return Draft("html", replace(papers, remarks=remarks), pieces, heading)


def _spelled(name: str) -> str:
    return re.sub(r"[\s-]+", "_", name.strip().lower())


def pieces_of(markup: str) -> Pieces:
    """The main heading of some HTML, if it has one, and what a visitor sees below it."""
    return _pieces(_parsed(markup))


def blocks_of(markup: str) -> Iterator[Block]:
    """What a visitor sees of some HTML, block by block."""
    page = _parsed(markup)
    remove_unseen(page)
    return _blocks(page)


def gathered(blocks: Iterable[Block]) -> Pieces:
    """The main heading of a page and the pieces below it, each with the headings that it stands under."""
    title: str | None = None
    path: list[tuple[int, str]] = []
    found: list[Piece] = []
    for name, content in blocks:
        if name in _HEADINGS and isinstance(content, str):
            text = on_one_line(content)
            if title is None and name == "h1" and not found and not path:
                title = text
            elif text:
                path = [step for step in path if step[0] < int(name[1])] + [(int(name[1]), text)]
            continue
        heading = " / ".join(text for _, text in path)
        found += (Piece(piece.text, heading, piece.kind) for piece in _of_block(name, content) if piece.text)
    return title, tuple(found)


def shown(runs: Iterable[str]) -> str:
    """The text that stretches of a page's text without any break make together."""
    return on_one_line("".join(map(visible, runs)))


def _parsed(markup: str) -> BeautifulSoup:
    from bs4 import BeautifulSoup
    from bs4.exceptions import ParserRejectedMarkup

    # Python's parser looks through all that follows for the end of each, again and again.
    opened = markup.count("<!--", markup.rfind("-->") + 1)
    if opened > MOST_UNCLOSED:
        raise Refusal(f"it opens {opened:,} comments that nothing closes; close each with `-->`, or remove it")
    with warnings.catch_warnings():
        # It guesses that a short text was meant as a file name or an address.
        warnings.simplefilter("ignore")
        try:
            return BeautifulSoup(markup, "html.parser")
        except ParserRejectedMarkup as error:
            what = str(error).strip().splitlines()[-1].strip()
            raise Refusal(f"it holds HTML that cannot be read ({what}); mend what begins with '<!'") from error


def _pieces(page: BeautifulSoup) -> Pieces:
    remove_unseen(page)
    return gathered(_blocks(page.find("main") or page.find("body") or page))


def _of_block(name: str, content: str | Tag) -> Iterator[Piece]:
    if isinstance(content, str):
        yield Piece(content)
    elif name == "table":
        yield from _of_table(content)
    elif name == "blockquote":
        yield Piece(" ".join(map(on_one_line, _runs(content))), kind="quote")
    elif name == "figcaption":
        yield Piece("\n".join(_runs(content)), kind="caption")
    elif name == "dl":
        yield from _of_terms(content)
    else:
        yield Piece("\n".join(_runs(content)))


def _of_table(table: Tag) -> Iterator[Piece]:
    rows = [
        row.find_all(["td", "th"], recursive=False) for row in table.find_all("tr") if row.find_parent("table") is table
    ]
    has_header = bool(rows) and all(cell.name == "th" for cell in rows[0])
    grid = _spread(rows, has_header)
    for row in grid[has_header:]:
        yield Piece(row_text(row, grid[0] if has_header else []), kind="row")


def _spread(rows: Sequence[Sequence[Tag]], has_header: bool) -> list[list[str]]:
    """The text of each place: a cell over several rows stands in each, a heading over several columns in each."""
    grid: list[list[str]] = []
    held: dict[int, tuple[int, str]] = {}
    for at, row in enumerate(rows):
        texts: dict[int, str] = {place: text for place, (_, text) in held.items()}
        held = {place: (left - 1, text) for place, (left, text) in held.items() if left > 1}
        free = (place for place in count() if place not in texts)
        for cell in row:
            text = on_one_line(" ".join(_runs(cell)))
            wide, down = (_span(cell, which) if len(texts) < _WIDEST else 1 for which in ("colspan", "rowspan"))
            for place in [next(free) for _ in range(wide)]:
                texts[place] = text
                if down > 1:
                    held[place] = (down - 1, text)
                text = text if has_header and at == 0 else ""
        grid.append([texts.get(place, "") for place in range(max(texts, default=-1) + 1)])
    return grid


def _span(cell: Tag, which: str) -> int:
    told = str(cell.get(which, "1")).strip()
    return min(max(int(told), 1), _MOST_SPANNED) if re.fullmatch(r"[0-9]{1,9}", told) else 1


def _of_terms(terms: Tag) -> Iterator[Piece]:
    named = ""
    for part in terms.find_all(["dt", "dd"]):
        text = on_one_line(" ".join(_runs(part)))
        if part.name == "dt":
            named = text
        else:
            yield Piece(row_text([named, text], []), kind="row")


def _blocks(root: Tag) -> Iterator[Block]:
    """What stands apart, in order: headings, lists, tables and quotations whole, between them stretches of text."""
    for block in _walk(root, _WHOLE):
        if isinstance(block, str):
            yield "p", block
        else:
            yield block.name, " ".join(_runs(block)) if block.name in _HEADINGS else block


def _runs(root: Tag) -> Iterator[str]:
    """The stretches of text between one break and the next."""
    return (block for block in _walk(root, frozenset()) if isinstance(block, str))


def _walk(root: Tag, whole: frozenset[str]) -> Iterator[str | Tag]:
    """Goes through a page without calling itself, so that no depth of nesting can exhaust it."""
    from bs4.element import NavigableString, Tag

    stack: list[tuple[Iterator[PageElement], bool]] = [(iter(root.children), True)]
    run: list[str] = []
    lists: dict[int, Iterator[int] | None] = {}
    number = ""
    while stack:
        node = next(stack[-1][0], None)
        breaks = stack.pop()[1] if node is None else isinstance(node, Tag) and node.name in _BREAKS
        if breaks and (text := lines("".join(run))):
            yield text
        if breaks:
            run = []
            number = "" if node is None else number
        if isinstance(node, Tag) and node.name in whole:
            yield node
        elif isinstance(node, Tag):
            run += ["\n"] if node.name == "br" else []
            if node.name == "li":
                number = _number_of(node, lists)
            stack.append((iter(node.children), node.name in _BREAKS))
        elif type(node) is NavigableString:
            text = re.sub(r"\s+", " ", visible(str(node)))
            if number and text.strip():
                text, number = f"{number} {text.lstrip()}", ""
            run.append(text)


def _number_of(item: Tag, lists: dict[int, Iterator[int] | None]) -> str:
    """The number that a visitor sees before an item, where it may be more than the number of a list."""
    listed = item.parent
    if listed is None or listed.name != "ol":
        return ""
    if id(listed) not in lists:
        lists[id(listed)] = _numbers(listed)
    numbers = lists[id(listed)]
    return f"{next(numbers)}." if numbers else ""


def _numbers(listed: Tag) -> Iterator[int] | None:
    first = str(listed.get("start", "1")).strip()
    items = listed.find_all("li", recursive=False)
    # An item that nobody closed holds the next one.
    alone = len(items) == 1 and not ((inner := items[0].find("li")) and inner.find_parent(["ol", "ul"]) is listed)
    # Markdown takes "24. Dezember" for a list that begins with 24.
    kept = re.fullmatch(r"\d{1,9}", first) and (
        first != "1" or alone or are_days([on_one_line(item.get_text()) for item in items])
    )
    return count(int(first)) if kept and listed.get("type", "1") == "1" else None
