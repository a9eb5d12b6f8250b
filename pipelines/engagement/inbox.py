"""Files of events that wait: `inbox/TENANT/*.jsonl` under LIFTLINE_HOME, each taken once and then moved aside.

What begins with a dot, has another ending or was changed within the last minute may still be on its way, and waits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path

import psycopg

from pipelines.contracts import Json, Refusal

STILL = timedelta(minutes=1)


def emptied(
    inbox: Path, tenants: Iterable[str], ingest: Callable[[str, Path], Json], named: tuple[str | None, str | None],
    now: datetime,
) -> Json:  # fmt: skip
    """Ingest the file that is named with its tenant, and whatever waits; what is refused stays, and is told at the end.

    A crash between storing and moving stores nothing twice: the same events are known by their ids.
    """
    tenant, file = named
    if (tenant is None) != (file is None):
        raise Refusal("Give both a file and a tenant, or neither.")
    told: Json = {}
    if tenant and file:
        told[file] = ingest(tenant, Path(file))
    refused = []
    for each in tenants:
        for path in _whole(inbox / each, now):
            try:
                told[f"{each}/{path.name}"] = ingest(each, path)
            except (Refusal, psycopg.DataError, psycopg.IntegrityError) as refusal:
                refused.append(f"{each}/{path.name}: {refusal}")
                continue
            taken = path.parent / "taken"
            taken.mkdir(exist_ok=True)
            path.replace(taken / path.name)
    if refused:
        raise Refusal(" ".join(refused))
    return told


def _whole(folder: Path, now: datetime) -> list[Path]:
    files = [path for path in folder.glob("[!.]*") if path.suffix in (".json", ".jsonl") and path.is_file()]
    return sorted(path for path in files if abs(now.timestamp() - path.stat().st_mtime) > STILL.total_seconds())
