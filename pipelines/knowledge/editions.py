"""What makes an edition: its id changes when, and only when, anything that is found or shown does."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence

from pipelines.contracts import Passage
from pipelines.knowledge.documents import Document
from pipelines.knowledge.ports import Edition

# Counted up when the same content has to be stored in another form.
FORM = 1


def edition_of(documents: Iterable[Document], passages: Sequence[Passage], model: str) -> Edition:
    """The edition that this content is, embedded with that model."""
    papers = sorted((d.document_id, d.content_hash, d.metadata_hash) for d in documents)
    whole = [FORM, model, papers, sorted(p.passage_id for p in passages)]
    return Edition(hashlib.sha256(json.dumps(whole).encode()).hexdigest()[:32], model, len(passages))


def embedded_text(passage: Passage) -> str:
    """What is embedded of a passage: with its title and heading, or a row of a table would be about nothing."""
    return "\n".join(dict.fromkeys(filter(None, (passage.title, passage.heading, passage.text))))


def hash_of(text: str) -> str:
    """The same for the same text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
