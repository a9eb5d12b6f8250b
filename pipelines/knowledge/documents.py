"""Approved content as it was read from a folder, before it is cut into passages."""

from __future__ import annotations

import hashlib
import json
from dataclasses import astuple, dataclass
from datetime import date
from typing import Literal

DocumentKind = Literal["markdown", "html", "text", "table", "caption"]
PieceKind = Literal["prose", "row", "quote", "caption"]


@dataclass(frozen=True, slots=True)
class Piece:
    """What an author set apart: a paragraph, a list, a row, a quotation; a new line in its text ends a sentence."""

    text: str
    heading: str = ""
    kind: PieceKind = "prose"
    product: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """One piece of content with its papers; without an approval it is read all the same, and never cited."""

    document_id: str
    title: str
    pieces: tuple[Piece, ...]
    kind: DocumentKind
    path: str
    source: str = ""
    owner: str = ""
    approved_by: str | None = None
    approved_at: date | None = None
    expires_at: date | None = None
    audience: tuple[str, ...] = ()
    locale: str = "en"
    product: str | None = None

    @property
    def text(self) -> str:
        """Everything that may be cited, to be read in one go."""
        return "\n\n".join(piece.text for piece in self.pieces)

    @property
    def content_hash(self) -> str:
        """Changes when, and only when, what is cited or embedded does."""
        return _hash([self.title, [astuple(piece) for piece in self.pieces]])

    @property
    def metadata_hash(self) -> str:
        """Changes when, and only when, the papers do: approval, dates, audience, source and the like."""
        papers = (
            self.document_id, self.kind, self.path, self.source, self.owner, self.approved_by, self.approved_at,
            self.expires_at, self.audience, self.locale, self.product,
        )  # fmt: skip
        return _hash(papers)


def _hash(content: object) -> str:
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, default=str).encode()).hexdigest()
