"""Lineage as OpenLineage says it, one JSON line an event, out of what dbt knows: which mart came of what, and when.

The events are written here and not by Airflow's provider, because a build runs without Airflow too and a plain task
would tell no tables.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

PRODUCER = "https://liftline.example/reporting"
SCHEMA_URL = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
NAMESPACE = "liftline"
STATES = {"success": "COMPLETE", "error": "FAIL", "skipped": "ABORT"}


def events(
    manifest: Mapping[str, Any], results: Sequence[Mapping[str, Any]], *, run: str, now: datetime
) -> list[dict[str, Any]]:
    """One event a model that was built or tried, with the tables that it read, staging looked through."""
    nodes = {**manifest["nodes"], **manifest["sources"]}
    parent = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{PRODUCER}/{run}"))
    return [
        {
            "eventType": STATES.get(result["status"], "OTHER"),
            "eventTime": now.isoformat(),
            "producer": PRODUCER,
            "schemaURL": SCHEMA_URL,
            "run": {"runId": str(uuid.uuid5(uuid.UUID(parent), result["unique_id"]))},
            "job": {"namespace": NAMESPACE, "name": f"marts.{node['name']}"},
            "inputs": [_dataset(name) for name in sorted(_read(nodes, node))],
            "outputs": [_dataset(f"{node['schema']}.{node['name']}")],
        }
        for result in results
        if (node := nodes.get(result["unique_id"])) and node["resource_type"] == "model"
    ]


def append(path: Path, told: Iterable[Mapping[str, Any]]) -> None:
    """Add events to the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(event) + "\n" for event in told)


def _read(nodes: Mapping[str, Any], node: Mapping[str, Any]) -> set[str]:
    found: set[str] = set()
    for name in node["depends_on"]["nodes"]:
        parent = nodes[name]
        if parent["resource_type"] == "model" and parent["config"]["materialized"] == "ephemeral":
            found |= _read(nodes, parent)
        else:
            found.add(f"{parent['schema']}.{parent['name']}")
    return found


def _dataset(name: str) -> dict[str, str]:
    return {"namespace": NAMESPACE, "name": name}
