"""What telling is given: the database with its outbox, and whoever carries a letter out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pipelines.database import Database


@dataclass(frozen=True, slots=True)
class Letter:
    """One request that is to be made."""

    url: str
    body: bytes
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Answered:
    """How a letter fared: the status that came back, or none; and a sentence about it."""

    status: int | None
    sentence: str

    @property
    def taken(self) -> bool:
        """Only a 2xx says that the letter was taken."""
        return self.status is not None and 200 <= self.status < 300


class Courier(Protocol):
    """Carries letters; trouble is an answer and never an exception."""

    def carry(self, letters: Sequence[Letter]) -> list[Answered]:
        """One answer a letter, in their order."""
        ...


@dataclass(frozen=True, slots=True)
class PostOffice:
    """Where webhooks are subscribed to and delivered."""

    database: Database
    courier: Courier
    clock: Callable[[], datetime]
    to_private_hosts: bool = False
