"""A passage as a row of a table or a search service, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from typing import Any

from pipelines.contracts import Passage

# What is withdrawn stands in no index; only who asks for a passage by its id is told of it.
FIELDS = tuple(field.name for field in fields(Passage) if field.name != "withdrawn")


def passage_of(row: Mapping[str, Any]) -> Passage:
    """The passage in a row that has all its fields, whatever else the row has; days may be texts."""
    values = {name: row[name] for name in FIELDS}
    values["audience"] = tuple(values["audience"] or ())
    for name in ("approved_at", "expires_at"):
        if isinstance(values[name], str):
            values[name] = date.fromisoformat(values[name][:10])
    return Passage(**values, withdrawn=row.get("withdrawn", False))
