"""Screenings and the review queue in the database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from psycopg.types.json import Jsonb

from pipelines.contracts import Refusal, no_such_tenant
from pipelines.database import Connection, Database, Queries, Session, held

QUERIES = Queries(Path(__file__).with_name("queries.sql"))

Row = dict[str, Any]
Locales = dict[tuple[str, str, str], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Which:
    """Versions of variants, in the order of their texts, so that nobody waits crosswise."""

    variant_ids: tuple[str, ...]
    versions: tuple[int, ...]

    @classmethod
    def of(cls, rows: Sequence[Row]) -> Which:
        """Those of the rows, in their order."""
        return cls(tuple(row["variant_id"] for row in rows), tuple(row["version"] for row in rows))

    def __len__(self) -> int:
        return len(self.variant_ids)

    def cut(self, most: int) -> Iterator[Which]:
        """The same in pieces."""
        for at in range(0, len(self), most):
            yield Which(self.variant_ids[at : at + most], self.versions[at : at + most])

    @property
    def values(self) -> dict[str, list[Any]]:
        """As a statement takes them."""
        return {"variant_ids": list(self.variant_ids), "versions": list(self.versions)}


def require_tenant(connection: Connection) -> None:
    """Refuse a tenant that is not there."""
    if _one(connection, "tenant_exists") is None:
        tenant = connection.execute("SELECT current_setting('liftline.tenant') AS mine").fetchone()
        raise no_such_tenant(tenant["mine"] if tenant else "")


def require_campaign(connection: Connection, campaign_id: str) -> None:
    """Refuse a campaign that is not there."""
    require_tenant(connection)
    if _one(connection, "campaign_exists", campaign_id=campaign_id) is None:
        raise Refusal(f"There is no campaign {campaign_id}; draft one first.")


def bring_into_force(connection: Connection, version: str, thresholds: Row, actor: str, now: datetime) -> None:
    """Make this version the one that counts, and log it; nothing happens where it is."""
    if _one(connection, "bring_into_force", version=version, now=now):
        _one(connection, "log_policy", version=version, thresholds=Jsonb(thresholds), actor=actor)


def unscreened(
    connection: Connection, policy_version: str, *, campaign_id: str | None = None, variant_ids: Sequence[str] = ()
) -> Which:
    """The newest variants that are still to be screened, or to be told of."""
    wanted = {"campaign_id": campaign_id, "variant_ids": list(variant_ids), "policy_version": policy_version}
    return Which.of(connection.execute(QUERIES["unscreened"], wanted).fetchall())


def candidates(connection: Connection, which: Which, policy_version: str, now: datetime) -> list[Row]:
    """Everything that is known of these variants."""
    values = {**which.values, "policy_version": policy_version, "today": now.date()}
    return connection.execute(QUERIES["candidates"], values).fetchall()


def recipient_locales(connection: Connection, which: Which) -> Locales:
    """What the people of each campaign's audience units speak."""
    rows = connection.execute(QUERIES["recipient_locales"], {"variant_ids": list(which.variant_ids)}).fetchall()
    return {(row["campaign_id"], row["unit_kind"], row["unit_id"]): tuple(row["locales"]) for row in rows}


def keep_screenings(connection: Connection, decided: Sequence[Row], judge: Row) -> list[str]:
    """Enter decisions, and say of which texts: one that was decided meanwhile stays as it is."""
    rows = connection.execute(QUERIES["keep_screenings"], {**judge, "decided": Jsonb(list(decided))}).fetchall()
    return [row["content_hash"] for row in rows]


def keep_screened_variants(connection: Connection, which: Which, judge: Row) -> Which:
    """Enter for which variants a screening holds; those that were not entered before."""
    rows = connection.execute(QUERIES["keep_screened_variants"], {**judge, **which.values}).fetchall()
    return Which.of(rows)


def log_screenings(connection: Connection, listed: Which, fresh: Sequence[str], judge: Row, thresholds: Row) -> None:
    """One entry in the ledger for each of these variants, and for each whose text is one of these."""
    values = {**judge, **listed.values, "fresh": list(fresh), "thresholds": Jsonb(thresholds)}
    _one(connection, "log_screenings", **values)


def to_escalate(connection: Connection, listed: Which, fresh: Sequence[str], policy_version: str) -> list[Row]:
    """What of the same waits for a person."""
    values = {**listed.values, "fresh": list(fresh), "policy_version": policy_version}
    return connection.execute(QUERIES["to_escalate"], values).fetchall()


def escalate(connection: Connection, escalations: Sequence[Row], now: datetime) -> int:
    """Put these into the queue; what waits there already is not put twice."""
    told = [{**one, "due_at": one["due_at"].isoformat()} for one in escalations]
    return connection.execute(QUERIES["escalate"], {"escalations": Jsonb(told), "now": now}).rowcount


def void_stale(connection: Connection, campaign_id: str, now: datetime) -> None:
    """Close questions that nobody needs to answer any more."""
    _settled(connection, "void_stale", campaign_id=campaign_id, now=now)


def expire_overdue(connection: Connection, now: datetime) -> int:
    """Settle what nobody decided in time; how many."""
    return _settled(connection, "expire_overdue", now=now)


def coverage(connection: Connection, campaign_id: str) -> Row:
    """How many of the campaign's drafted variants were screened, and how they ended."""
    row = _one(connection, "coverage", campaign_id=campaign_id)
    assert row is not None
    return row


def screened(connection: Connection, *, campaign_id: str | None = None, variant_ids: Sequence[str] = ()) -> list[Row]:
    """The newest drafted variants with what was decided."""
    wanted = {"campaign_id": campaign_id, "variant_ids": list(variant_ids)}
    return connection.execute(QUERIES["screened"], wanted).fetchall()


def screening_of(connection: Connection, content_hash: str, by: str) -> Row | None:
    """The screening that counts, held for this transaction, and whether that person made the text."""
    return _one(connection, "screening_of", content_hash=content_hash, by=by)


def release(
    connection: Connection, content_hash: str, policy_version: str, by: str, reason: str, now: datetime
) -> None:
    """Let a text pass that waited for a person."""
    values = {"content_hash": content_hash, "policy_version": policy_version, "by": by, "reason": reason, "now": now}
    connection.execute(QUERIES["release"], values)


def settle_content(
    connection: Connection, content_hash: str, policy_version: str, settlement: str, by: str, reason: str, now: datetime
) -> int:
    """Close and log every question about a text that is open in time; how many there were."""
    values = {"content_hash": content_hash, "settlement": settlement, "by": by, "reason": reason, "now": now}
    return _settled(connection, "settle_content", policy_version, **values)


def question(connection: Connection, escalation_id: str, by: str) -> Row | None:
    """A question by its id, held for this transaction, and whether that person made the campaign it is about."""
    return _one(connection, "question", escalation_id=escalation_id, by=by)


def settle_question(
    connection: Connection, escalation_id: str, settlement: str, by: str, reason: str, now: datetime
) -> None:
    """Close and log an open question."""
    said = {"escalation_id": escalation_id, "settlement": settlement, "by": by, "reason": reason}
    _settled(connection, "settle_question", None, now=now, **said)


def has_role(connection: Connection, who: str, roles: Sequence[str]) -> bool:
    """Whether the person holds one of the roles in the tenant."""
    row = _one(connection, "has_role", who=who, roles=list(roles))
    return bool(row and row["held"])


def open_escalations(connection: Connection, now: datetime) -> list[Row]:
    """What waits for a person, the most urgent first."""
    return connection.execute(QUERIES["open_escalations"], {"now": now}).fetchall()


@contextmanager
def only_teller(database: Database, tenant: str) -> Iterator[Session | None]:
    """A session in which nobody else sends this tenant's notices; None if somebody does."""
    with database.session(tenant) as session, held(session.connection, f"liftline.notices {tenant}") as ours:
        yield session if ours else None


def untold(connection: Connection, now: datetime) -> list[Row]:
    """What nobody was told of, by kind and campaign."""
    return connection.execute(QUERIES["untold"], {"now": now}).fetchall()


def told(connection: Connection, ids: Sequence[str], now: datetime) -> None:
    """People know of these."""
    connection.execute(QUERIES["told"], {"ids": list(ids), "now": now})


def _settled(connection: Connection, name: str, policy_version: str | None = None, **values: Any) -> int:
    ids = [row["escalation_id"] for row in connection.execute(QUERIES[name], values).fetchall()]
    if ids:
        _one(connection, "log_settled", ids=ids, policy_version=policy_version)
    return len(ids)


def _one(connection: Connection, name: str, **values: Any) -> Row | None:
    row: Mapping[str, Any] | None = connection.execute(QUERIES[name], values or None).fetchone()
    return dict(row) if row is not None else None
