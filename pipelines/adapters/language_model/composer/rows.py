"""A table's row as sentences: only columns whose meaning is plain are told."""

from __future__ import annotations

import re

_ROW = re.compile(r"^(?P<subject>[A-ZÀ-Þ][^:;]{2,60}): (?P<cells>.+)$")
_SAYINGS = {
    "price": "costs {}",
    "weight": "weighs {}",
    "made in": "is made in {}",
    "guarantee": "is guaranteed for {}",
    "warranty": "has a warranty of {}",
}


def row_sentences(text: str, name: str | None) -> list[str]:
    """What the row says of the product of that name, at most two columns to a sentence."""
    row = _ROW.match(" ".join(text.split()))
    if row is None or name is None or not row["subject"].lower().startswith(name.lower()):
        return []
    told = [saying for cell in row["cells"].rstrip(".").split("; ") if (saying := _saying(cell))]
    return [f"The {row['subject'][: len(name)]} {' and '.join(told[at : at + 2])}." for at in range(0, len(told), 2)]


def _saying(cell: str) -> str | None:
    """The column as a predicate; values with a comma would not stand well before an `and`."""
    label = next((label for label in _SAYINGS if cell.lower().startswith(f"{label} ")), None)
    if label is None or "," in cell:
        return None
    return _SAYINGS[label].format(cell[len(label) + 1 :])
