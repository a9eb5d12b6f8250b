"""Versions, decisions, measurements and scores in the database, inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from psycopg.types.json import Jsonb

from pipelines.contracts import Refusal, no_such_tenant
from pipelines.database import Connection, Queries
from pipelines.learning.promotion import Verdict

QUERIES = Queries(Path(__file__).with_name("queries.sql"))

Row = dict[str, Any]
TO_BE_SEEN_WITHIN = timedelta(days=3)


def begin(connection: Connection, tenant: str, model: str) -> None:
    """Refuse a tenant that is not there; one run at a time decides on a model."""
    if connection.execute(QUERIES["tenant_exists"]).fetchone() is None:
        raise no_such_tenant(tenant)
    connection.execute(QUERIES["one_at_a_time"], {"model": model})


def champion(connection: Connection, model: str) -> Row | None:
    """The version that is live."""
    return connection.execute(QUERIES["champion"], {"model": model}).fetchone()


def version(connection: Connection, model: str, number: int) -> Row:
    """One version."""
    found = connection.execute(QUERIES["version"], {"model": model, "version": number}).fetchone()
    if found is None:
        raise Refusal(f"There is no version {number} of the model {model}; see `liftline learning list`.")
    return found


def of_data(connection: Connection, model: str, data_hash: str, code: str) -> Row | None:
    """The version that was learnt from exactly these data by exactly this code."""
    told = {"model": model, "data_hash": data_hash, "code_version": code}
    return connection.execute(QUERIES["of_data"], told).fetchone()


def keep_version(connection: Connection, row: Mapping[str, Any]) -> int:
    """Enter a version under the next number."""
    found = connection.execute(QUERIES["next_version"], {"model": row["model"]}).fetchone()
    assert found is not None
    number: int = found["version"]
    told = {**row, "version": number, "features": Jsonb(row["features"]), "metrics": Jsonb(row["metrics"])}
    connection.execute(QUERIES["keep_version"], told)
    return number


def set_state(connection: Connection, model: str, number: int, state: str) -> None:
    """What has become of a version."""
    connection.execute(QUERIES["set_state"], {"model": model, "version": number, "state": state})


def decision_on(connection: Connection, model: str, number: int) -> Row | None:
    """What was decided when this version was trained."""
    return connection.execute(QUERIES["decision_on"], {"model": model, "version": number}).fetchone()


def newest_decision(connection: Connection, model: str) -> Row | None:
    """What was decided last."""
    return connection.execute(QUERIES["newest_decision"], {"model": model}).fetchone()


def decide(
    connection: Connection,
    model: str,
    verdict: Verdict,
    *,
    number: int | None,
    before: int | None,
    after: int | None,
    by: str,
    now: datetime,
) -> None:
    """Enter a decision, here and in the ledger."""
    told = {
        "model": model, "version": number, "before": before, "after": after, "decision": verdict.decision,
        "code": verdict.code, "reason": verdict.reason, "evidence": Jsonb(dict(verdict.evidence)), "by": by, "now": now,
    }  # fmt: skip
    connection.execute(QUERIES["decide"], told)
    log(
        connection, "model.decide", verdict.decision, by=by, reason=verdict.reason, about=model,
        model=f"{model} {number}" if number else model,
    )  # fmt: skip


def log(
    connection: Connection,
    action: str,
    decision: str,
    *,
    by: str,
    reason: str,
    about: str,
    model: str | None = None,
    prompt_version: str | None = None,
) -> None:
    """One entry in the audit ledger; the nightly run is a system, everybody else a person."""
    told = {
        "action": action, "decision": decision, "by": by, "reason": reason, "object": about, "model": model,
        "kind": "system" if by == "airflow" else "person", "prompt_version": prompt_version,
    }  # fmt: skip
    connection.execute(QUERIES["log"], told)


def predecessor(connection: Connection, model: str) -> int | None:
    """The version to go back to."""
    found = connection.execute(QUERIES["predecessor"], {"model": model}).fetchone()
    return found["version"] if found else None


def escalate(connection: Connection, model: str, reason: str, now: datetime) -> None:
    """Have people told that a model was taken out: the notice waits until it has arrived."""
    told = {"model": model, "reason": reason, "now": now, "due": now + TO_BE_SEEN_WITHIN}
    connection.execute(QUERIES["escalate"], told)


def is_measured(connection: Connection, model: str, number: int, as_of: datetime) -> bool:
    """Whether the champion was measured as of this moment."""
    told = {"model": model, "version": number, "as_of": as_of}
    return connection.execute(QUERIES["measured"], told).fetchone() is not None


def measure(
    connection: Connection,
    model: str,
    number: int,
    as_of: datetime,
    metrics: Mapping[str, Any],
    verdict: tuple[str, str],
) -> None:
    """Enter how the champion does."""
    told = {
        "model": model, "version": number, "as_of": as_of, "rows": metrics["rows"], "metrics": Jsonb(dict(metrics)),
        "verdict": verdict[0], "reason": verdict[1],
    }  # fmt: skip
    connection.execute(QUERIES["measure"], told)


def listed(connection: Connection, name: str, model: str | None) -> list[Row]:
    """Versions, decisions or measurements, the newest first."""
    return connection.execute(QUERIES[name], {"model": model}).fetchall()


def is_scored(connection: Connection, model: str, number: int, as_of: datetime) -> int:
    """How many customers have a score of this version as of this moment."""
    told = {"model": model, "version": number, "as_of": as_of}
    found = connection.execute(QUERIES["scored"], told).fetchone()
    return found["customers"] if found else 0


def keep_scores(
    connection: Connection, model: str, number: int, as_of: datetime, ids: Sequence[str], scores: Sequence[float]
) -> int:
    """The newest score of everybody; whoever has none any more is forgotten."""
    connection.execute(QUERIES["stage_scores"])
    with connection.cursor() as cursor, cursor.copy("COPY new_scores FROM STDIN") as copying:
        copying.write("".join(f"{one}\t{score!r}\n" for one, score in zip(map(_plain, ids), scores, strict=True)))
    told = {"model": model, "version": number, "as_of": as_of}
    connection.execute("ANALYZE new_scores")
    connection.execute(QUERIES["merge_scores"], told)
    connection.execute(QUERIES["forget_scores"], told)
    connection.execute("DROP TABLE new_scores")
    return len(ids)


def _plain(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
