"""Checked rows into the database: staged, then merged by set, all of a file or nothing of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from pipelines.contracts import Refusal
from pipelines.customers.binary_rows import HEADER, TRAILER, binary_rows
from pipelines.customers.erasing import erase
from pipelines.database import Connection, Queries

QUERIES = Queries(Path(__file__).with_name("queries.sql"))
FIRST_FILE = Queries(Path(__file__).with_name("first_file.sql"))

CUSTOMER_FIELDS = (
    "email", "phone", "first_name", "last_name", "company", "account_id", "job_title", "country", "region", "city",
    "time_zone", "locale", "signup_date", "last_purchase_date", "orders", "total_spend", "opens", "clicks",
)  # fmt: skip
FACTS = {
    "orders": ("order_id", ("known_as", "ordered_at", "amount", "product"), "order_of_other_customer"),
    "events": ("event_id", ("known_as", "event", "occurred_at", "value", "properties"), "event_of_other_customer"),
}
NAMELESS = "arriving"
# So many lines are looked up one by one faster than by reading whole tables.
FEW = 1000
DOCUMENTS = frozenset({"attributes", "properties", "extra_properties", "evidence"})
JSONB_VERSION = "\x01"
# Which staged lines may be stored at once: all that were found to be new, or, while others are still to come, those
# that surely stand first in their file.
NEW, SURE, ALL = (sql.SQL(condition) for condition in ("fresh", "customer_id IS NOT NULL AND NOT repeated", "true"))


@dataclass(frozen=True, slots=True)
class Batch:
    """One uploaded file as the database knows it; the same file is the same batch for ever."""

    batch_id: str
    tenant: str
    kind: str
    seq: int
    imported_at: datetime
    known: bool
    by: str

    @property
    def parameters(self) -> dict[str, Any]:
        """What the statements of this batch may refer to."""
        return {
            "tenant": self.tenant, "batch": self.batch_id, "seq": self.seq, "imported_at": self.imported_at,
            "by": self.by,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Merged:
    """How the staged lines ended."""

    loaded: int
    merged: int


def tenant_exists(connection: Connection, tenant: str) -> bool:
    """Whether there is such a tenant."""
    return connection.execute(QUERIES["tenant_exists"], {"tenant": tenant}).fetchone() is not None


def prepare_stage(connection: Connection, tenant: str, kind: str) -> None:
    """Tables of this transaction that rows are copied into: a table under row-level security takes no COPY."""
    for setting in (
        "synchronize_seqscans = off", "work_mem = '256MB'", "temp_buffers = '256MB'", "default_statistics_target = 10",
    ):  # fmt: skip
        connection.execute(sql.SQL("SET LOCAL " + setting))
    connection.execute(QUERIES["one_import_at_a_time"], {"tenant": tenant})
    for name in (f"stage_{kind}", "stage_set_aside", "stage_quarantine", "stage_accounts"):
        connection.execute(QUERIES[name])


def stage(connection: Connection, slices: Iterator[pl.DataFrame], first: Batch | None = None) -> int:
    """Copy typed rows into the stage as they come; of the `first` customers tell how many are stored by then."""
    if first:
        connection.execute(FIRST_FILE["stage_first"])
    stored = 0
    for rows in slices:
        filled = [name for name in rows.columns if rows[name].null_count() < len(rows)]
        if filled:
            _copy(connection, rows.select(filled))
        if first:
            stored += _store_sure(connection, first)
    if first:
        connection.execute(FIRST_FILE["drop_stage"])
        connection.execute(FIRST_FILE["stage_waiting"])
    return stored


def _store_sure(connection: Connection, batch: Batch) -> int:
    """Store of a slice what no other line can be about, while the next one is checked; the rest waits."""
    stored = _insert_customers(connection, batch, SURE)
    connection.execute(QUERIES["find_accounts"].format(new=SURE))
    connection.execute(QUERIES["record_first_consents"].format(new=SURE), batch.parameters)
    connection.execute(FIRST_FILE["await_the_rest"].format(sure=SURE))
    connection.execute(FIRST_FILE["empty_stage"])
    return stored


def stage_quarantine(connection: Connection, refused: Path) -> None:
    """Copy the refused lines, as the inspection wrote them, beside the stage."""
    statement = "COPY refused FROM STDIN (FORMAT csv)"
    with refused.open("rb") as lines, connection.cursor() as cursor, cursor.copy(statement) as copy:
        while block := lines.read(1 << 20):
            copy.write(block)


def _copy(connection: Connection, rows: pl.DataFrame) -> None:
    written = [pl.format(JSONB_VERSION + "{}", name).alias(name) for name in rows.columns if name in DOCUMENTS]
    content = binary_rows(rows.with_columns(written))
    names = sql.SQL(", ").join(map(sql.Identifier, rows.columns))
    statement = sql.SQL("COPY stage ({}) FROM STDIN (FORMAT binary)").format(names)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for part in (HEADER, content, TRAILER):
            copy.write(part)


def open_batch(
    connection: Connection, *, tenant: str, batch_id: str, kind: str, file_name: str, sha: str, now: datetime, by: str
) -> Batch:
    """The batch of this file, new or known."""
    parameters = {
        "tenant": tenant, "batch": batch_id, "kind": kind, "file_name": file_name, "sha": sha, "now": now,
    }  # fmt: skip
    known = connection.execute(QUERIES["open_batch"], parameters).rowcount == 0
    row = connection.execute(QUERIES["find_batch"], {"batch": batch_id}).fetchone()
    assert row is not None
    return Batch(batch_id, tenant, kind, row["seq"], row["imported_at"], known, by)


def open_first(
    connection: Connection, *, tenant: str, kind: str, file_name: str, now: datetime, by: str
) -> Batch | None:
    """The batch of a tenant's very first customers, which has no name before its file was read; None if they are not.

    Where nothing is known and nothing was forgotten, every line is new that no other line of the file is about.
    """
    if kind != "customers" or connection.execute(FIRST_FILE["any_trace"]).fetchone():
        return None
    return open_batch(
        connection, tenant=tenant, batch_id=NAMELESS, kind=kind, file_name=file_name, sha="", now=now, by=by
    )


def name_batch(connection: Connection, batch: Batch, *, batch_id: str, sha: str) -> Batch:
    """The batch under its name, now that its file was read."""
    connection.execute(FIRST_FILE["name_batch"], {"batch": batch_id, "sha": sha, "seq": batch.seq})
    return replace(batch, batch_id=batch_id)


def close_batch(connection: Connection, batch: Batch, counts: dict[str, int], reasons: dict[str, int]) -> None:
    """Record how the file ended; a file known already keeps its first record."""
    if not batch.known:
        connection.execute(QUERIES["keep_quarantine"], batch.parameters)
        connection.execute(QUERIES["close_batch"], {**batch.parameters, **counts, "reasons": Jsonb(reasons)})


def merge(connection: Connection, batch: Batch, stored: int = 0) -> Merged:
    """Merge the stage into the tables of its kind, beside what is stored; lines that they refuse are set aside."""
    connection.execute("ANALYZE stage")
    if _count(connection, "stage") > FEW:
        # Right after an import there are no statistics yet, and the planner would walk whole tables once for each line.
        connection.execute("SET LOCAL enable_nestloop = off")
    if batch.kind == "customers":
        merged = _merge_customers(connection, batch)
        return replace(merged, loaded=merged.loaded + stored)
    connection.execute(QUERIES["resolve_owners"])
    if batch.kind in FACTS:
        return _merge_facts(connection, batch)
    connection.execute(QUERIES["resolve_owners_by_phone"])
    return _append_consents(connection, batch) if batch.kind == "consents" else _append_suppressions(connection, batch)


def set_aside(connection: Connection) -> pl.DataFrame:
    """The lines that the merge refused, with their problems."""
    rows = connection.execute(QUERIES["set_aside"]).fetchall()
    schema = {"line": pl.Int64, "code": pl.String, "column": pl.String, "value": pl.String}
    return pl.DataFrame(rows, schema=schema)


def _merge_customers(connection: Connection, batch: Batch) -> Merged:
    parameters = batch.parameters
    connection.execute(QUERIES["name_the_nameless"], parameters)
    connection.execute(QUERIES["follow_aliases"])
    if connection.execute(QUERIES["any_erased"]).fetchone():
        connection.execute(QUERIES["refuse_erased"], parameters)
    staged = _count(connection, "stage")
    later = 0
    if connection.execute(QUERIES["any_marked"]).fetchone():
        later += connection.execute(QUERIES["find_repeats"]).rowcount
    if connection.execute(QUERIES["any_customers"]).fetchone():
        later += connection.execute(QUERIES["find_known_ids"]).rowcount
        later += connection.execute(QUERIES["find_known_emails"]).rowcount
    loaded = _insert_customers(connection, batch, NEW)
    connection.execute(QUERIES["no_leftovers_yet"])
    refused = _merge_leftovers(connection, batch) if loaded < staged else 0
    connection.execute(QUERIES["find_accounts"].format(new=ALL))
    connection.execute(QUERIES["upsert_accounts"], parameters)
    if connection.execute(QUERIES["any_consents"]).fetchone():
        later += connection.execute(QUERIES["find_heard"]).rowcount
    connection.execute(QUERIES["record_first_consents"].format(new=NEW), parameters)
    if later:
        connection.execute(QUERIES["record_more_consents"], parameters)
    return Merged(loaded, staged - loaded - refused)


def _insert_customers(connection: Connection, batch: Batch, which: sql.SQL) -> int:
    statement = QUERIES["insert_customers"].format(fields=_names(CUSTOMER_FIELDS), new=which)
    try:
        return connection.execute(statement, batch.parameters).rowcount
    except psycopg.errors.UniqueViolation as error:
        raise Refusal("Somebody else added the same customers meanwhile; nothing was stored, import again.") from error


def _merge_leftovers(connection: Connection, batch: Batch) -> int:
    """Merge the lines whose id or address was there already; returns how many of them had to be refused."""
    parameters = batch.parameters
    connection.execute(QUERIES["find_leftovers"], parameters)
    _resolve(connection)
    connection.execute(QUERIES["refuse_taken_emails"])
    connection.execute(QUERIES["drop_set_aside_leftovers"])
    refused = connection.execute(QUERIES["drop_set_aside"]).rowcount
    if connection.execute(QUERIES["adopt_real_ids"].format()).rowcount:
        for table in ("customers", "customer_aliases", "orders", "events"):
            connection.execute(QUERIES["rename_adopted"].format(table=sql.Identifier(table)))
        connection.execute(QUERIES["remember_adopted"], parameters)
        connection.execute(QUERIES["retarget_adopted"])
    connection.execute(QUERIES["remember_aliases"], parameters)
    connection.execute(_collapse())
    connection.execute("ANALYZE newest")
    connection.execute(_merge_statement(), parameters)
    return refused


def _resolve(connection: Connection) -> None:
    """Say of each leftover whose it is, also where only another line of the file tells."""
    while lines := _value(connection, QUERIES["count_unresolved"], "lines"):
        # An id goes before an address, as where somebody is known.
        found = [
            connection.execute(QUERIES["resolve_by_shared"].format(key=sql.Identifier(key))).rowcount
            for key in ("customer_id", "email")
        ]
        if not any(found):
            raise RuntimeError(f"Nobody is found for {lines} lines that were not new; nothing was stored.")


def _merge_facts(connection: Connection, batch: Batch) -> Merged:
    key, parts, code = FACTS[batch.kind]
    names = {"table": sql.Identifier(batch.kind), "key": sql.Identifier(key)}
    _refuse_unknown(connection, batch, ("customer_id", "email"))
    texts = sql.SQL(", ").join(sql.SQL("n.{}::text").format(sql.Identifier(part)) for part in parts)
    connection.execute(QUERIES["name_facts"].format(**names, parts=texts))
    literals = {"code": sql.Literal(code), "column": sql.Literal(key)}
    connection.execute(QUERIES["refuse_foreign_facts"].format(**names, **literals))
    connection.execute(QUERIES["drop_set_aside_resolved"])
    known = _value(connection, QUERIES["count_known_facts"].format(**names), "known")
    counts = connection.execute(QUERIES["count_facts"].format(**names)).fetchone() or {}
    connection.execute(QUERIES[f"merge_{batch.kind}"], batch.parameters)
    loaded = counts["facts"] - known
    return Merged(loaded, counts["lines"] - loaded)


def _append_consents(connection: Connection, batch: Batch) -> Merged:
    _refuse_unknown(connection, batch, ("customer_id", "email", "phone"))
    connection.execute(QUERIES["drop_set_aside_resolved"])
    loaded = connection.execute(QUERIES["append_consents"], batch.parameters).rowcount
    return Merged(loaded, _count(connection, "resolved") - loaded)


def _append_suppressions(connection: Connection, batch: Batch) -> Merged:
    connection.execute(QUERIES["refuse_addressless"], batch.parameters)
    connection.execute(QUERIES["drop_set_aside_resolved"])
    loaded = _value(connection, QUERIES["append_suppressions"], "loaded", batch.parameters)
    erase(connection, batch.parameters)
    return Merged(loaded, _count(connection, "resolved") - loaded)


def _refuse_unknown(connection: Connection, batch: Batch, identity: tuple[str, ...]) -> None:
    names = _names(identity)
    if connection.execute(QUERIES["any_erased"]).fetchone():
        connection.execute(QUERIES["refuse_erased_owners"].format(identity=names), batch.parameters)
    connection.execute(QUERIES["refuse_unknown_owners"].format(identity=names))


def _count(connection: Connection, table: str) -> int:
    return _value(connection, sql.SQL("SELECT count(*) AS rows FROM {}").format(sql.Identifier(table)), "rows")


def _value(connection: Connection, statement: sql.SQL | sql.Composed, name: str, parameters: Any = None) -> int:
    row = connection.execute(statement, parameters).fetchone()
    assert row is not None
    return int(row[name])


def _names(fields: tuple[str, ...]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, fields))


def _each(template: str) -> sql.Composed:
    """`template` once for each customer field, which it calls {f} as a name and {name} as a text."""
    return sql.SQL(", ").join(
        sql.SQL(template).format(f=sql.Identifier(field), name=sql.Literal(field)) for field in CUSTOMER_FIELDS
    )


def _collapse() -> sql.Composed:
    return QUERIES["collapse_leftovers"].format(
        fields=_names(CUSTOMER_FIELDS),
        field_lines=_each("{name}, max(line) FILTER (WHERE {f} IS NOT NULL)"),
        newest_fields=_each("(array_agg({f} ORDER BY line DESC) FILTER (WHERE {f} IS NOT NULL))[1]"),
    )


def _merge_statement() -> sql.Composed:
    source = "to_jsonb(ARRAY[%(seq)s, coalesce((n.lines ->> {name})::bigint, n.line)])"
    return QUERIES["merge_customers"].format(
        merged_fields=_each("CASE WHEN age.newer THEN coalesce(n.{f}, c.{f}) ELSE coalesce(c.{f}, n.{f}) END AS {f}"),
        current_fields=_each("c.{f}"),
        next_fields=_each("merged.{f}"),
        assignments=_each("{f} = n.{f}"),
        changed_fields=_each("{name}, CASE WHEN n.{f} IS DISTINCT FROM c.{f} THEN " + source + " END"),
    )


def log_import(connection: Connection, by: str, what: str, subject: str | None, counts: dict[str, int]) -> None:
    """Write into the audit ledger who had this imported, in the transaction that stores it."""
    told = {"by": by, "what": what, "subject": subject}
    words = {"rows": "line" if counts["rows"] == 1 else "lines"}
    reason = ", ".join(f"{count} {words.get(word, word)}" for word, count in counts.items())
    connection.execute(QUERIES["log_import"], {**told, "reason": reason})
