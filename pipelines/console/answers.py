"""Requests counted by the minute, and answers kept so that a repeated request is answered and not done again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pipelines.database import Database, Queries

QUERIES = Queries(Path(__file__).with_name("queries.sql"))
KEPT = timedelta(hours=24)
ABANDONED = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Given:
    """An answer that was given before; without a status its request is still under way."""

    fingerprint: str
    status: int | None
    location: str | None
    body: str | None


@dataclass(frozen=True, slots=True)
class Answers:
    """Kept in PostgreSQL, so that any number of web processes count and remember together."""

    database: Database
    clock: Callable[[], datetime]

    def count(self, tenant: str, caller: str) -> int:
        """How many requests the caller made in this minute, this one included."""
        told = {"caller": caller, "now": self.clock()}
        with self.database.transaction(tenant) as connection:
            row = connection.execute(QUERIES["count_request"], told).fetchone()
        assert row is not None
        return int(row["used"])

    def begin(self, tenant: str, caller: str, key: str, fingerprint: str) -> Given | None:
        """Take the key for this request; else what was answered under it."""
        now, name = self.clock(), {"caller": caller, "key": key}
        told: dict[str, Any] = {**name, "fingerprint": fingerprint, "now": now, "abandoned": now - ABANDONED}
        with self.database.transaction(tenant) as connection:
            connection.execute(QUERIES["forget_answers"], {"before": now - KEPT})
            if connection.execute(QUERIES["begin_answer"], told).fetchone():
                return None
            row = connection.execute(QUERIES["given_answer"], name).fetchone()
        return Given(**row) if row else Given(fingerprint, None, None, None)

    def keep(self, tenant: str, caller: str, key: str, *, status: int, location: str | None, body: str) -> None:
        """Remember how a request was answered."""
        told = {"caller": caller, "key": key, "status": status, "location": location, "body": body}
        with self.database.transaction(tenant) as connection:
            connection.execute(QUERIES["keep_answer"], told)

    def drop(self, tenant: str, caller: str, key: str) -> None:
        """Give the key back: the request was refused and may be sent again."""
        with self.database.transaction(tenant) as connection:
            connection.execute(QUERIES["drop_answer"], {"caller": caller, "key": key})
