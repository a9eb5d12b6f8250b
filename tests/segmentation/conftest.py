"""A real PostgreSQL, and a tenant with customers, orders and events of the test's own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines.database import Database
from pipelines.settings import PROJECT

AS_OF = datetime(2026, 6, 30, 12, tzinfo=UTC)
POLICIES = PROJECT / "data" / "policies"


class Books:
    """Writes what a tenant knows, row by row, as the tests need it."""

    def __init__(self, database: Database, tenant: str) -> None:
        self.database, self.tenant, self._line = database, tenant, 0

    def _insert(self, table: str, **values: Any) -> None:
        self._line += 1
        row = {"tenant_id": self.tenant, "source_seq": 1, "changed_seq": 1, "source_line": self._line, **values}
        names, slots = ", ".join(row), ", ".join(f"%({name})s" for name in row)
        with self.database.transaction(self.tenant) as connection:
            connection.execute(f"INSERT INTO {table} ({names}) VALUES ({slots})", row)

    def customer(self, customer_id: str, **values: Any) -> None:
        self._insert("customers", customer_id=customer_id, **{"signup_date": date(2025, 1, 1), **values})

    def order(self, customer_id: str, when: datetime, amount: float = 10.0, currency: str | None = None) -> None:
        told = {"customer_id": customer_id, "ordered_at": when, "amount": amount, "currency": currency}
        self._insert("orders", order_id=f"own{self._line}", **told)

    def event(self, customer_id: str, event: str, when: datetime, label: str = "human") -> None:
        row = {"customer_id": customer_id, "event": event, "occurred_at": when, "label": label}
        self._insert("events", event_id=f"e{self._line}", **row)

    def rows(self, query: str) -> list[dict[str, Any]]:
        with self.database.transaction(self.tenant) as connection:
            return connection.execute(query).fetchall()

    def many(self, customers: int, seed: float = 0.5) -> None:
        with self.database.transaction(self.tenant) as connection:
            connection.execute("SELECT setseed(%s)", (seed,))
            connection.execute(
                "INSERT INTO customers "
                "(tenant_id, customer_id, country, signup_date, source_seq, changed_seq, source_line) "
                "SELECT %s, 'c' || lpad(n::text, 5, '0'), (ARRAY['DE','FR','US'])[1 + mod(n, 3)], "
                "date '2026-06-30' - (random() * 700)::integer, 1, 1, n FROM generate_series(1, %s::integer) AS n",
                (self.tenant, customers),
            )
            connection.execute(
                "INSERT INTO orders "
                "(tenant_id, order_id, customer_id, ordered_at, amount, source_seq, changed_seq, source_line) "
                "SELECT %s, 'o' || n, 'c' || lpad((1 + floor(%s * power(random(), 2)))::integer::text, 5, '0'), "
                "timestamptz '2026-06-30 00:00+00' - make_interval(hours => (random() * 9000)::integer), "
                "round((5 + 95 * random())::numeric, 2), 1, 1, n FROM generate_series(1, %s::integer) AS n",
                (self.tenant, customers, 3 * customers),
            )


@pytest.fixture
def books(database: Database, tenant: str) -> Books:
    return Books(database, tenant)


@pytest.fixture
def segment(database: Database, tenant: str) -> Callable[..., Any]:
    """Runs a scheme for the test's tenant as of AS_OF."""
    from pipelines.segmentation.run import run

    def run_it(scheme: str = "rfm", **options: Any) -> Any:
        given = {"tenant": tenant, "as_of": AS_OF, "policies": POLICIES, "clock": lambda: datetime.now(UTC), **options}
        return run(database, scheme=scheme, **given)

    return run_it


@pytest.fixture
def policies(tmp_path: Path) -> Path:
    """A copy of the policy files that a test may spoil."""
    for file in POLICIES.glob("*.yaml"):
        if file.name.startswith(("segments_", "profile")):
            (tmp_path / file.name).write_bytes(file.read_bytes())
    return tmp_path
