"""A ledger to write to, to tamper with as a superuser, and to lay out as the file that is verified."""

import io
import itertools
import json
import sys
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from psycopg.rows import tuple_row

from pipelines.audit import run, verify_audit
from pipelines.audit.archive import Archive
from pipelines.audit.run import Verdict
from pipelines.audit.scope import Scope
from pipelines.audit.store import Ledger

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)

APPEND = """
SELECT append_audit(array_agg(audit_entry(
    actor => 'screening', actor_kind => 'system', action => 'screen', object => 'variant v' || n,
    campaign_id => %(campaign)s, subject_id => 'c' || n, decision => (ARRAY['pass', 'review', 'block'])[1 + mod(n, 3)],
    reason => 'Nothing is wrong with number ' || n || ', "really".', content_hash => repeat(to_hex(mod(n, 16)), 64),
    model => 'offline-1', prompt_version => 'p3', passage_ids => ARRAY['a1', 'b2'], severities => '{"hate": 0}',
    blocklist_hits => ARRAY['act now'], thresholds => '{"block": 4}', policy_version => 'policy-7',
    guardrails => '{"spam": "pass"}', confidence => 0.875, overrides => 'block', override_reason => 'a place name',
    execution_status => 'done'
) ORDER BY n)) AS seq
FROM generate_series(1, %(entries)s::int) AS n
"""


@dataclass
class Book:
    """One tenant's ledger under test."""

    archive: Archive
    tenant: str
    folder: Path

    def append(self, entries: int, campaign: str | None = "spring") -> int:
        with self.archive.database.transaction(self.tenant) as connection:
            values = {"entries": entries, "campaign": campaign}
            return connection.execute(APPEND, values).fetchone()["seq"]

    def tamper(self, statement: str, *values: object) -> None:
        """What only a superuser can do: switch the guards off and change what was written."""
        with self.archive.database.administer() as connection:
            connection.execute("SET search_path = liftline, public")
            with connection.transaction():
                connection.execute("ALTER TABLE audit_entries DISABLE TRIGGER ALL")
                connection.execute(statement, (*values, self.tenant))
                connection.execute("ALTER TABLE audit_entries ENABLE ALWAYS TRIGGER refuse_change")
                connection.execute("ALTER TABLE audit_entries ENABLE ALWAYS TRIGGER refuse_truncate")

    def rows(self) -> list[tuple]:
        with self.archive.database.transaction(self.tenant) as connection:
            cursor = connection.cursor(row_factory=tuple_row)
            return cursor.execute("SELECT * FROM audit_entries ORDER BY seq").fetchall()

    def file(self, campaign: str | None = None) -> Path:
        """The ledger as it stands, as an entries.csv by itself."""
        path = self.folder / verify_audit.ENTRIES
        with self.archive.database.transaction(self.tenant) as connection, path.open("wb") as file:
            ledger = Ledger(connection)
            found = ledger.stretch(Scope(self.tenant, campaign), 10**9)
            ledger.write(Scope(self.tenant, campaign), found["first"], found["last"], file)
        return path

    def verdict(self, path: Path, anchors: Path | None = None) -> Verdict:
        return both(path, anchors)

    def export(self, name: str = "export", **scope: object) -> run.Exported:
        return run.export(self.archive, Scope(self.tenant, **scope), self.folder / name, by="olga")


def both(path: Path, anchors: Path | None = None) -> Verdict:
    """Our verdict, after the standalone verifier, asked as from its command line, has said the same."""
    ours = run.verify(path, anchors)
    asked = ["verify_audit.py", str(path), "--json", *(["--anchors", str(anchors)] if anchors else [])]
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(io.StringIO()) as said:
        patch.setattr(sys, "argv", asked)
        code = verify_audit.main()
    told = json.loads(said.getvalue())
    assert code == (0 if ours.whole else 1)
    assert (told["whole"], told["sentence"]) == (ours.whole, ours.sentence)
    assert told.get("seq") == ours.seq
    return ours


@pytest.fixture
def archive(database, tmp_path):
    ticks = itertools.count()
    return Archive(database=database, anchors=tmp_path / "anchors", clock=lambda: NOW + timedelta(seconds=next(ticks)))


@pytest.fixture
def book(archive, tenant, tmp_path):
    return Book(archive, tenant, tmp_path)
