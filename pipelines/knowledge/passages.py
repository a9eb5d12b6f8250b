"""Documents cut into passages: short enough to cite precisely, never inside a sentence, never across a heading."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from pipelines.contracts import Passage
from pipelines.knowledge.documents import Document, Piece

# A paragraph with fewer words says too little by itself; one with more is cut between two sentences.
FEWEST_WORDS = 25
MOST_WORDS = 90
# No sentence is that long: text without an end in sight is cut between two words.
ENDLESS_WORDS = 250

_SENTENCE_END = re.compile(r"[.!?…][\"'”’»“)\]]*\s+(?=[\"'“„«‘¿¡(\[]*[^\W\d_a-zà-öø-ÿ]|[\"'“„«‘(\[]*\d)")
# Words whose full stop ends no sentence: abbreviations, initials, and the ordinals of German dates.
_NO_END = re.compile(
    r"(?:\b(?:e\.g|i\.e|z\.\s?B|d\.\s?h|u\.\s?a|Dr|Prof|Mr|Mrs|Ms|St|No|Nr|Art|Fig|approx|ca|bzw|etc|vs|incl|inkl|zzgl"
    r"|Ltd|Inc|Co|M|Mme|env|max|min|vol|Abs|Tel|Jan|Feb|Apr|Aug|Sept?|Okt|Oct|Nov|Dec|Dez)|\b[^\W\d_]|\b\d{1,2})\.$"
)


def passages_of(document: Document) -> tuple[Passage, ...]:
    """The passages of a document, in its order; their ids are made of their own words and outlive edits elsewhere."""
    met: Counter[str] = Counter()
    return tuple(_passage(document, piece, met) for piece in _cut(_gathered(document.pieces)))


def _passage(document: Document, piece: Piece, met: Counter[str]) -> Passage:
    identity = f"{' '.join(piece.heading.split())}\x1f{' '.join(piece.text.split())}"
    met[identity] += 1
    if met[identity] > 1:
        identity = f"{identity}\x1f{met[identity]}"
    return Passage(
        passage_id=f"{document.document_id}-{hashlib.sha256(identity.encode()).hexdigest()[:10]}",
        document_id=document.document_id,
        title=document.title,
        text=piece.text,
        heading=piece.heading,
        kind=piece.kind,
        source=document.source,
        product=piece.product or document.product,
        audience=document.audience,
        locale=document.locale,
        approved_by=document.approved_by,
        approved_at=document.approved_at,
        expires_at=document.expires_at,
    )


def _gathered(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Joins what is too short to stand alone to what follows it under the same heading."""
    held: Piece | None = None
    for piece in pieces:
        if held and _belong_together(held, piece):
            held = replace(held, text=f"{held.text}\n{piece.text}")
            continue
        if held:
            yield held
        held = piece
    if held:
        yield held


def _belong_together(first: Piece, second: Piece) -> bool:
    if (first.heading, first.kind, first.product) != (second.heading, second.kind, second.product):
        return False
    if first.kind not in ("prose", "caption"):
        return False
    if first.text.endswith(":"):
        return True
    # What has lines of its own (a list, a question with its answer, two that were joined) is whole.
    whole = "\n" in first.text or "\n" in second.text
    words = _words(first.text)
    return not whole and words < FEWEST_WORDS and words + _words(second.text) <= MOST_WORDS


def _cut(pieces: Iterable[Piece]) -> Iterator[Piece]:
    for piece in pieces:
        most = ENDLESS_WORDS if piece.kind in ("row", "quote") else MOST_WORDS
        if _words(piece.text) <= most:
            yield piece
        else:
            yield from (replace(piece, text=text) for text in _shares(list(_sentences(piece.text))))


def _shares(sentences: list[str]) -> Iterator[str]:
    """Runs of sentences of about the same length, none above the most that a passage may have if sentences allow it."""
    total = sum(map(_words, sentences))
    aim = total / -(-total // MOST_WORDS)
    held, size = "", 0
    for sentence in sentences:
        more = _words(sentence)
        if held and (size + more > MOST_WORDS or size + more / 2 > aim):
            yield held.rstrip()
            held, size = "", 0
        held, size = held + sentence, size + more
    if held.strip():
        yield held.rstrip()


def _sentences(text: str) -> Iterator[str]:
    """The sentences with the white space behind them; where it is in doubt, two sentences stay one."""
    for line in text.splitlines(keepends=True):
        start = 0
        for end in _SENTENCE_END.finditer(line):
            if not _NO_END.search(line[max(start, end.end() - 20) : end.end()].rstrip()):
                yield from _endless(line[start : end.end()])
                start = end.end()
        yield from _endless(line[start:])


def _endless(sentence: str) -> Iterator[str]:
    words = re.findall(r"\S+\s*", sentence)
    for at in range(0, len(words), ENDLESS_WORDS):
        yield "".join(words[at : at + ENDLESS_WORDS])


def _words(text: str) -> int:
    return len(text.split())
