"""Ask each promise of each tenant's tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from pipelines.contracts import Json
from pipelines.database import Database, Queries

QUERIES = Queries(Path(__file__).with_name("promises.sql"))
SHOWN = 3


@dataclass(frozen=True, slots=True)
class Promise:
    """How often a promise is broken in a tenant's rows, and by what for example."""

    tenant: str
    promise: str
    broken: int
    examples: tuple[str, ...]

    def to_json(self) -> Json:
        """As `--json` prints it."""
        return asdict(self)


def examine(database: Database, tenants: Sequence[str], *, now: datetime) -> list[Promise]:
    """Every promise in every tenant, in the order in which they stand in `promises.sql`."""
    found = []
    for tenant in tenants:
        with database.transaction(tenant) as connection:
            connection.execute("SET TRANSACTION READ ONLY")
            for name, asked in QUERIES.items():
                broken = [str(row["what"]) for row in connection.execute(asked, {"now": now}).fetchall()]
                found.append(Promise(tenant, name.replace("_", " "), len(broken), tuple(broken[:SHOWN])))
    return found
