"""Who comes in: the roles of a person in each tenant, and the tenant and roles that an API key stands for."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from psycopg.errors import ForeignKeyViolation

from pipelines.contracts import ROLES, Refusal, no_such_tenant
from pipelines.database import Connection, Database, Queries

QUERIES = Queries(Path(__file__).with_name("queries.sql"))

KEY = re.compile(r"ll_([0-9a-f]{16})_([A-Za-z0-9_-]{43})")
LONGEST_LIFE = timedelta(days=366)

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """What a valid API key stands for."""

    key_id: str
    tenant: str
    roles: frozenset[str]
    used: int


@dataclass(frozen=True, slots=True)
class People:
    """Grants and keys as the database holds them at this moment; nothing is remembered between two questions."""

    database: Database
    clock: Callable[[], datetime]

    def roles_of(self, user: str) -> Mapping[str, frozenset[str]]:
        """Each tenant in which the person has roles, with those roles."""
        with self.database.lent() as connection:
            rows = connection.execute(QUERIES["roles_of"], {"user": user}).fetchall()
        return {row["tenant_id"]: frozenset(row["roles"]) for row in rows}

    def holder_of(self, key: str) -> KeyHolder | None:
        """Whom a key lets in, and how often it came in this minute; None if it is unknown, expired or revoked."""
        parts = KEY.fullmatch(key)
        if parts is None:
            return None
        key_id, secret = parts.groups()
        told = {"key_id": key_id, "secret_hash": _hashed(secret), "now": self.clock()}
        with self.database.lent() as connection:
            row = connection.execute(QUERIES["key_comes_in"], told).fetchone()
        return KeyHolder(key_id, row["tenant_id"], frozenset(row["roles"]), row["used"]) if row else None

    def keys(self, tenant: str, *, most: int = 200) -> list[Row]:
        """The keys of a tenant without their secrets, newest first."""
        with self.database.transaction(tenant) as connection:
            return connection.execute(QUERIES["api_keys"], {"most": most}).fetchall()

    def make_key(self, tenant: str, *, name: str, roles: Iterable[str], days: int, by: str) -> Row:
        """A new key; its secret is shown once, here, and only a hash of it is kept."""
        try:
            with self.database.transaction(tenant) as connection:
                return self._made(connection, name, _known(roles), self._end_after(days), by, None)
        except ForeignKeyViolation as error:
            raise no_such_tenant(tenant) from error

    def rotate_key(self, tenant: str, key_id: str, *, days: int, grace_hours: int, by: str) -> Row:
        """A new key with the name and roles of an old one, which ends after the grace."""
        now = self.clock()
        with self.database.transaction(tenant) as connection:
            old = connection.execute(QUERIES["open_key"], {"key_id": key_id, "now": now}).fetchone()
            if old is None:
                raise Refusal(f"There is no key {key_id} in force; make a new one.")
            connection.execute(QUERIES["end_key"], {"key_id": key_id, "at": now + timedelta(hours=grace_hours)})
            return self._made(connection, old["name"], tuple(old["roles"]), self._end_after(days), by, key_id)

    def revoke_key(self, tenant: str, key_id: str, *, by: str) -> bool:
        """End a key at once; False if there is none in force."""
        with self.database.transaction(tenant) as connection:
            told = {"key_id": key_id, "now": self.clock()}
            if not connection.execute(QUERIES["revoke_key"], told).rowcount:
                return False
            _log(connection, "api_key.revoke", "revoked", key_id, by, "asked for")
        return True

    def _end_after(self, days: int) -> datetime:
        life = timedelta(days=days)
        if not timedelta(0) < life <= LONGEST_LIFE:
            raise Refusal(f"A key lives between 1 and {LONGEST_LIFE.days} days; {days} is not between them.")
        return self.clock() + life

    def _made(
        self, connection: Connection, name: str, roles: tuple[str, ...], end: datetime, by: str, replaces: str | None
    ) -> Row:
        key_id, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
        told = {"key_id": key_id, "name": name, "roles": list(roles), "by": by, "now": self.clock()}
        told |= {"secret_hash": _hashed(secret), "expires_at": end, "replaces": replaces}
        connection.execute(QUERIES["make_key"], told)
        _log(connection, "api_key.make", "made", key_id, by, f"roles {', '.join(roles)} until {end:%Y-%m-%d}")
        shown = {"key_id": key_id, "name": name, "roles": list(roles), "expires_at": end, "replaces": replaces}
        return {**shown, "key": f"ll_{key_id}_{secret}"}


def _known(roles: Iterable[str]) -> tuple[str, ...]:
    asked = tuple(dict.fromkeys(roles))
    if unknown := [role for role in asked if role not in ROLES]:
        raise Refusal(f"There is no role {', '.join(unknown)}; known are {', '.join(ROLES)}.")
    if not asked:
        raise Refusal(f"A key needs at least one role of {', '.join(ROLES)}.")
    return asked


def _hashed(secret: str) -> str:
    # 256 random bits cannot be guessed, so a slow hash would only slow each request.
    return hashlib.sha256(secret.encode()).hexdigest()


def _log(connection: Connection, action: str, decision: str, key_id: str, by: str, reason: str) -> None:
    told = {"action": action, "decision": decision, "key_id": f"key {key_id}", "by": by, "reason": reason}
    connection.execute(QUERIES["log_key"], told)
