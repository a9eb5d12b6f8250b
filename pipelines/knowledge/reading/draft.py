"""What a reader of one format hands on: a document that may still lack an id and a title."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.knowledge.documents import DocumentKind, Piece
from pipelines.knowledge.reading.papers import Papers


@dataclass(frozen=True, slots=True)
class Draft:
    """A document as its file gives it; `heading` is what it calls itself where the papers give no title."""

    kind: DocumentKind
    papers: Papers
    pieces: tuple[Piece, ...]
    heading: str | None = None
    name: str | None = None
