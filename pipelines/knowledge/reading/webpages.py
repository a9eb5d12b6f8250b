"""HTML: only what a visitor sees is cited, so scripts, styles, comments, hidden text and navigation are left out."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from pipelines.contracts import Refusal
from pipelines.knowledge.documents import Piece
from pipelines.knowledge.reading.cleaning import lines, on_one_line, visible
from pipelines.knowledge.reading.draft import Draft
from pipelines.knowledge.reading.hiding import remove_unseen
from pipelines.knowledge.reading.papers import FIELDS, misspelled, papers_of
from pipelines.knowledge.reading.rows import row_text

if TYPE_CHECKING:
    from bs4 import BeautifulSoup
    from bs4.element import PageElement, Tag

Pieces = tuple[str | None, tuple[Piece, ...]]
Block = tuple[str, "str | Tag"]
"""The name of what stands apart on a page, and its text, or all of it where it has parts of its own."""

MOST_UNCLOSED = 100
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
    metas = {str(tag.get("name", "")).strip(): str(tag.get("content", "")) for tag in page.find_all("meta")}
    fields = {name: value for name, value in metas.items() if name in FIELDS or misspelled(name)}
    language = re.match(r"[A-Za-z]{2,3}(?=$|-)", str(page.html.get("lang", ""))) if page.html else None
    if language:
        fields.setdefault("locale", language.group())
    title = on_one_line(visible(page.title.get_text())) if page.title else ""
    if title:
        fields.setdefault("title", title)
    heading, pieces = _pieces(page)
    return Draft("html", papers_of(fields), pieces, heading)


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
        [(cell.name, on_one_line(" ".join(_runs(cell)))) for cell in row.find_all(["td", "th"], recursive=False)]
        for row in table.find_all("tr")
        if row.find_parent("table") is table
    ]
    has_header = bool(rows) and all(name == "th" for name, _ in rows[0])
    labels = [text for _, text in rows[0]] if has_header else []
    for row in rows[has_header:]:
        yield Piece(row_text([text for _, text in row], labels), kind="row")


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
    while stack:
        node = next(stack[-1][0], None)
        breaks = stack.pop()[1] if node is None else isinstance(node, Tag) and node.name in _BREAKS
        if breaks and (text := lines("".join(run))):
            yield text
        if breaks:
            run = []
        if isinstance(node, Tag) and node.name in whole:
            yield node
        elif isinstance(node, Tag):
            run += ["\n"] if node.name == "br" else []
            stack.append((iter(node.children), node.name in _BREAKS))
        elif type(node) is NavigableString:
            run.append(re.sub(r"\s+", " ", visible(str(node))))
