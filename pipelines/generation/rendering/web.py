"""Banners on a page, and the bare body of a message for systems that have a layout of their own."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from pipelines.contracts import Refusal
from pipelines.generation.brand import Brand
from pipelines.generation.briefs import Brief
from pipelines.generation.message import Message
from pipelines.generation.rendering.content import Content, Piece, prepared
from pipelines.generation.rendering.rendered import Notes, Rendered, size_of
from pipelines.generation.rendering.sanitising import escaped

MOST_BYTES = 50_000
_TAGS = {"heading": "h2", "paragraph": "p", "quote": "blockquote"}


def compose(content: Content, brief: Brief, brand: Brand) -> Rendered:
    """A headline, the body and a link; the page that shows it brings its own looks."""
    language = brand.language(brief.knowledge.locale)
    page = (
        f'<section lang="{escaped(language.locale)}"><h2>{escaped(content.subject)}</h2>'
        f"{_markup(content.body)}"
        f'<p><a href="{{{{campaign.link}}}}">{escaped(content.call_to_action)}</a></p></section>'
    )
    text = f"{content.words()}\n{content.call_to_action}: {{{{campaign.link}}}}"
    return Rendered("web", content.subject, content.preheader, page, text, size_of(content.subject, page, text), 1)


def check(banner: Rendered, notes: Notes) -> int:
    """A banner without a headline, or heavier than 50 KB, is a fault."""
    if not banner.subject:
        notes.faults.append("the headline is empty")
    if banner.bytes > MOST_BYTES:
        notes.faults.append(f"the banner has {banner.bytes:,} bytes; {MOST_BYTES:,} is the most")
    return 1


def body_html(message: Message, brand: Brand) -> str:
    """The body of a message as plain mark-up, as safe as in a mail, with its slots in place."""
    notes = Notes()
    content = prepared(message, brand, notes)
    if notes.faults:
        raise Refusal(f"The message cannot be exported: {'; '.join(notes.faults)}; write it again without that.")
    return _markup(content.body)


def _markup(body: tuple[Piece, ...]) -> str:
    return "".join(_blocks(body))


def _blocks(body: tuple[Piece, ...]) -> Iterator[str]:
    for kind, pieces in groupby(body, key=lambda piece: piece.kind):
        if kind == "bullet":
            yield f"<ul>{''.join(f'<li>{piece.html}</li>' for piece in pieces)}</ul>"
        else:
            yield from (f"<{_TAGS[kind]}>{piece.html}</{_TAGS[kind]}>" for piece in pieces)
