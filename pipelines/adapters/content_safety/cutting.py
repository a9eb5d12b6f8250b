"""A long text in pieces that a service takes: cut at the ends of sentences, overlapping, nothing left out."""

from __future__ import annotations

import re

_SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’»)\]]*\s+|\n+|(?<=[。！？])")  # noqa: RUF001
_WORD_END = re.compile(r"\s+")


def pieces(text: str, most: int, overlap: int) -> list[str]:
    """The text in order, no piece longer than `most`; what is no longer than `overlap` lies whole in one of them."""
    if most < 4 * overlap:
        raise ValueError("Pieces must be at least four times as long as what they share.")
    found, start = [], 0
    while len(text) - start > most:
        end = _last_boundary(text, start + most // 2, start + most)
        found.append(text[start:end])
        # Not after end - overlap: what begins there would be cut by both pieces.
        start = _last_boundary(text, end - 2 * overlap, end - overlap)
    return [*found, text[start:]]


def _last_boundary(text: str, first: int, last: int) -> int:
    """Where the last sentence ends between two places, else the last word, else the last place."""
    for boundary in (_SENTENCE_END, _WORD_END):
        ends = [match.end() for match in boundary.finditer(text, first, last)]
        if ends and ends[-1] > first:
            return ends[-1]
    return last
