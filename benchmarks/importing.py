"""Import of a customer file, all of it, beside raw COPY and beside pandas with Great Expectations and to_sql."""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path
from uuid import uuid4

import great_expectations as gx
import pandas as pd
import psycopg
from great_expectations import expectations as known
from sqlalchemy import create_engine

from benchmarks.harness import Comparison, Contender
from benchmarks.million import customers_csv
from pipelines.customers import store
from pipelines.customers.inspection import Inspection
from pipelines.customers.run import Order, import_file
from pipelines.database import OWNER, Connection, Database
from pipelines.overlap import ahead
from pipelines.services import Services
from pipelines.tenants.run import create_tenant

SHARE = 0.1


def importing(services: Services, rows: int) -> Comparison:
    """The comparison, its files made."""
    folder = services.settings.liftline_home
    whole, part = customers_csv(folder, rows), customers_csv(folder, int(rows * SHARE))
    return Comparison(
        f"Import of {rows:,} customers",
        [
            Contender("raw COPY of the same bytes, text columns, one key", lambda _: raw_copy(services, whole)),
            Contender(
                "liftline customers import, all of it",
                lambda _: _ours(services, whole),
                clear=lambda: emptied(services.database),
            ),
            Contender("of which: check every line, quarantine, stage", lambda _: _checked_only(services, whole)),
            Contender(
                "pandas + Great Expectations + to_sql", lambda _: _conventional(services, part), share=SHARE, rounds=2
            ),
        ],
        "checking and staging <= 1.10 of raw COPY; all of it >= 20 times faster than to_sql "
        "(where that takes less than 20 raw COPYs, out of reach of anything that loads)",
    )


def emptied(database: Database) -> None:
    """No customer of any tenant is left."""
    with database.connect(OWNER) as connection:
        connection.execute("TRUNCATE customers, accounts, consents, quarantined_lines, import_batches")


def _ours(services: Services, path: Path) -> None:
    tenant = create_tenant(services.database, f"bench-{uuid4().hex[:12]}").tenant_id
    summary = import_file(services.desk, Order(tenant, path, "customers"))
    assert summary.quarantined == summary.rows // 100


def _checked_only(services: Services, path: Path) -> None:
    tenant = create_tenant(services.database, f"bench-{uuid4().hex[:12]}").tenant_id
    order, desk = Order(tenant, path, "customers"), services.desk
    with tempfile.TemporaryDirectory() as folder, desk.database.transaction(tenant) as connection:
        inspection = Inspection(order, folder=Path(folder), max_bytes=desk.max_bytes, now=desk.clock())
        store.prepare_stage(connection, tenant, "customers")
        store.stage(connection, ahead(inspection.rows()))
        assert inspection.finish().rows
        connection.rollback()


def raw_copy(services: Services, path: Path) -> None:
    """What loading costs at least: the same bytes into a table of texts with a key."""
    with services.database.administer() as connection:
        connection.execute("DROP TABLE IF EXISTS bench_raw")
        copy_rows(connection, path, "bench_raw")
        connection.execute("DROP TABLE bench_raw")


def copy_rows(connection: Connection, path: Path, table: str) -> list[str]:
    """The file into a new table of texts whose key is its first column; the columns."""
    header = path.open(encoding="utf-8").readline().strip().split(",")
    columns = ", ".join(f"{name} text" for name in header)
    connection.execute(f"CREATE TABLE {table} ({columns}, PRIMARY KEY ({header[0]}))")
    statement = f"COPY {table} FROM STDIN (FORMAT csv, HEADER)"
    with path.open("rb") as lines, connection.cursor() as cursor, cursor.copy(statement) as copy:
        while block := lines.read(1 << 20):
            copy.write(block)
    return header


def _conventional(services: Services, path: Path) -> None:
    warnings.simplefilter("ignore")
    frame = pd.read_csv(path, dtype="string")
    with tempfile.TemporaryDirectory() as home:
        context = gx.get_context(mode="file", project_root_dir=home)
        context.variables.progress_bars = {"globally": False, "metric_calculations": False}
        asset = context.data_sources.add_pandas("p").add_dataframe_asset("customers")
        suite = context.suites.add(gx.ExpectationSuite("s", expectations=_expectations()))
        batch = asset.add_batch_definition_whole_dataframe("b")
        definition = gx.ValidationDefinition(name="v", data=batch, suite=suite)
        context.validation_definitions.add(definition)
        definition.run(batch_parameters={"dataframe": frame}, result_format="COMPLETE")
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(services.database.owner_login))
    frame.to_sql("bench_pandas", engine, if_exists="replace", index=False, chunksize=10_000)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE bench_pandas")
    engine.dispose()


def _expectations() -> list[object]:
    names = ("customer_id", "email", "first_name", "last_name", "country", "time_zone", "signup_date")
    present = [known.ExpectColumnValuesToNotBeNull(column=name, mostly=0.9) for name in names]
    return [
        *present,
        known.ExpectColumnValuesToBeUnique(column="customer_id"),
        known.ExpectColumnValuesToBeUnique(column="email"),
        known.ExpectColumnValuesToMatchRegex(column="email", regex=r"[^@\s]+@[^@\s]+\.[a-z]+", mostly=0.9),
        known.ExpectColumnValuesToMatchRegex(column="country", regex=r"[A-Z]{2}", mostly=0.9),
        known.ExpectColumnValueLengthsToBeBetween(column="first_name", min_value=1, max_value=100),
        known.ExpectTableRowCountToBeBetween(min_value=1),
    ]
