"""Profiles and snapshots in the database: whole tables at a time, inside the caller's transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from pipelines.contracts import FORMULA, Refusal, no_such_tenant
from pipelines.database import Connection, Queries
from pipelines.segmentation.clusters import Labels, Matrix
from pipelines.segmentation.compiling import Parameters, Statement, column
from pipelines.segmentation.policies import ProfilePolicy, fingerprint
from pipelines.segmentation.rules import kind_of
from pipelines.segmentation.sizes import Settlement

QUERIES = Queries(Path(__file__).with_name("queries.sql"))
PRUNING = Queries(Path(__file__).with_name("pruning.sql"))
# What profiles come from: those that other statements left are worked out anew.
WORKED_OUT_BY = tuple(QUERIES[name].as_string() for name in ("bought", "did", "edges", "profile_now"))
BINARY_HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
BINARY_END = b"\xff\xff"

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Population:
    """The customers of a tenant before anything is worked out."""

    known: int
    not_yet_customers: int
    unreadable_time_zones: list[str]


class Store:
    """What the step reads and writes of one tenant within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        # Values go into the text on this side: CREATE TABLE AS, which alone runs in parallel, takes none otherwise.
        self._cursor = psycopg.ClientCursor(connection, row_factory=dict_row)

    def _run(self, name: str, **values: Any) -> list[Row]:
        self._cursor.execute(QUERIES[name], values or None)
        return self._cursor.fetchall() if self._cursor.description else []

    def begin(self, tenant: str) -> None:
        """Wait for other runs of this tenant, and refuse a tenant that does not exist."""
        if not self._run("tenant_exists"):
            raise no_such_tenant(tenant)
        self._run("alone")
        self._run("set_based")

    def population(self, today: date) -> Population:
        """How many customers there are, how many of them signed up after `today`, and which of their clocks are odd."""
        found = self._run("population", today=today)[0]
        return Population(found["known"], found["not_yet_customers"], found["unreadable"])

    def basis(self, policy: ProfilePolicy, unreadable: list[str]) -> str:
        """A fingerprint of everything but the moment that profiles, and the rules over them, are worked out from."""
        rows = self._run("inputs")[0]
        by = {"policy": policy.model_dump(mode="json"), "unreadable": unreadable, "statements": WORKED_OUT_BY}
        return fingerprint({"rows": rows, **by})

    def recall_profiles(self, as_of: datetime, basis: str) -> bool:
        """Take the profiles kept for the moment for those of now, if they rest on the same and all are there."""
        kept = self._run("kept_set", as_of=as_of, basis=basis)
        if not kept:
            return False
        self._run("profile_then", as_of=as_of)
        if self._cursor.rowcount == kept[0]["customers"]:
            return True
        self._run("drop_profile_now")
        return False

    def compute_profiles(self, as_of: datetime, policy: ProfilePolicy, unreadable: list[str]) -> None:
        """Work out every profile as of the moment."""
        moment = {"as_of": as_of, "today": as_of.astimezone(UTC).date()}
        if not self._run("time_zone_exists", zone=policy.time_zone_when_unknown):
            raise Refusal(f"profile.yaml: time_zone_when_unknown {policy.time_zone_when_unknown!r} is no time zone.")
        clock = {"zone": policy.time_zone_when_unknown, "unreadable": unreadable}
        money = {"currencies": list(policy.usd_rates), "rates": list(policy.usd_rates.values())}
        self._bought(**moment, **clock, **money)
        self._run("did", **moment, **clock, **_event_names(policy))
        paid = {name: getattr(policy.events, name).weight for name in ("open", "click", "purchase")}
        edges = self._run("edges", **moment)[0]
        self._run("profile_now", **moment, **paid, **edges, half_at=policy.engagement.half_at, **_weights(policy))

    def _bought(self, **values: Any) -> None:
        # Workers share out whole ranges, so what crosses between processes is one row a customer and not one an order.
        ranges = [
            self._cursor.mogrify(QUERIES["bought"], {**values, "first": first, "beyond": beyond})
            for first, beyond in pairwise(["", *self._cuts(), None])
        ]
        self._run("along_the_keys", otherwise="off")
        self._cursor.execute(f"CREATE TEMP TABLE bought ON COMMIT DROP AS {' UNION ALL '.join(ranges)}")
        self._run("along_the_keys", otherwise="on")

    def _cuts(self) -> list[str]:
        cuts: list[str] = self._run("cuts")[0]["cuts"]
        return cuts

    def stages(self) -> dict[str, int]:
        """How many customers are in each lifecycle stage."""
        return {row["lifecycle_stage"]: row["customers"] for row in self._run("stages")}

    def store_profiles(self, as_of: datetime, basis: str) -> None:
        """Make the kept profiles of this moment equal to those just worked out; rows that are right stay untouched."""
        if self._run("profiles_kept", as_of=as_of)[0]["found"]:
            self._run("merge_profiles", as_of=as_of)
            self._run("forget_profiles", as_of=as_of)
        else:
            self._run("insert_profiles", as_of=as_of)
        self._run("store_set", as_of=as_of, basis=basis)

    def features(self, names: Sequence[str]) -> Matrix:
        """These columns of all profiles, in order of customer id; unknown is NaN."""
        values = sql.SQL(", ").join(
            sql.SQL("coalesce({}, 'NaN') AS {}").format(_number(name), sql.Identifier(name)) for name in names
        )
        arrays = sql.SQL(", ").join(sql.SQL("array_agg({})").format(sql.Identifier(name)) for name in names)
        # One array a column, taken as the bytes that came: a row each would be a million Python objects.
        cursor = self._connection.cursor(binary=True)
        query = "SELECT {} FROM (SELECT {} FROM profile_now ORDER BY place) AS listed"
        cursor.execute(sql.SQL(query).format(arrays, values))
        result = cursor.pgresult
        assert result is not None
        columns = [np.frombuffer(result.get_value(0, n) or b"", CELL, offset=ARRAY_HEAD) for n in range(len(names))]
        return np.column_stack([column["value"].astype(np.float64) for column in columns])

    def place(self, statement: Statement) -> dict[int, int]:
        """Give every profile its number and reason; how many customers have each number."""
        # A view: to work a reason out again costs less than to write a million of them down twice.
        self._cursor.execute(sql.SQL("CREATE TEMP VIEW placed AS {}").format(statement.text), statement.values)
        return {row["number"]: row["customers"] for row in self._run("counts")}

    def write_clusters(self, labels: Labels) -> None:
        """Hand the cluster of each place to the database."""
        self._run("clustered")
        rows = np.zeros(len(labels), dtype=CLUSTERED)
        rows["count"], rows["four"], rows["two"] = 2, 4, 2
        rows["place"], rows["cluster"] = np.arange(1, len(labels) + 1), labels
        with self._connection.cursor().copy("COPY clustered FROM STDIN (FORMAT BINARY)") as copy:
            copy.write(BINARY_HEAD)
            copy.write(rows.tobytes())
            copy.write(BINARY_END)

    def snapshot(self, snapshot_id: str) -> Row | None:
        """The kept snapshot of that id, if there is one."""
        return next(iter(self._run("snapshot", snapshot_id=snapshot_id)), None)

    def segments(self, snapshot_id: str) -> list[Row]:
        """The segments of a kept snapshot, the largest first."""
        return self._run("segments", snapshot_id=snapshot_id)

    def store_snapshot(
        self, head: Mapping[str, Any], settlement: Settlement, definition: Mapping[str, Any], taken_at: datetime
    ) -> None:
        """Make the kept snapshot equal to what was just worked out; rows that are right stay untouched."""
        key = {"snapshot_id": head["snapshot_id"]}
        listed = {
            "segments": [s.segment for s in settlement.segments],
            "descriptions": [s.description for s in settlement.segments],
            "customers": [s.customers for s in settlement.segments],
            "flags": [s.flag for s in settlement.segments],
        }
        members = {"segment_of": settlement.segment_of, "note_of": settlement.note_of}
        self._run("store_snapshot", **head, definition=json.dumps(definition), taken_at=taken_at)
        if self._cursor.rowcount:
            self._run("store_segments", **key, **listed)
            self._run("insert_members", **key, **members)
            return
        changed = 0
        for name, values in (
            ("store_segments", listed),
            ("forget_segments", {"segments": listed["segments"]}),
            ("merge_members", members),
            ("forget_members", {}),
        ):
            self._run(name, **key, **values)
            changed += self._cursor.rowcount
        self._run("rebase_snapshot", **key, basis=head["basis"])
        if changed:
            self._run("retake_snapshot", **key, customers=head["customers"], taken_at=taken_at)

    def prune(self, keep: int) -> dict[str, int]:
        """Forget all but the newest `keep` snapshots of each scheme without a campaign; how many rows of what."""
        self._cursor.execute(PRUNING["superfluous"], {"keep": keep})
        gone = {}
        for table in ("members", "segments", "snapshots", "profiles"):
            self._cursor.execute(PRUNING[f"prune_{table}"])
            gone[table] = self._cursor.rowcount
        self._cursor.execute(PRUNING["prune_sets"])
        return gone

    def export(self, snapshot_id: str, as_of: datetime, fields: Sequence[str], target: Path) -> None:
        """Write the members of a kept snapshot as CSV; a cell that a spreadsheet would calculate gets an apostrophe."""
        parameters = Parameters()
        plain = ("customer_id", "segment", "reason")
        cells = [_harmless(sql.Identifier("m", name), name) for name in plain]
        cells += [_cell(field, column(field, parameters, as_of.astimezone(UTC).date())) for field in fields]
        query = EXPORT.format(sql.SQL(", ").join(cells), parameters.add(as_of), parameters.add(snapshot_id))
        copied = sql.SQL("COPY ({}) TO STDOUT (FORMAT CSV, HEADER)").format(query)
        with target.open("wb") as file, self._cursor.copy(copied, parameters.values) as copy:
            for block in copy:
                file.write(block)


ARRAY_HEAD = 20  # bytes: dimensions, flag for NULL, element type, length, lower bound
CELL = np.dtype([("length", ">i4"), ("value", ">f8")])
CLUSTERED = np.dtype([("count", ">i2"), ("four", ">i4"), ("place", ">i4"), ("two", ">i4"), ("cluster", ">i2")])
EXPORT = sql.SQL(
    "SELECT {} FROM segment_members AS m "
    "LEFT JOIN profiles AS p ON p.tenant_id = m.tenant_id AND p.as_of = {} AND p.customer_id = m.customer_id "
    "LEFT JOIN customers AS c ON c.tenant_id = m.tenant_id AND c.customer_id = m.customer_id "
    "WHERE m.tenant_id = current_setting('liftline.tenant') AND m.snapshot_id = {} "
    'ORDER BY m.customer_id COLLATE "C"'
)


def _number(name: str) -> sql.Composed:
    # numeric turns into a float by way of text, whole cents do not.
    exact = "({}.{} * 100)::bigint::float8 / 100" if name in ("monetary", "average_order") else "{}.{}::float8"
    return sql.SQL(exact).format(sql.Identifier("profile_now"), sql.Identifier(name))


def _harmless(cell: sql.Composable, name: str) -> sql.Composed:
    guarded = "CASE WHEN {0} ~ {1} THEN '''' || {0} ELSE {0} END AS {2}"
    return sql.SQL(guarded).format(cell, sql.Literal(FORMULA), sql.Identifier(name))


def _cell(field: str, found: sql.Composable) -> sql.Composed:
    # A percent sign in an attribute's name would look like a placeholder; the header row cannot be a parameter.
    name = field.replace("%", "%%")
    kind = kind_of(field)
    if kind == "number":
        return sql.SQL("{} AS {}").format(found, sql.Identifier(name))
    return _harmless(sql.SQL("array_to_string({}, ', ')").format(found) if kind == "list" else found, name)


def _event_names(policy: ProfilePolicy) -> Row:
    known = [(name, kind, rule) for kind, rule in policy.events for name in rule.names]
    return {
        "names": [name for name, _, _ in known],
        "weights": [rule.weight for _, _, rule in known],
        "engaging": [rule.engages for _, _, rule in known],
        "human_only": [rule.human_only for _, _, rule in known],
        "purchases": [kind == "purchase" for _, kind, _ in known],
        "tells_hour": [kind in ("open", "click") for _, kind, _ in known],
    }


def _weights(policy: ProfilePolicy) -> Row:
    weights = policy.churn.weights
    return {
        **policy.lifecycle.model_dump(),
        "horizon": policy.churn.horizon_days,
        "half_at_orders": policy.churn.half_at_orders,
        "w_recency": weights.recency,
        "w_frequency": weights.frequency,
        "w_monetary": weights.monetary,
        "w_engagement": weights.engagement,
        "w_positive": weights.positive,
    }
