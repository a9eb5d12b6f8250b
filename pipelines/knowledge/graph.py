"""The graph that finds near vectors among very many: one index a tenant, built when exact search grows slow."""

from __future__ import annotations

import hashlib

from psycopg import sql

from pipelines.database import OWNER, SCHEMA, Connection, Database, held
from pipelines.knowledge.ports import EXACT_UP_TO, GRAPH_DIMENSIONS, Edition


def ensure_graph(database: Database, tenant: str, edition: Edition, dimensions: int) -> bool:
    """Build the tenant's graph if it has so many passages that it needs one; whether it was built now."""
    if edition.passages <= EXACT_UP_TO or dimensions > GRAPH_DIMENSIONS:
        return False
    name = f"passages_graph_{hashlib.sha256(tenant.encode()).hexdigest()[:12]}_{dimensions}"
    with database.connect(OWNER) as connection:
        connection.autocommit = True
        # Whoever waited here would hold up the build that it waits for.
        with held(connection, name) as ours:
            return ours and _built(connection, tenant, name, dimensions)


def _built(connection: Connection, tenant: str, name: str, dimensions: int) -> bool:
    found = connection.execute(
        "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)", (f"{SCHEMA}.{name}",)
    ).fetchone()
    if found and found["indisvalid"]:
        return False
    index = sql.Identifier(SCHEMA, name)
    # A build that was broken off leaves an index that is of no use.
    connection.execute(sql.SQL("DROP INDEX IF EXISTS {}").format(index))
    # Beside all other work; a tenant's own graph also needs no filtering of other tenants' passages.
    connection.execute(
        sql.SQL(
            "CREATE INDEX CONCURRENTLY {} ON {} USING hnsw ((embedding::vector({dimensions})) vector_ip_ops) "
            "WHERE tenant_id = {tenant} AND retired_at IS NULL AND vector_dims(embedding) = {dimensions}"
        ).format(
            sql.Identifier(name),
            sql.Identifier(SCHEMA, "passages"),
            dimensions=sql.Literal(dimensions),
            tenant=sql.Literal(tenant),
        )
    )
    return True
