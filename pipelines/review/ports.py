"""What reviewing is given: the database, and the steps that rewrite, ground and screen an edited variant."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

from pipelines.contracts import Json
from pipelines.database import Connection, Database


@dataclass(frozen=True, slots=True)
class Rewritten:
    """The new version of a variant, and its sentences before and after by their place."""

    variant_id: str
    version: int
    campaign_id: str
    content_hash: str
    before: dict[str, str]
    after: dict[str, str]


class Rewriting(Protocol):
    """Whoever renders and grounds copy."""

    def editable(self, connection: Connection, variant_id: str) -> Json:
        """The newest text of a variant in the form in which `rewrite` takes it."""
        ...

    def rewrite(self, connection: Connection, tenant: str, variant_id: str, wanted: Json, *, by: str) -> Rewritten:
        """Enter a new version within the caller's transaction; refused if a sentence is not borne out."""
        ...


Screening = Callable[[str, Sequence[str]], object]
"""Screens the newest versions of these variants of a tenant at once."""

Telling = Callable[[str], object]
"""Tells people of a tenant of everything in its review queue that nobody was told of."""


@dataclass(frozen=True, slots=True)
class Board:
    """Where campaigns are reviewed and approved."""

    database: Database
    policies: Path
    rewriting: Rewriting
    screening: Screening
    telling: Telling
    # The day where the senders are, by which an offer ends.
    today: Callable[[], date]
