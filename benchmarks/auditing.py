"""The audit ledger: appends beside plain inserts of the same rows, and how fast an export is verified."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from benchmarks.harness import Comparison, Contender
from pipelines.audit.scope import Scope
from pipelines.audit.store import Ledger
from pipelines.audit.verify_audit import walk, walk_file
from pipelines.database import APP, OWNER, Connection, Database
from pipelines.services import Services
from pipelines.tenants.run import create_tenant

TENANT = "bench-audit"
BATCH = 20_000
TEXTS = (
    "actor", "actor_kind", "action", "object", "campaign_id", "subject_id", "content_hash", "model", "prompt_version",
    "policy_version", "decision", "reason", "execution_status",
)  # fmt: skip
TYPES = {
    **dict.fromkeys(TEXTS, "text"),
    "passage_ids": "text[]",
    "severities": "jsonb",
    "guardrails": "jsonb",
    "confidence": "double precision",
}
ROWS = """
    SELECT
        'screening' AS actor, 'system' AS actor_kind, 'screen' AS action, 'variant v' || n AS object,
        'spring-2026' AS campaign_id, 'c' || n AS subject_id, encode(sha256(n::text::bytea), 'hex') AS content_hash,
        'offline-1' AS model, 'prompt-3' AS prompt_version, 'policy-7' AS policy_version, 'pass' AS decision,
        'Nothing was found that the policy forbids.' AS reason, 'done' AS execution_status,
        ARRAY['a1b2c3d4', 'e5f6a7b8'] AS passage_ids, '{"hate": 0, "violence": 2}'::jsonb AS severities,
        '{"spam": "pass", "consent": "pass"}'::jsonb AS guardrails, 0.87::double precision AS confidence
    FROM generate_series(%s::int, %s::int) AS n
"""
NAMES = ", ".join(TYPES)
NAMED = ", ".join(f"{name} => {name}" for name in TYPES)
AS_ROWS = f"jsonb_to_recordset(%s) AS told ({', '.join(f'{name} {kind}' for name, kind in TYPES.items())})"
PLAIN = f"INSERT INTO bench_plain_audit (tenant_id, {NAMES}) SELECT current_setting('liftline.tenant'), {NAMES} FROM "
APPEND = f"SELECT append_audit(array_agg(audit_entry({NAMED}))) FROM "


def appending(services: Services, rows: int) -> Comparison:
    """The comparison of appends, in batches of one transaction each."""
    database = services.database
    _make_tables(database)
    batches = _batches(database, rows)
    one_by_one = PLAIN.split(" SELECT ")[0] + f" VALUES (current_setting('liftline.tenant'), {_marks()})"

    def from_client(statement: str) -> None:
        for batch in batches:
            with _fresh(database) as connection:
                connection.execute(statement + AS_ROWS, (batch,))

    def from_tables(statement: str) -> None:
        for first in range(1, rows + 1, BATCH):
            with _fresh(database) as connection:
                connection.execute(f"{statement} ({ROWS}) AS told", (first, min(first + BATCH - 1, rows)))

    def many(_: int) -> None:
        for batch in batches:
            with _fresh(database) as connection, connection.cursor() as cursor:
                cursor.executemany(one_by_one, [_values(row) for row in json.loads(batch)])

    return Comparison(
        f"{rows:,} decisions logged, {BATCH:,} a transaction",
        [
            Contender("plain INSERT of the same rows, from JSON", lambda _: from_client(PLAIN)),
            Contender("append_audit of the same rows, from JSON", lambda _: from_client(APPEND)),
            Contender("plain INSERT by executemany, as programs do", many),
            Contender("plain INSERT ... SELECT of rows made in the database", lambda _: from_tables(PLAIN)),
            Contender("append_audit of rows made in the database", lambda _: from_tables(APPEND)),
        ],
        "appends at least half as fast as plain inserts",
    )


def verifying(services: Services, rows: int) -> Comparison:
    """The comparison of a walk along the chain with one hash of the same bytes."""
    path = _ledger_file(services, rows)

    def hashing(_: int) -> None:
        with path.open("rb") as file:
            hashlib.file_digest(file, "sha256")

    def ours(_: int) -> None:
        assert walk_file(path, None, {}).last == rows

    def alone(_: int) -> None:
        with path.open("rb") as file:
            file.readline()
            walk(file)

    return Comparison(
        f"An export of {rows:,} entries verified ({path.stat().st_size / 1e6:.0f} MB)",
        [
            Contender("bare SHA-256 of the file", hashing),
            Contender("liftline audit verify, and the standalone verifier", ours),
            Contender("the same on one processor", alone),
        ],
        f"500,000 entries a second: under {rows / 500_000:.1f} s",
    )


def _make_tables(database: Database) -> None:
    columns = ", ".join(f"{name} {kind}" for name, kind in TYPES.items())
    mine = "tenant_id = current_setting('liftline.tenant', true)"
    with database.connect(OWNER) as connection:
        connection.execute("INSERT INTO tenants VALUES (%s, 'Benchmark') ON CONFLICT DO NOTHING", (TENANT,))
        for statement in (
            "DROP TABLE IF EXISTS bench_plain_audit",
            "CREATE TABLE bench_plain_audit (tenant_id text, seq bigint GENERATED ALWAYS AS IDENTITY, "
            f"occurred_at timestamptz DEFAULT clock_timestamp(), {columns}, PRIMARY KEY (tenant_id, seq))",
            "ALTER TABLE bench_plain_audit ENABLE ROW LEVEL SECURITY",
            "ALTER TABLE bench_plain_audit FORCE ROW LEVEL SECURITY",
            f"CREATE POLICY own_tenant ON bench_plain_audit USING ({mine}) WITH CHECK ({mine})",
            f"GRANT SELECT, INSERT ON bench_plain_audit TO {APP}",
        ):
            connection.execute(statement)


def _batches(database: Database, rows: int) -> list[str]:
    with database.connect() as connection:
        return [
            connection.execute(
                f"SELECT jsonb_agg(to_jsonb(told))::text AS told FROM ({ROWS}) AS told",
                (first, min(first + BATCH - 1, rows)),
            ).fetchone()["told"]  # type: ignore[index]
            for first in range(1, rows + 1, BATCH)
        ]


def _marks() -> str:
    return ", ".join(f"%({name})s" for name in TYPES)


def _values(row: dict[str, object]) -> dict[str, object]:
    return {name: json.dumps(value) if TYPES[name] == "jsonb" else value for name, value in row.items()}


@contextmanager
def _fresh(database: Database) -> Iterator[Connection]:
    with database.transaction(TENANT) as connection:
        yield connection


def _ledger_file(services: Services, rows: int) -> Path:
    """An entries.csv of a ledger of its own, made once."""
    path = services.settings.liftline_home / f"audit-{rows}.csv"
    if not path.exists():
        tenant = create_tenant(services.database, f"bench-{uuid4().hex[:12]}").tenant_id
        for first in range(1, rows + 1, BATCH):
            with services.database.transaction(tenant) as connection:
                connection.execute(f"{APPEND} ({ROWS}) AS told", (first, min(first + BATCH - 1, rows)))
        with services.database.transaction(tenant) as connection, path.open("wb") as file:
            Ledger(connection).write(Scope(tenant), 1, rows, file)
    return path
