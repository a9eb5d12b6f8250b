"""Of people who asked to be erased only hashes stay, and under their ids what somebody may have to prove."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipelines.database import Connection, Queries

QUERIES = Queries(Path(__file__).with_name("erasing.sql"))
GONE = (
    "erase_customers", "erase_aliases", "erase_profiles", "erase_scores", "erase_orders", "erase_events",
    "erase_evidence", "erase_units", "erase_reports", "erase_memberships", "erase_answers",
    "erase_kept_answers",
)  # fmt: skip


def erase(connection: Connection, parameters: Mapping[str, Any]) -> None:
    """Erase whom the staged suppressions name, in their transaction, with one audit entry each."""
    if connection.execute(QUERIES["find_erased"], parameters).rowcount:
        connection.execute(QUERIES["suppress_erased"], parameters)
        connection.execute(QUERIES["log_erased"], parameters)
        for name in GONE:
            connection.execute(QUERIES[name])
