"""The text/plain part of a mail: everything that the page says, readable in any mailbox."""

from __future__ import annotations

import re

from pipelines.generation.brand import Language
from pipelines.generation.rendering.content import Content, Piece
from pipelines.generation.slots import at_usual_length

WIDTH = 72
# A slot is one word, however many its fallback has.
_WORD = re.compile(r"(?:\{\{[^{}]*\}\}|\S)+")


def plain_text(content: Content, language: Language) -> str:
    """Body, call to action, sender and the way out, wrapped to 72 columns as it usually gets."""
    parts = [*_body(content.body), f"{content.call_to_action}:\n{{{{campaign.link}}}}", "-" * 24]
    parts.append("{{sender.company}}\n{{postal.address}}")
    wishes = f"{language.preferences}: {{{{preferences.link}}}}\n" if language.preferences else ""
    parts.append(f"{wrapped(language.reason)}\n{wishes}{language.unsubscribe}: {{{{unsubscribe.link}}}}")
    return "\n\n".join(parts) + "\n"


def wrapped(text: str, first: str = "", rest: str = "") -> str:
    """Lines of at most 72 columns; a longer word stands alone."""
    lines, line, length = [], first, len(first)
    empty = True
    for word in _WORD.findall(text):
        takes = len(at_usual_length(word))
        if not empty and length + 1 + takes > WIDTH:
            lines.append(line)
            line, length, empty = rest, len(rest), True
        line += word if empty else f" {word}"
        length += takes if empty else takes + 1
        empty = False
    return "\n".join([*lines, line])


def _body(body: tuple[Piece, ...]) -> list[str]:
    parts: list[str] = []
    previous = None
    for piece in body:
        shown = _shown(piece)
        if piece.kind == previous == "bullet":
            parts[-1] += f"\n{shown}"
        else:
            parts.append(shown)
        previous = piece.kind
    return parts


def _shown(piece: Piece) -> str:
    if piece.kind == "bullet":
        return wrapped(piece.text, "* ", "  ")
    if piece.kind == "quote":
        return wrapped(piece.text, "  ", "  ")
    if piece.kind == "heading":
        heading = wrapped(piece.text)
        return f"{heading}\n{'-' * min(WIDTH, len(at_usual_length(heading.splitlines()[-1])))}"
    return wrapped(piece.text)
