"""Experiments, arms and assignments in the database, inside the caller's transaction."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.csv as pa_csv
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from pipelines.contracts import Json, Refusal, no_such_tenant
from pipelines.database import Connection, Queries
from pipelines.experiments.assigning import CODES, LEFT_OUT
from pipelines.experiments.design import Design
from pipelines.experiments.hashing import STEPS
from pipelines.experiments.planning import Copy

QUERIES = Queries(Path(__file__).with_name("queries.sql"))
COLUMNS = ["customer_id", "unit_id"]

Row = dict[str, Any]


class Store:
    """What experiments read and write of one tenant within one transaction."""

    def __init__(self, connection: Connection) -> None:
        # Values go into the text on this side: COPY takes none.
        self._cursor = psycopg.ClientCursor(connection, row_factory=dict_row)

    def _run(self, name: str, /, **values: Any) -> list[Row]:
        self._cursor.execute(QUERIES[name], values or None)
        return self._cursor.fetchall() if self._cursor.description else []

    def begin(self, tenant: str) -> None:
        """Wait for others who design or assign, and refuse a tenant that does not exist."""
        if not self._run("tenant_exists"):
            raise no_such_tenant(tenant)
        self._run("alone")

    def campaign(self, campaign_id: str) -> Row:
        """The campaign, or a refusal."""
        rows = self._run("campaign", campaign_id=campaign_id)
        if not rows:
            raise Refusal(f"There is no campaign {campaign_id}; draft one first.")
        return rows[0]

    def copy(self, campaign_id: str) -> Copy:
        """In how many units each strategy may be approved."""
        units = self._run("units", campaign_id=campaign_id)[0]["units"]
        rows = self._run("strategies", campaign_id=campaign_id)
        return Copy(units, {row["strategy"]: row["units"] for row in rows})

    def proven(self, campaign_id: str) -> str | None:
        """The strategy that won last on the channel of the campaign."""
        return next((row["strategy"] for row in self._run("proven", campaign_id=campaign_id)), None)

    def experiment(self, key: str) -> Row | None:
        """The experiment of that key."""
        return next(iter(self._run("experiment", key=key)), None)

    def experiments(self, *, before: tuple[datetime, str] | None, most: int) -> list[Row]:
        """Experiments, the newest first."""
        moment, key = before or (None, None)
        return self._run("experiments", before=moment, key=key, most=most)

    def in_namespace(self, name: str, *, but: str) -> list[Row]:
        """Which parts of a namespace other experiments have that are designed or running."""
        return self._run("in_namespace", name=name, key=but)

    def keep_design(self, design: Design, campaign_id: str | None, *, by: str, now: datetime) -> None:
        """Keep the design with its arms in place of the one before."""
        self._run(
            "keep_experiment", key=design.key, campaign_id=campaign_id, kind=design.kind,
            design=Jsonb(design.to_json()), design_hash=design.design_hash, by=by, now=now,
        )  # fmt: skip
        self._run("forget_arms", key=design.key)
        self._run(
            "keep_arms", key=design.key, control=design.control,
            arms=[arm.name for arm in design.arms], shares=[arm.share for arm in design.arms],
            strategies=[arm.strategy for arm in design.arms],
        )  # fmt: skip

    def newest_run(self, campaign_id: str) -> Row | None:
        """The newest decision on a campaign's audience."""
        return next(iter(self._run("newest_run", campaign_id=campaign_id)), None)

    def complete_units(self, campaign_id: str, strategies: Sequence[str]) -> list[str]:
        """The units of which each of the strategies may be approved."""
        rows = self._run("complete_units", campaign_id=campaign_id, strategies=list(strategies))
        return [row["unit_id"] for row in rows]

    def included(self, campaign_id: str, run: int) -> pa.Table:
        """Whom the guardrails included in a run, each with their audience unit."""
        with self._cursor.copy(QUERIES["included"], {"campaign_id": campaign_id, "run": run}) as blocks:
            held = b"".join(bytes(block) for block in blocks)
        if not held:
            return pa.table({name: pa.array([], pa.string()) for name in COLUMNS})
        return pa_csv.read_csv(
            io.BytesIO(held),
            pa_csv.ReadOptions(column_names=COLUMNS),
            pa_csv.ParseOptions(newlines_in_values=True),
            pa_csv.ConvertOptions(column_types=dict.fromkeys(COLUMNS, pa.string()), strings_can_be_null=False),
        )

    def keep_assignments(self, rows: pa.Table, design: Design, *, started: bool, now: datetime) -> int:
        """Keep the rows; how many were new or changed. Once it started, who has a row keeps it as it is."""
        self._run("stage")
        sink = io.BytesIO()
        pa_csv.write_csv(rows, sink, pa_csv.WriteOptions(include_header=False))
        with self._cursor.copy(QUERIES["fill_stage"]) as stage:
            stage.write(sink.getbuffer())
        self._run(
            "keep_assignments", key=design.key, arms=list(design.shares), steps=STEPS[design.hash_version],
            codes=[code for code, _ in CODES.values()], started=started, now=now,
        )  # fmt: skip
        changed = self._cursor.rowcount
        if not started:
            self._run("left_out_since", key=design.key, code=CODES[LEFT_OUT][0], now=now)
            changed += self._cursor.rowcount
        return changed

    def counted(self, key: str) -> list[Row]:
        """How many have which arm, code and cohort."""
        return self._run("counted", key=key)

    def digest(self, key: str) -> str:
        """The SHA-256 of all assignments as they would be exported, customer by customer in order of their ids."""
        digest = hashlib.sha256()
        with self._cursor.copy(QUERIES["listed"], {"key": key}) as blocks:
            for block in blocks:
                digest.update(block)
        return digest.hexdigest()

    def keep_counts(self, key: str, assigned: Json) -> None:
        """Keep what is told of all assignments together."""
        self._run("keep_counts", key=key, assigned=Jsonb(assigned))

    def assignments(self, key: str, *, arm: str | None, after: str | None, most: int) -> list[Row]:
        """Who got what, in order of their ids."""
        return self._run("assignments", key=key, arm=arm, after=after, most=most)

    def log(self, design: Design, campaign_id: str | None, *, by: str, did: str, reason: str, facts: Json) -> int:
        """Write what was done into the audit ledger; what is refused there undoes the transaction."""
        rows = self._run(
            "log", by=by, action=f"experiment.{did}", object=f"experiment {design.key}", campaign_id=campaign_id,
            decision="designed" if did == "design" else "assigned", reason=reason,
            facts=json.dumps(facts),
        )  # fmt: skip
        return int(rows[0]["seq"])
