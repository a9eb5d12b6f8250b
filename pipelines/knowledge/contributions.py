"""Documents that people bring: kept as they came, and a part of the knowledge once somebody else approved them."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import psycopg

from pipelines.contracts import Changed, Passage, Refusal
from pipelines.database import Connection, Queries
from pipelines.knowledge.documents import Document
from pipelines.knowledge.passages import passages_of
from pipelines.knowledge.ports import Library
from pipelines.knowledge.reading.files import KINDS, MOST_BYTES, SIDECAR, Approved, Content, kind_of
from pipelines.knowledge.reading.folder import read_contents

QUERIES = Queries(Path(__file__).with_name("contributions.sql"))
NAME = re.compile(r"\w[\w .,()+-]{0,118}")
NOT_YET = Approved(None, None)
BROUGHT = tuple(kind for kind in KINDS if kind != SIDECAR)

Row = dict[str, Any]
Decision = Literal["approve", "reject", "withdraw"]
# What each makes of it, and of which states.
ENDS: dict[Decision, tuple[str, list[str]]] = {
    "approve": ("approved", ["waiting"]),
    "reject": ("rejected", ["waiting"]),
    "withdraw": ("withdrawn", ["waiting", "approved"]),
}


@dataclass(frozen=True, slots=True)
class Seen:
    """What a file holds: its documents, the passages that would be cited, and fields that are not used."""

    documents: tuple[Document, ...]
    passages: tuple[Passage, ...]
    remarks: tuple[str, ...]


def bring(library: Library, tenant: str, name: str, content: bytes, *, by: str) -> Row:
    """Keep a document until somebody else approves it; the same file again is the same contribution."""
    told: Row = {"name": name.strip(), "sha256": hashlib.sha256(content).hexdigest(), "by": by, "now": library.clock()}
    seen = look_at(told["name"], content)
    with library.database.transaction(tenant) as connection:
        connection.execute(QUERIES["one_at_a_time"])
        there = connection.execute(QUERIES["in_force"], told).fetchone()
        if there:
            return _row(connection, there["contribution_id"])
        _check_ids(connection, told["name"], seen.documents)
        connection.execute(QUERIES["replace"], {**told, "state": "waiting"})
        told |= {"contribution_id": secrets.token_hex(16), "content": content}
        connection.execute(QUERIES["bring"], told)
        _log(connection, "bring", "waiting", told, "it waits for somebody else to approve it")
        return _row(connection, told["contribution_id"])


def decide(
    library: Library, tenant: str, contribution_id: str, decision: Decision, *, by: str, comment: str = ""
) -> Row:
    """Approve, reject or withdraw it; what ends is cited no more, all else the next indexing makes true."""
    told: Row = {"contribution_id": contribution_id, "by": by, "now": library.clock(), "comment": comment.strip()}
    with library.database.transaction(tenant) as connection:
        connection.execute(QUERIES["one_at_a_time"])
        row = find(connection, contribution_id)
        if row is None:
            raise Refusal(f"There is no document {contribution_id} that was brought; list them to see their ids.")
        told |= {"name": row["name"], "sha256": row["sha256"]}
        state, from_states = ENDS[decision]
        told |= {"state": state, "from_states": from_states}
        try:
            done = _approve(connection, row, told) if decision == "approve" else _end(connection, told)
        except psycopg.errors.InsufficientPrivilege as error:
            raise Refusal(str(error.diag.message_primary)) from error
        if not done:
            raise Changed(f"{row['name']}, version {row['version']}, is {row['state']} already; look at it again.")
        connection.execute(QUERIES["unapprove"], told)
        _log(connection, decision, state, told, told["comment"] or f"version {row['version']}")
        return _row(connection, contribution_id)


def contributions(
    library: Library, tenant: str, *, after: tuple[datetime, str] | None = None, most: int = 50
) -> list[Row]:
    """What people brought, newest first, without the documents themselves."""
    brought_at, contribution_id = after or (None, "")
    told = {"brought_at": brought_at, "contribution_id": contribution_id, "most": most}
    with library.database.transaction(tenant) as connection:
        return connection.execute(QUERIES["newest"], told).fetchall()


def waiting_for(library: Library, tenant: str, by: str, *, most: int = 8) -> list[Row]:
    """What waits for the yes of somebody like this person, who did not bring it."""
    with library.database.transaction(tenant) as connection:
        return connection.execute(QUERIES["waiting_for"], {"by": by, "most": most}).fetchall()


def contribution(library: Library, tenant: str, contribution_id: str) -> tuple[Row, bytes] | None:
    """One with the document as it came."""
    with library.database.transaction(tenant) as connection:
        row = find(connection, contribution_id)
        kept = connection.execute(QUERIES["content"], {"contribution_id": contribution_id}).fetchone()
    return (row, kept["content"]) if row and kept else None


def look_at(name: str, content: bytes) -> Seen:
    """What a file would be; a Refusal that says what is wrong with it."""
    kind = kind_of(name)
    if kind not in BROUGHT or not NAME.fullmatch(name) or name.lower() == "readme.md":
        raise Refusal(
            f"{name[:120]!r} cannot be brought; give the file a plain name that ends in one of {', '.join(BROUGHT)}."
        )
    if len(content) > MOST_BYTES:
        raise Refusal(f"{name} has {len(content):,} bytes and a document at most {MOST_BYTES:,}; split it.")
    reading = read_contents([Content(name, content, kind, NOT_YET)], "The file")
    if not reading.documents:
        raise Refusal(f"{name} holds no text; write what may be cited into it.")
    passages = tuple(passage for document in reading.documents for passage in passages_of(document))
    return Seen(reading.documents, passages, reading.remarks)


def approved(connection: Connection) -> list[Content]:
    """What the tenant's people brought and others approved, as files to read."""
    return [
        _content(row["name"], row["version"], row["content"], Approved(row["approved_by"], row["approved_on"]))
        for row in connection.execute(QUERIES["approved"])
    ]


def find(connection: Connection, contribution_id: str) -> Row | None:
    """One without the document itself."""
    return connection.execute(QUERIES["find"], {"contribution_id": contribution_id}).fetchone()


def _approve(connection: Connection, row: Row, told: Row) -> int:
    if row["state"] != "waiting":
        return 0
    others = [one for one in approved(connection) if not one.path.endswith(f"/{row['name']}")]
    kept = connection.execute(QUERIES["content"], told).fetchone() or {}
    this = _content(row["name"], row["version"], kept["content"], NOT_YET)
    # One that cannot be read beside the others would stop every indexing.
    read_contents([*others, this], "What was brought")
    _check_ids(connection, row["name"], look_at(row["name"], kept["content"]).documents)
    connection.execute(QUERIES["replace"], {**told, "state": "approved"})
    try:
        return connection.execute(QUERIES["approve"], told).rowcount
    except psycopg.errors.CheckViolation as error:
        raise Refusal(f"{told['by']} brought {row['name']}, so somebody else has to approve it.") from error


def _end(connection: Connection, told: Row) -> int:
    return connection.execute(QUERIES["end"], told).rowcount


def _check_ids(connection: Connection, name: str, documents: Sequence[Document]) -> None:
    ids = [document.document_id for document in documents]
    taken = connection.execute(QUERIES["elsewhere"], {"ids": ids, "name": name}).fetchone()
    if taken:
        raise Refusal(
            f"The id {taken['document_id']} stands in {taken['path']} already; mend it there, or give this document an "
            "id of its own."
        )


def _content(name: str, version: int, content: bytes, approval: Approved) -> Content:
    # No path in a folder begins so.
    return Content(f"/brought/{version}/{name}", bytes(content), kind_of(name) or "", approval)


def _row(connection: Connection, contribution_id: str) -> Row:
    row = find(connection, contribution_id)
    assert row is not None
    return row


def _log(connection: Connection, action: str, decision: str, told: Row, reason: str) -> None:
    connection.execute(
        QUERIES["log"], {**told, "action": f"knowledge.{action}", "decision": decision, "reason": reason}
    )
