"""What makes a table a business table: row-level security that nobody but a superuser escapes."""

from __future__ import annotations

from collections.abc import Iterable

from pipelines.database import APP, DBT, OWNER, READER, SCHEMA


def guard(table: str, *, app: str = "SELECT, INSERT, UPDATE, DELETE") -> Iterable[str]:
    """Statements that give `table` to its owner, force its policies and grant what each role may do."""
    name = f"{SCHEMA}.{table}"
    mine = "tenant_id = current_setting('liftline.tenant', true)"
    return (
        f"ALTER TABLE {name} OWNER TO {OWNER}",
        f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY own_tenant ON {name} USING ({mine}) WITH CHECK ({mine})",
        # dbt builds the marts of all tenants; the marts carry policies of their own.
        f"CREATE POLICY builds_marts ON {name} FOR SELECT TO {DBT} USING (true)",
        f"GRANT {app} ON {name} TO {APP}",
        f"GRANT SELECT ON {name} TO {DBT}, {READER}",
    )
