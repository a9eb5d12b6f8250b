"""Files of events that wait: `inbox/TENANT/*.jsonl` under LIFTLINE_HOME, each taken once and then moved aside."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pipelines.contracts import Json, Refusal
from pipelines.engagement.ports import Listener
from pipelines.engagement.run import ingest_file


def take(listener: Listener, tenants: Iterable[str], tenant: str | None = None, file: str | None = None) -> Json:
    """Store the file that is named, and whatever waits; a file that is refused stays, and is told at the end.

    A crash between storing and moving stores nothing twice: the same events are known by their ids.
    """
    if (tenant is None) != (file is None):
        raise Refusal("Give both a file and a tenant, or neither.")
    told: Json = {}
    if tenant and file:
        told[file] = ingest_file(listener, tenant, Path(file)).to_json()
    refused = []
    for each in tenants:
        for path in sorted((listener.inbox / each).glob("*.json*")):
            try:
                told[f"{each}/{path.name}"] = ingest_file(listener, each, path).to_json()
            except Refusal as refusal:
                refused.append(f"{each}/{path.name}: {refusal}")
                continue
            taken = path.parent / "taken"
            taken.mkdir(exist_ok=True)
            path.replace(taken / path.name)
    if refused:
        raise Refusal(" ".join(refused))
    return told
