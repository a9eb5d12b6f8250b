"""What campaigns earned by each model of attribution, as the mart tells it: dbt computes, this reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, get_args

from pipelines.contracts import Refusal
from pipelines.database import Connection, Database, Queries

Model = Literal["first", "last", "linear", "time-decay", "position-based", "incremental"]
MODELS: tuple[Model, ...] = get_args(Model)
# As the mart writes them.
NAMED = {
    "first": "first touch", "last": "last touch", "linear": "linear", "time-decay": "time decay",
    "position-based": "position based", "incremental": "incremental",
}  # fmt: skip
QUERIES = Queries(Path(__file__).with_name("queries.sql"))

Row = dict[str, Any]


def attribution(
    database: Database, tenant: str, *, campaign_id: str | None = None, model: Model | None = None
) -> list[Row]:
    """Of each campaign of the tenant what each model credits it with, or a refusal where the mart was never built."""
    with database.transaction(tenant) as connection:
        if not connection.execute(QUERIES["tenant"], {"tenant": tenant}).fetchone():
            raise Refusal(f"There is no tenant {tenant}; `liftline tenants list` names them.")
        found = credited(connection, campaign_id, model)
    if found is None:
        raise Refusal("The mart of attribution was never built; run `liftline reporting refresh` first.")
    if campaign_id is not None and not found:
        raise Refusal(
            f"The marts know nothing of campaign {campaign_id} yet; check the id, or run `liftline reporting refresh`."
        )
    return found


def credited(connection: Connection, campaign_id: str | None, model: Model | None = None) -> list[Row] | None:
    """The same within a transaction of the tenant; None where the mart was never built."""
    built = connection.execute(QUERIES["attribution_built"]).fetchone()
    if not (built and built["built"]):
        return None
    asked = {"campaign_id": campaign_id, "model": NAMED[model] if model else None, "models": list(NAMED.values())}
    return connection.execute(QUERIES["attribution"], asked).fetchall()
