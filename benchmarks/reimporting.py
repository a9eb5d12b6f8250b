"""A customer file for a tenant that holds a million already, beside the upsert that one would write by hand."""

from __future__ import annotations

import itertools
from pathlib import Path
from uuid import uuid4

import polars as pl

from benchmarks.harness import Comparison, Contender
from benchmarks.importing import copy_rows, emptied, raw_copy
from benchmarks.million import customers_csv
from pipelines.customers.run import Order, import_file
from pipelines.services import Services
from pipelines.tenants.run import create_tenant

EVERY = 10


def reimporting(services: Services, rows: int) -> Comparison:
    """The comparison, its tenant filled."""
    whole = customers_csv(services.settings.liftline_home, rows)
    newest = whole.with_name(f"{whole.stem}-changed.csv")
    times = itertools.count(1)
    emptied(services.database)
    tenant = create_tenant(services.database, f"bench-{uuid4().hex[:12]}").tenant_id
    first = import_file(services.desk, Order(tenant, whole, "customers"))

    def again(_: int) -> None:
        summary = import_file(services.desk, Order(tenant, whole, "customers"))
        assert (summary.loaded, summary.merged) == (0, first.loaded)

    def changed(_: int) -> None:
        summary = import_file(services.desk, Order(tenant, newest, "customers"))
        assert (summary.loaded, summary.merged) == (0, first.loaded)

    with services.database.administer() as connection:
        connection.execute("DROP TABLE IF EXISTS bench_upserted")
        copy_rows(connection, whole, "bench_upserted")
    return Comparison(
        f"A file of {rows:,} customers for a tenant that holds them",
        [
            Contender("raw COPY of the same bytes, text columns, one key", lambda _: raw_copy(services, whole)),
            Contender("liftline customers import, the same file: nothing changes", again),
            Contender(
                "the same, a name changed in every tenth line",
                changed,
                clear=lambda: _change(whole, newest, next(times)),
            ),
            Contender(
                "COPY, then INSERT ... ON CONFLICT DO UPDATE of every column, unchecked",
                lambda _: _upsert(services, newest),
            ),
        ],
        "at most as long as the first import",
    )


def _change(whole: Path, newest: Path, time: int) -> None:
    tenth = pl.int_range(pl.len()) % EVERY == 0
    name = pl.when(tenth).then(pl.lit(f"Robin the {time}.")).otherwise("first_name").alias("first_name")
    pl.scan_csv(whole, infer_schema=False).with_columns(name).sink_csv(newest)


def _upsert(services: Services, path: Path) -> None:
    with services.database.administer() as connection:
        connection.execute("DROP TABLE IF EXISTS bench_staged")
        key, *others = copy_rows(connection, path, "bench_staged")
        assignments = ", ".join(f"{name} = excluded.{name}" for name in others)
        connection.execute(
            f"INSERT INTO bench_upserted SELECT * FROM bench_staged ON CONFLICT ({key}) DO UPDATE SET {assignments}"
        )
        connection.execute("DROP TABLE bench_staged")
