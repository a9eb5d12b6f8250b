"""Personal data out of a text before it may stand in a prompt: by what is known of the person, and by its look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from pipelines.generation.privacy.folding import folded
from pipelines.generation.privacy.known_values import Found, patterns_of
from pipelines.generation.privacy.recognized import Span, recognized


@dataclass(frozen=True, slots=True)
class Masked:
    """The text with placeholders such as <CONTACT_NAME>, and how often each was put; never what it stands for."""

    text: str
    found: Mapping[str, int]


def mask(text: str, known: Mapping[str, str] | None = None) -> Masked:
    """`text` without personal data; `known` are the customer's own values, such as first_name, phone or company."""
    read = folded(text)
    spans = list(recognized(read.text))
    for pattern, placeholder in _patterns(tuple(sorted((known or {}).items()))):
        spans += ((*found.span(), placeholder) for found in pattern.finditer(read.text) if found[0])
    pieces: list[str] = []
    found: Counter[str] = Counter()
    at = 0
    for start, end, placeholder in _merged((*read.span(start, end), name) for start, end, name in spans):
        pieces += (text[at:start], f"<{placeholder}>")
        found[placeholder] += 1
        at = end
    return Masked("".join((*pieces, text[at:])), dict(found))


@lru_cache(maxsize=64)
def _patterns(known: tuple[tuple[str, str], ...]) -> tuple[Found, ...]:
    return tuple(patterns_of(dict(known)))


def _merged(spans: Iterable[Span]) -> list[Span]:
    """Spans that overlap become one, called what the longest of them is called."""
    merged: list[tuple[int, int, str, int]] = []
    for start, end, name in sorted(set(spans), key=lambda span: (span[0], -span[1], span[2])):
        if merged and start < merged[-1][1]:
            begun, ended, named, longest = merged[-1]
            if end - start > longest:
                named, longest = name, end - start
            merged[-1] = (begun, max(ended, end), named, longest)
        else:
            merged.append((start, end, name, end - start))
    return [(start, end, name) for start, end, name, _ in merged]
