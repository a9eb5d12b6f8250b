"""A row of a table as one readable sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipelines.knowledge.reading.cleaning import on_one_line

_UNIT = re.compile(r"(.*\S)\s*[(\[]([^()\[\]]+)[)\]]")
# Headers that say only that the column names the row.
_NAMING = frozenset(("", "name", "product", "title", "item", "produkt", "produit", "artikel", "article", "nom"))
# Headers whose values speak for themselves.
_SPEAKING = frozenset(("text", "content", "body", "fact", "claim", "question", "answer", "quote", "description"))
_ENDED = re.compile(r"[.!?…][\"'”’»)]*$")


def row_text(cells: Sequence[str], labels: Sequence[str]) -> str:
    """The row in words, as in "Wool throw: price 79.00 EUR; weight 900 g."; its first cell names it."""
    values = [on_one_line(cell) for cell in cells]
    if not any(values):
        return ""
    header = [on_one_line(label) for label in labels] + [""] * (len(values) - len(labels))
    name = values[0] if header[0].lower() in _NAMING else _labelled(header[0], values[0])
    said = "; ".join(_labelled(label, value) for label, value in zip(header[1:], values[1:], strict=False) if value)
    # A question or a sentence that is told is no name of what follows it.
    text = (" " if _ENDED.search(name) else ": ").join(filter(None, (name, said)))
    return text if _ENDED.search(text) else f"{text}."


def _labelled(label: str, value: str) -> str:
    if not value or label.lower() in _SPEAKING or not label:
        return value
    unit = _UNIT.fullmatch(label)
    return f"{unit[1]} {value} {unit[2]}" if unit else f"{label} {value}"
