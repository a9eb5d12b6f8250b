"""Requests, answers, feedback and roles in the database, each change with its entry in the audit ledger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from pipelines.contracts import Refusal, no_such_tenant
from pipelines.database import Connection, Queries
from pipelines.review.deciding import Answer, Office, Standing, standing_of

QUERIES = Queries(Path(__file__).with_name("queries.sql"))
SYSTEM = "liftline"

Row = dict[str, Any]


@contextmanager
def kept_by_the_database() -> Iterator[None]:
    """What a trigger refuses, because somebody was quicker or because a rule was missed, is a refusal to the caller."""
    try:
        yield
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.CheckViolation) as error:
        raise Refusal(error.diag.message_primary or "The database refused this.") from error
    except psycopg.errors.UniqueViolation as error:
        raise Refusal("Somebody else was quicker; look again and decide anew.") from error


def require_tenant(connection: Connection, tenant: str) -> None:
    """Refuse a tenant that does not exist."""
    if connection.execute(QUERIES["tenant_exists"]).fetchone() is None:
        raise no_such_tenant(tenant)


def has(connection: Connection, what: str) -> bool:
    """Whether there is a campaign or a variant of that id."""
    return bool(_one(connection, "has", what=what)["yes"])


def campaign(connection: Connection, campaign_id: str) -> Row:
    """The campaign of that id."""
    row = connection.execute(QUERIES["campaign"], {"campaign_id": campaign_id}).fetchone()
    if row is None:
        raise Refusal(f"There is no campaign {campaign_id}; `liftline campaign prepare` makes one.")
    return row


def queue(connection: Connection, limit: int) -> list[Row]:
    """The newest campaigns with where the approval of each stands."""
    return connection.execute(QUERIES["queue"], {"most": limit}).fetchall()


def what_stands(connection: Connection, campaign_id: str) -> Row:
    """What would be approved now, its hash, and what stands in the way of asking."""
    return _one(connection, "what_stands", campaign_id=campaign_id)


def approvable_copy(connection: Connection, campaign_id: str) -> list[str]:
    """The text of every variant that would be approved."""
    rows = connection.execute(QUERIES["approvable_copy"], {"campaign_id": campaign_id}).fetchall()
    return [row["copy"] for row in rows]


def wait_to_ask(connection: Connection, campaign_id: str) -> None:
    """Two who ask at once ask one after the other."""
    connection.execute(QUERIES["one_who_asks"], {"campaign_id": campaign_id})


def ask(connection: Connection, request: Mapping[str, Any], *, again: bool) -> None:
    """Enter a request, or open one anew that was void or expired."""
    values = {**request, "content": Jsonb(request["content"]), "needs": list(request["needs"])}
    connection.execute(QUERIES["ask_again" if again else "ask"], values)
    connection.execute(QUERIES["ask_for_variants"], values)


def escalate(connection: Connection, campaign_id: str, approved_hash: str, reason: str) -> None:
    """Put the question into the review queue."""
    values = {"campaign_id": campaign_id, "approved_hash": approved_hash, "reason": reason}
    connection.execute(QUERIES["escalate"], values)


def settle_escalation(connection: Connection, campaign_id: str, *, by: str, settlement: str, note: str) -> None:
    """Take the question off the review queue."""
    values = {"campaign_id": campaign_id, "by": by, "settlement": settlement, "note": note}
    connection.execute(QUERIES["settle_escalation"], values)


def sweep(connection: Connection, campaign_id: str) -> list[Row]:
    """Settle what is void by a change or expired by silence; what was settled."""
    return connection.execute(QUERIES["sweep"], {"campaign_id": campaign_id}).fetchall()


def standing(connection: Connection, campaign_id: str) -> Standing:
    """Where the campaign stands, once it was swept."""
    request = connection.execute(QUERIES["newest_request"], {"campaign_id": campaign_id}).fetchone()
    if request is None:
        return standing_of(campaign_id, None, (), _one(connection, "moment")["moment"])
    rows = connection.execute(QUERIES["answers"], {"campaign_id": campaign_id, **_round(request)}).fetchall()
    answers = [
        Answer(
            row["stage"], row["role"], row["decided_by"], row["decision"], row["comment"], row["decided_at"], row["via"]
        )
        for row in rows
    ]
    return standing_of(campaign_id, request, answers, request["moment"])


def person(connection: Connection, standing: Standing, by: str) -> tuple[list[Office], bool]:
    """What this person may decide of the request, and whether they had a hand in the campaign."""
    values = {"campaign_id": standing.campaign_id, "approved_hash": standing.approved_hash, "by": by}
    row = _one(connection, "person", **values)
    return [Office(stage, role) for stage, role in row["offices"]], row["made_it"]


def who_may_answer(connection: Connection, standing: Standing) -> list[str]:
    """The people who may decide one of the stages of the request."""
    values = {"campaign_id": standing.campaign_id, "approved_hash": standing.approved_hash}
    return [row["user_name"] for row in connection.execute(QUERIES["who_may_answer"], values)]


def answer(connection: Connection, standing: Standing, office: Office, **told: str) -> None:
    """Enter an answer; the database settles the request when it was the last that was missing."""
    values = {"campaign_id": standing.campaign_id, "approved_hash": standing.approved_hash}
    connection.execute(QUERIES["answer"], {**values, "stage": office.stage, "role": office.role, **told})


def log(
    connection: Connection,
    action: str,
    decision: str,
    *,
    actor: str,
    reason: str,
    about: str,
    campaign_id: str | None = None,
    content_hash: str | None = None,
    policy_version: str | None = None,
) -> None:
    """One entry in the audit ledger, in the transaction of what it tells."""
    values = {
        "actor": actor, "actor_kind": "system" if actor == SYSTEM else "person", "action": action,
        "decision": decision, "reason": reason, "object": about, "campaign_id": campaign_id,
        "content_hash": content_hash, "policy_version": policy_version,
    }  # fmt: skip
    connection.execute(QUERIES["log"], values)


def variants_of(connection: Connection, campaign_id: str) -> list[Row]:
    """The newest version of every variant, with its screening and what people said."""
    return connection.execute(QUERIES["variants_of"], {"campaign_id": campaign_id}).fetchall()


def newest_versions(connection: Connection, variants: Sequence[str]) -> list[Row]:
    """The newest version of each of these variants; refused if one is not there."""
    rows = connection.execute(QUERIES["newest_versions"], {"variants": list(variants)}).fetchall()
    if missing := sorted(set(variants) - {row["variant_id"] for row in rows}):
        raise Refusal(f"There is no variant {', '.join(missing)}; `liftline review show` lists them.")
    return rows


def give_feedback(connection: Connection, rows: Sequence[Row], feedback: Mapping[str, Any]) -> None:
    """Enter what one person says of these versions."""
    versions = {"variants": [row["variant_id"] for row in rows], "versions": [row["version"] for row in rows]}
    connection.execute(QUERIES["give_feedback"], {**feedback, **versions})


def feedback_of(connection: Connection, variant_id: str) -> list[Row]:
    """Everything that was said of a variant, in order."""
    return connection.execute(QUERIES["feedback_of"], {"variant_id": variant_id}).fetchall()


def roles_of(connection: Connection, user: str) -> tuple[str, ...]:
    """The roles that a person holds."""
    return tuple(_one(connection, "roles_of", user=user)["roles"] or ())


def grant(connection: Connection, user: str, role: str, by: str) -> bool:
    """Give a role; False if they held it already."""
    return connection.execute(QUERIES["grant"], {"user": user, "role": role, "by": by}).rowcount == 1


def revoke(connection: Connection, user: str, role: str, by: str) -> bool:
    """Take a role away; False if they did not hold it."""
    return connection.execute(QUERIES["revoke"], {"user": user, "role": role, "by": by}).rowcount == 1


def grants(connection: Connection, *, ended: bool) -> list[Row]:
    """Who holds which role, and with `ended` also who held one."""
    return connection.execute(QUERIES["grants"], {"ended": ended}).fetchall()


def _round(request: Row) -> Row:
    return {name: request[name] for name in ("approved_hash", "round")}


def _one(connection: Connection, name: str, **values: Any) -> Row:
    row = connection.execute(QUERIES[name], values).fetchone()
    assert row is not None
    return row
