"""What finding knowledge asks of the outside: somebody who embeds, an index that searches, perhaps one who rewrites."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pipelines.contracts import Found, Passage, PassageFilters, Question
from pipelines.database import Connection, Database

Matrix = NDArray[np.float32]
Rewrite = Callable[[str, str | None, Sequence[Question]], Sequence[Sequence[str]]]
"""A language model says questions of a tenant, and perhaps of a campaign of it, in other words, the best first; trouble
is a Refusal that names it."""

# Up to so many passages of a tenant every vector is compared; among more a graph is asked.
EXACT_UP_TO = 50_000
# pgvector builds no graph over longer vectors.
GRAPH_DIMENSIONS = 2000


class Embedder(Protocol):
    """Turns texts into vectors whose directions are near where the meanings are."""

    name: str
    model: str
    dimensions: int

    def embed(self, texts: Sequence[str]) -> Matrix:
        """One row a text, of length 1 (all zeros where a text says nothing); trouble is a Refusal that names it."""
        ...


@dataclass(frozen=True, slots=True)
class Wording:
    """One way to say what is looked for; its words count `weight` times those of the question itself."""

    text: str
    weight: float


@dataclass(frozen=True, slots=True)
class Query:
    """What an index is asked: the question, its wordings, its vector (None: it says nothing to the embedder)."""

    text: str
    wordings: tuple[Wording, ...]
    vector: Matrix | None
    filters: PassageFilters
    limit: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A passage as it goes into an index."""

    passage: Passage
    vector: Matrix


@dataclass(frozen=True, slots=True)
class Edition:
    """The state of a tenant's knowledge that is searched; its id is made of everything in it."""

    edition: str
    embedding_model: str
    passages: int


class PassageIndex(Protocol):
    """A search service. Several editions of a tenant may lie in it; only the one asked for is ever found."""

    name: str

    def holds(self, tenant: str, edition: Edition) -> bool:
        """Whether every passage of the edition lies in the index and can be found."""
        ...

    def publish(self, tenant: str, edition: Edition, entries: Iterable[Entry]) -> None:
        """Make a whole edition ready beside the one in use, or raise a Refusal that says what was not stored."""
        ...

    def withdraw(self, tenant: str, keep: Edition) -> None:
        """Delete every edition of the tenant but `keep`."""
        ...

    def search(self, connection: Connection, tenant: str, edition: Edition, query: Query) -> list[Found]:
        """The best passages that pass every filter, best first; `connection` is the tenant's open transaction."""
        ...


@dataclass(frozen=True, slots=True)
class Library:
    """What the use cases of knowledge are given."""

    database: Database
    embedder: Embedder
    index: PassageIndex
    synonyms: Path
    clock: Callable[[], datetime]
    rewrite: Rewrite | None = None
