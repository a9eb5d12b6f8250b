"""Tell a vendor whom we send nothing more, and hear from it whom it sends nothing more."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.database import Database
from pipelines.delivery.ports import SuppressionList
from pipelines.delivery.store import SYSTEM, Store


@dataclass(frozen=True, slots=True)
class Synced:
    """How many the vendor lists, how many suppressions of ours are new, and how many it was told of."""

    listed: int
    taken: int
    told: int


def sync_suppressions(database: Database, kept: SuppressionList, tenant: str, *, by: str = SYSTEM) -> Synced:
    """Both lists hold what either held. What was read is kept before anything is told; run again, it ends the same."""
    listed = list(kept.listed())
    columns = {
        "addresses": [one.address for one in listed], "reasons": [one.reason for one in listed],
        "since": [one.since for one in listed],
    }  # fmt: skip
    with database.transaction(tenant) as connection:
        store = Store(connection, tenant, "")
        taken = store.change("keep_listed", **columns, source=f"list of {kept.name}")
        ours = [row["email"] for row in store.rows("unknown_to_vendor", addresses=columns["addresses"])]
        if taken:
            store.log("delivery.suppress", "taken", f"{taken} suppressions taken from {kept.name}",
                      by=by, about=f"suppressions of {kept.name}", listed=len(listed), taken=taken)  # fmt: skip
    if ours:
        kept.add(ours)
        with database.transaction(tenant) as connection:
            Store(connection, tenant, "").log(
                "delivery.suppress", "told", f"{kept.name} was told of {len(ours)} suppressions",
                by=by, about=f"suppressions of {kept.name}", told=len(ours),
            )  # fmt: skip
    return Synced(len(listed), taken, len(ours))
