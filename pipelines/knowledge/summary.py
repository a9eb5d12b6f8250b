"""What came of an indexing, for people and machines."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class NotCitable:
    """A document that is read and never found, and why."""

    document_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class IgnoredFile:
    """A file that was not read, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class IndexSummary:
    """How many passages are in the index, and how they came there: added + changed + unchanged = passages."""

    tenant: str
    edition: str
    documents: int
    passages: int
    added: int
    changed: int
    unchanged: int
    removed: int
    embedded: int
    embedding_model: str
    not_citable: tuple[NotCitable, ...]
    ignored: tuple[IgnoredFile, ...]
    remarks: tuple[str, ...]
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """The one object that `--json` prints."""
        return asdict(self)
