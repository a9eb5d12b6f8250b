"""The ledger as the app role may see it: read, and added to by its one function."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import psycopg

from pipelines.audit.filters import Filters
from pipelines.audit.scope import Scope
from pipelines.audit.verify_audit import HEADER, WITHHELD
from pipelines.contracts import no_such_tenant
from pipelines.database import Connection, Queries

QUERIES = Queries(Path(__file__).with_name("queries.sql"))

Row = dict[str, Any]


class Ledger:
    """One tenant's ledger within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def _one(self, name: str, **values: Any) -> Row | None:
        return self._connection.execute(QUERIES[name], values or None).fetchone()

    def check_tenant(self, tenant: str) -> None:
        """Refuse a tenant that is not there."""
        if not self._one("tenant_exists", tenant=tenant):
            raise no_such_tenant(tenant)

    def has_campaign(self, campaign: str, *, after: int = 0) -> bool:
        """Whether any entry, or any after that number, is of that campaign."""
        return self._one("has_campaign", campaign=campaign, after=after) is not None

    def log_export(self, scope: Scope, *, by: str, decision: str, reason: str, status: str) -> int:
        """Write down who exported what; the number of that entry."""
        told = {"actor": by, "scope": scope.sentence, "campaign": scope.campaign, "decision": decision}
        row = self._one("log_export", **told, reason=reason, status=status)
        assert row is not None
        return int(row["seq"])

    def head(self) -> Row | None:
        """Number and hash of the newest entry."""
        return self._one("head")

    def hash_of(self, seq: int) -> str | None:
        """The hash of an entry, if it is there."""
        row = self._one("hash_of", seq=seq)
        return row["hash"] if row else None

    def stretch(self, scope: Scope, until_seq: int) -> Row:
        """First and last number within the scope's time, how many entries lie there and how many are shown."""
        window: dict[str, datetime | None] = {"since": scope.since, "until": scope.until}
        found = self._one("stretch", campaign=scope.campaign, until_seq=until_seq, **window) or {}
        if not found["entries"]:
            return found
        return found | (self._one("ends", first=found["first"], last=found["last"]) or {})

    def write(self, scope: Scope, first: int, last: int, file: BinaryIO) -> None:
        """The entries as they were hashed, byte for byte; of other campaigns only what proves them."""
        # COPY takes no parameters from the server's side.
        cursor = psycopg.ClientCursor(self._connection)
        values = {"campaign": scope.campaign, "withheld": WITHHELD.decode(), "first": first, "last": last}
        file.write(HEADER)
        with cursor.copy(QUERIES["export"], values) as blocks:
            for block in blocks:
                file.write(block)

    def newest_decisions(self, campaign: str) -> int | None:
        """The newest run in which the audience of the campaign was decided on."""
        found = self._one("decided_runs", campaign=campaign)
        return found["run"] if found else None

    def write_decisions(self, campaign: str, run: int, file: BinaryIO) -> None:
        """Who was decided on how, as it was when the ledger took its digest."""
        cursor = psycopg.ClientCursor(self._connection)
        with cursor.copy(QUERIES["decisions"], {"campaign": campaign, "run": run}) as blocks:
            for block in blocks:
                file.write(block)

    def latest(self, *, campaign: str | None, before: int | None, most: int) -> list[Row]:
        """The newest entries, newest first."""
        values = {"campaign": campaign, "before": before, "most": most}
        return self._connection.execute(QUERIES["latest"], values).fetchall()

    def entries(self, wanted: Filters, *, before: int | None, most: int) -> list[Row]:
        """The entries that pass the filters, newest first."""
        values = {**wanted.values(), "before": before, "most": most}
        return self._connection.execute(QUERIES["entries"], values).fetchall()
