"""The marts as people look at them: their columns as described in dbt, and some rows of one's own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from psycopg import sql

from pipelines.contracts import FORMULA
from pipelines.database import MARTS, READER, Connection, Database
from pipelines.reporting.charts import DARK, LIGHT, draw
from pipelines.reporting.document import Chart

SAMPLE = 50
# What a look at the mart is drawn of, where one chart says something about it.
CHARTS = {
    "campaign_performance": Chart("bars", "name", "open_rate", "Opened by people, of delivered", unit="share"),
    "content_effectiveness": Chart(
        "heat", "unit_id", "tone", "Engaged, by tone and segment", "engagement_rate", "share"
    ),
    "deliverability_by_domain": Chart("bars", "domain", "bounce_rate", "Bounced, of sent", unit="share"),
    "confidence_vs_actual": Chart(
        "diagonal", "expected", "actual", "Expected against actual", unit="share", size="delivered"
    ),
    "cost_and_roi": Chart("bars", "name", "revenue_usd", "Revenue, by the last touch", unit="usd"),
    "data_quality_by_upload": Chart("bars", "file_name", "quarantine_rate", "Quarantined, of lines", unit="share"),
    "human_vs_machine_engagement": Chart("bars", "campaign_id", "machine_share", "Machines' share", "event", "share"),
}


@dataclass(frozen=True, slots=True)
class Mart:
    """A mart as its project describes it."""

    name: str
    description: str
    columns: tuple[tuple[str, str, str], ...]
    key: tuple[str, ...]


def marts(project: Path) -> list[Mart]:
    """All marts, by name."""
    return list(_read(project))


def mart(project: Path, name: str) -> Mart | None:
    """The mart of that name."""
    return next((one for one in _read(project) if one.name == name), None)


@lru_cache(maxsize=2)
def _read(project: Path) -> tuple[Mart, ...]:
    found = []
    for path in sorted((project / "models" / "marts").glob("[a-z]*.yml")):
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]:
            columns = tuple((one["name"], one["data_type"], one["description"]) for one in model["columns"])
            keys = [one for one in model["constraints"] if one["type"] == "primary_key"]
            found.append(Mart(model["name"], model["description"], columns, tuple(keys[0]["columns"])))
    return tuple(found)


def sample(database: Database, tenant: str, wanted: Mart, *, most: int = SAMPLE) -> list[dict[str, Any]] | None:
    """Some of the tenant's own rows, in the order of the key; None if the mart was never built."""
    with database.transaction(tenant, role=READER) as connection:
        if not _built(connection, wanted):
            return None
        return connection.execute(sql.SQL("{} LIMIT {}").format(_all_of(wanted), sql.Literal(most))).fetchall()


def lines(database: Database, tenant: str, wanted: Mart) -> Iterator[bytes]:
    """All of the tenant's own rows as CSV; cells that a spreadsheet would run are quoted by an apostrophe."""
    with database.transaction(tenant, role=READER) as connection:
        if not _built(connection, wanted):
            return
        statement = sql.SQL("COPY ({}) TO STDOUT (FORMAT csv, HEADER)").format(_all_of(wanted, safe=True))
        with connection.cursor().copy(statement) as copy:
            yield from (bytes(piece) for piece in copy)


def _built(connection: Connection, wanted: Mart) -> bool:
    row = connection.execute("SELECT to_regclass(%s) IS NOT NULL AS built", (f"{MARTS}.{wanted.name}",)).fetchone()
    return bool(row and row["built"])


def _all_of(wanted: Mart, *, safe: bool = False) -> sql.Composed:
    def cell(name: str, kind: str) -> sql.Composable:
        if not (safe and kind == "text"):
            return sql.Identifier(name)
        return sql.SQL("regexp_replace({0}, {1}, {2}) AS {0}").format(
            sql.Identifier(name), sql.Literal(FORMULA), sql.Literal(r"'\1")
        )

    return sql.SQL("SELECT {} FROM {} ORDER BY {}").format(
        sql.SQL(", ").join(cell(name, kind) for name, kind, _ in wanted.columns if name != "tenant_id"),
        sql.Identifier(MARTS, wanted.name),
        sql.SQL(", ").join(
            sql.SQL("{}.{}").format(sql.Identifier(wanted.name), sql.Identifier(name)) for name in wanted.key
        ),
    )


def drawn(database: Database, tenant: str, wanted: Mart, *, dark: bool) -> str | None:
    """The chart of the sample as SVG, where there is one."""
    chart = CHARTS.get(wanted.name)
    rows = sample(database, tenant, wanted) if chart else None
    return draw(chart, rows, DARK if dark else LIGHT) if chart and rows else None
