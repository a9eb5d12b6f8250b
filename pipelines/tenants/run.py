"""Tenants made, listed and looked into."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipelines.contracts import TENANT_ID, Refusal, Tenant, no_such_tenant
from pipelines.database import OWNER, Database, Queries

QUERIES = Queries(Path(__file__).with_name("queries.sql"))


def create_tenant(database: Database, tenant: str, name: str | None = None) -> Tenant:
    """Make a tenant; one that is there already is refused."""
    if not TENANT_ID.fullmatch(tenant):
        raise Refusal(
            f"'{tenant}' cannot name a tenant; use lower-case letters, digits, - and _, beginning with a letter, "
            "at most 63 of them."
        )
    made = Tenant(tenant, name or tenant)
    with database.connect(OWNER) as connection:
        if not connection.execute(QUERIES["create"], {"tenant": tenant, "name": made.name}).rowcount:
            raise Refusal(f"There is a tenant {tenant} already; choose another id.")
    return made


def list_tenants(database: Database) -> list[dict[str, Any]]:
    """All tenants, which only the owner of the schema may see together."""
    with database.connect(OWNER) as connection:
        return connection.execute(QUERIES["all_tenants"]).fetchall()


def show_tenant(database: Database, tenant: str) -> dict[str, Any]:
    """How much one tenant holds, seen as that tenant."""
    return _of_tenant(database, tenant, "holdings")


def begun(database: Database, tenant: str) -> dict[str, Any]:
    """The tenant, and what it holds any of."""
    return _of_tenant(database, tenant, "begun")


def _of_tenant(database: Database, tenant: str, name: str) -> dict[str, Any]:
    with database.transaction(tenant) as connection:
        row = connection.execute(QUERIES[name], {"tenant": tenant}).fetchone()
    if row is None:
        raise no_such_tenant(tenant)
    return row
