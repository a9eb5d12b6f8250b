"""E-mail: the brand's layout around the words, a plain-text part, and what mailboxes allow."""

from __future__ import annotations

import re

from pipelines.generation.brand import Brand
from pipelines.generation.briefs import Brief
from pipelines.generation.rendering.content import Content, Piece
from pipelines.generation.rendering.layout import Layout, layout
from pipelines.generation.rendering.plain import plain_text
from pipelines.generation.rendering.rendered import Notes, Rendered, size_of
from pipelines.generation.rendering.sanitising import escaped
from pipelines.generation.rendering.subject import check_subject

MOST_BYTES = 50_000
# Who is quoted stands on a line of its own.
_SPEAKER = re.compile(r"([”\"])\s+([—–]\s)")


def compose(content: Content, brief: Brief, brand: Brand) -> Rendered:
    """The mail with its slots in place."""
    language = brand.language(brief.knowledge.locale)
    frame = layout(brand, language)
    page = "".join(
        (
            frame.opened(content.subject, content.preheader),
            *_rows(content.body, frame),
            frame.rows["button"].around(escaped(content.call_to_action)),
            frame.closing,
        )
    )
    text = plain_text(content, language)
    size = size_of(content.subject, content.preheader, page, text)
    return Rendered("email", content.subject, content.preheader, page, text, size, 1)


def check(mail: Rendered, notes: Notes) -> int:
    """What stands against a mail as it usually gets."""
    check_subject(mail.subject, mail.preheader, notes)
    if mail.bytes > MOST_BYTES:
        notes.faults.append(f"the mail has {mail.bytes:,} bytes; {MOST_BYTES:,} is the most")
    return 1


def _rows(body: tuple[Piece, ...], frame: Layout) -> list[str]:
    rows: list[str] = []
    bullets: list[str] = []
    for place, piece in enumerate(body):
        words = piece.html.replace("<a ", frame.link)
        if piece.kind == "quote":
            words = _SPEAKER.sub(r"\1<br>\2", words)
        if piece.kind == "bullet":
            bullets.append(words)
            continue
        rows += _list(bullets, frame)
        bullets = []
        kind = "title" if piece.kind == "heading" and place == 0 else piece.kind
        rows.append(frame.rows[kind].around(words))
    return rows + _list(bullets, frame)


def _list(bullets: list[str], frame: Layout) -> list[str]:
    return [frame.rows["bullets"].around(frame.next_bullet.join(bullets))] if bullets else []
