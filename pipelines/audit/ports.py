"""What the audit step asks of the outside: a place for anchors that no administrator of the database can reach."""

from __future__ import annotations

from typing import Protocol


class AnchorStore(Protocol):
    """A store of objects that are written once."""

    def put(self, name: str, content: bytes) -> None:
        """Keep an object, or raise a refusal; the same object again is no trouble."""
        ...
