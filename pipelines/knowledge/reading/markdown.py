"""Markdown with or without front matter: what a browser would show of it is what may be cited."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pipelines.knowledge.reading import front_matter, webpages
from pipelines.knowledge.reading.draft import Draft
from pipelines.knowledge.reading.papers import papers_of

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token

    from pipelines.knowledge.reading.webpages import Block, Pieces

# Two spaces at the end of a line break it; all else that means something has one of these signs.
_SIGN = re.compile(r"[\\`*_~\[\]<>&]|  \n")
_SEEN_THROUGH = frozenset(
    ("em_open", "em_close", "strong_open", "strong_close", "link_open", "link_close", "code_inline")
)


def read(text: str) -> Draft:
    """The document in a Markdown file."""
    fields, body = front_matter.split(text)
    heading, pieces = pieces_of(body)
    return Draft("markdown", papers_of(fields), pieces, heading)


def pieces_of(body: str) -> Pieces:
    """The main heading of some Markdown, if it has one, and what a browser would show below it."""
    parser = _parser()
    tokens = parser.parse(body)
    if any(one.type.startswith("html") for token in tokens for one in (token, *(token.children or ()))):
        # HTML may open what another block closes, or hide what stands elsewhere.
        return webpages.pieces_of(_page(parser, tokens))
    return webpages.gathered(block for several in _apart(tokens) for block in _blocks(parser, several))


def _blocks(parser: MarkdownIt, tokens: Sequence[Token]) -> Iterator[Block]:
    """What a browser would show of one block; a heading or a paragraph needs no page to be read from."""
    text = _plain_text(tokens) if tokens[0].type in ("heading_open", "paragraph_open") else None
    if text is None:
        yield from webpages.blocks_of(_page(parser, tokens))
    else:
        yield tokens[0].tag, text


def _plain_text(tokens: Sequence[Token]) -> str | None:
    """The text of a heading or a paragraph as a page would give it, or None where more than text stands in it."""
    runs = [""]
    for token in tokens[1].children or ():
        if token.type == "text":
            runs[-1] += token.content
        elif token.type == "softbreak":
            runs[-1] += "\n"
        elif token.type in _SEEN_THROUGH:
            # A page keeps the text inside of an element apart from that around it.
            runs += [token.content, ""] if token.type == "code_inline" else [""]
        else:
            return None
    return webpages.shown(runs)


def _apart(tokens: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """The blocks of a document, each from where it opens to where it closes."""
    start = depth = 0
    for at, token in enumerate(tokens, 1):
        depth += token.nesting
        if not depth:
            yield tokens[start:at]
            start = at


def _page(parser: MarkdownIt, tokens: Sequence[Token]) -> str:
    """The page that a browser would be given."""
    return str(parser.renderer.render(tokens, parser.options, {}))


def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    parser.core.ruler.at("inline", _read_inline)
    return parser


def _read_inline(state: StateCore) -> None:
    """Markdown-it's own rule, but that a text without a sign of Markdown is not looked at letter by letter."""
    from markdown_it.token import Token

    for token in state.tokens:
        if token.type != "inline":
            continue
        if _SIGN.search(token.content) is None:
            token.children = [Token("text", "", 0, content=token.content)]
        else:
            token.children = []
            state.md.inline.parse(token.content, state.md, state.env, token.children)
